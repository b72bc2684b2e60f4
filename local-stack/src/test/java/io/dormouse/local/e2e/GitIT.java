package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.testkit.messages.Script;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Repositories of a session, on a real git server: cloned and pushed to by programs that never see the token. */
@Timeout(300)
class GitIT {
    private static final String TOKEN = "test-token-of-the-repository";

    @TempDir
    static Path folder;

    private static Brain brain;
    private static NginxGit server;
    private static RunningSuite suite;
    private static Client client;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        String missing = NginxGit.missing();
        if (missing != null && System.getenv("CI") != null) throw new AssertionError(missing);
        if (missing != null) System.err.println("GitIT is skipped: " + missing);
        Assumptions.assumeTrue(missing == null, missing);
        brain = new Brain();
        server = NginxGit.start(folder);
        server.accept(TOKEN);
        suite = RunningSuite.startWith(Map.of(
                "DORMOUSE_API_KEY",
                RunningSuite.KEY,
                "ANTHROPIC_BASE_URL",
                brain.address().toString(),
                "DORMOUSE_EXTRA_CA",
                server.authority(),
                "DORMOUSE_PRIVATE_HOSTS",
                server.opened()));
        client = new Client(suite.address(), RunningSuite.KEY);
    }

    @AfterAll
    static void stop() {
        if (client != null) client.close();
        if (suite != null) suite.close();
        if (server != null) server.close();
        if (brain != null) brain.close();
    }

    private static String repository(String name, String token, String more) {
        return "{\"type\":\"github_repository\",\"url\":\"" + server.url("/team/" + name)
                + "\",\"authorization_token\":\"" + token + "\"" + more + "}";
    }

    /** What the commands printed, one after the other. */
    private static List<String> ran(Talk talk, String... prompts) {
        for (String prompt : prompts) talk.say(prompt);
        List<JsonNode> events = talk.settled();
        return Talk.results(events);
    }

    private static Brain.Role commands(String... commands) {
        List<Script> scripts = new ArrayList<>();
        for (int i = 0; i < commands.length; i++) scripts.add(Brain.bash("t" + i, commands[i]));
        scripts.add(Script.text("Done."));
        return brain.role(scripts.toArray(Script[]::new));
    }

    @Test
    void a_repository_is_cloned_worked_on_and_pushed_to_without_a_token_in_the_sandbox() {
        String first = server.repository("one");
        server.repository("two");
        server.repository("three");
        String basic =
                Base64.getEncoder().encodeToString(("x-access-token:" + TOKEN).getBytes(StandardCharsets.ISO_8859_1));
        Talk talk = FilesIT.talk(
                client,
                commands(
                        "cat one/file two/file past/file; git -C one branch --show-current",
                        "cd one && git config user.name a && git config user.email a@example.com && echo three > file"
                                + " && GIT_TRACE_CURL=1 GIT_TRACE=1 git commit -qam three"
                                + " && GIT_TRACE_CURL=1 GIT_TRACE_REDACT=0 git push origin HEAD:pushed 2>&1",
                        "git config -l; cat .git/config; env; cat ~/.git-credentials ~/.netrc 2>/dev/null; cd ..;"
                                + " grep -rI -e " + TOKEN.substring(5) + " -e " + basic.substring(5)
                                + " . ~ 2>/dev/null; echo over",
                        "GIT_TERMINAL_PROMPT=0 git clone -q " + server.url("/team/three.git") + " 2>&1; ls three 2>&1",
                        "cd one; GIT_TERMINAL_PROMPT=0 git push " + server.url("/team/three.git")
                                + " HEAD:stolen 2>&1"),
                "[" + repository("one.git", TOKEN, "") + ","
                        + repository("two.git", TOKEN, ",\"checkout\":{\"type\":\"branch\",\"name\":\"side\"}") + ","
                        + repository(
                                "one",
                                TOKEN,
                                ",\"mount_path\":\"/workspace/past\",\"checkout\":{\"type\":\"commit\",\"sha\":\""
                                        + first + "\"}")
                        + "]");
        List<String> results = ran(talk, "go");
        assertThat(results.get(0)).isEqualTo("two\nside\none\nmain\n");
        assertThat(results.get(1)).contains("pushed").doesNotContain("fatal");
        assertThat(server.file("one", "pushed")).isEqualTo("three");
        for (String result : results) assertThat(result).doesNotContain(TOKEN, basic);
        assertThat(results.get(2)).endsWith("over\n");
        assertThat(results.get(3)).contains("fatal");
        assertThat(results.get(4)).containsAnyOf("403", "fatal");
        assertThat(server.file("three", "stolen")).isEmpty();
        assertThat(server.requests().stream().filter(line -> line.contains("/three") && !line.endsWith("[-]")))
                .isEmpty();
        assertThat(talk.events().toString()).doesNotContain(TOKEN, basic);
        assertThat(client.get("/v1/sessions/" + talk.id()).json().toString()).doesNotContain(TOKEN);
        assertThat(suite.output()).doesNotContain(TOKEN, basic);
    }

    @Test
    void tricks_with_urls_offer_the_token_to_nobody_else() {
        server.repository("plain");
        String git = "GIT_TERMINAL_PROMPT=0 git ";
        Talk talk = FilesIT.talk(
                client,
                commands(
                        git + "clone -q '" + server.url("/team/plain.git%0a") + "' a 2>&1; " + git + "clone -q '"
                                + server.url("/team/plain/%2e%2e/other.git") + "' b 2>&1; " + git + "clone -q '"
                                + server.elsewhere("/team/plain.git") + "' c 2>&1; " + git + "clone -q '"
                                + server.url("/team/plain.git").replace("https://", "https://x@") + "' d 2>&1; ls",
                        "cd plain && git -c protocol.file.allow=always submodule add "
                                + server.elsewhere("/team/plain.git") + " sub 2>&1; " + git
                                + "clone -q 'ext::sh -c id' e 2>&1; ls"),
                "[" + repository("plain.git", TOKEN, "") + "]");
        List<String> results = ran(talk, "go");
        assertThat(results.get(0)).contains("fatal").endsWith("plain\n");
        assertThat(results.get(1)).contains("fatal").endsWith("file\n");
        for (String line : server.requests())
            if (!line.endsWith("[-]")) assertThat(line).startsWith("git.test").doesNotContain("%", "other");
    }

    @Test
    void a_wrong_token_is_told_and_a_new_one_counts_in_the_running_session() {
        server.repository("late");
        Talk talk = FilesIT.talk(
                client,
                brain.role(
                        Brain.bash("t1", "ls"),
                        Script.text("So."),
                        // A new token is a new reason to clone.
                        Brain.bash("t2", "cat late/file"),
                        Script.text("Done.")),
                "[" + repository("late.git", "a-wrong-token", "") + "]");
        ran(talk, "go");
        String told = Talk.of(talk.events(), "agent.tool_result").getFirst().toString();
        assertThat(told).contains("The repository " + server.url("/team/late.git") + " is not at /workspace/late");
        assertThat(told).doesNotContain("a-wrong-token");
        assertThat(Talk.of(talk.events(), "session.error").toString()).contains("is not at /workspace/late");
        String resources = "/v1/sessions/" + talk.id() + "/resources";
        String id = client.get(resources).json().path("data").path(0).path("id").asText();
        assertThat(client.post(resources + "/" + id, "{\"authorization_token\":\"" + TOKEN + "\"}")
                        .status())
                .isEqualTo(200);
        assertThat(ran(talk, "again").getLast()).isEqualTo("two\n");
    }
}
