package io.dormouse.api;

import static io.dormouse.api.Caller.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.api.Caller.Reply;
import io.dormouse.git.Repository;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.resource.Resources;
import io.dormouse.wire.Refused;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SessionRepositoriesTest {
    private static final String TOKEN = "ghp_ThisIsTheToken";
    private final Caller caller = new Caller();

    private static String repository(String more) {
        return "{'type':'github_repository','url':'https://github.com/me/repo','authorization_token':'" + TOKEN + "'"
                + more + "}";
    }

    private static String at(String url) {
        return "{'type':'github_repository','url':'" + url + "','authorization_token':'" + TOKEN + "'}";
    }

    private Reply made(String... resources) {
        return caller.post(
                "/v1/sessions",
                "{'agent':'%s','environment_id':'%s','resources':[%s]}"
                        .formatted(caller.agent(), caller.environment(), String.join(",", resources)));
    }

    private String session(String... resources) {
        Reply reply = caller.ok(made(resources));
        secretive(reply);
        return reply.text("id");
    }

    private static void secretive(Reply reply) {
        assertThat(reply.body().toString()).doesNotContain("Token", "authorization_token", "revision");
    }

    private static String path(String session) {
        return "/v1/sessions/" + session + "/resources";
    }

    private JsonNode first(String session) {
        Reply list = caller.ok(caller.get(path(session)));
        secretive(list);
        return list.body().path("data").get(0);
    }

    /** What the safe has for the session, newest last. */
    private List<String> kept(String session) {
        return caller.safe.tokens(Repository.vault(new SessionId(session)));
    }

    @Test
    void a_session_has_the_repositories_that_it_was_made_with_and_no_reply_has_a_token() {
        String session = session(
                repository(",'checkout':{'type':'branch','name':'feature/x'}"),
                "{'type':'github_repository','url':'https://github.com/me/other.git','authorization_token':'" + TOKEN
                        + "','mount_path':'/workspace/deep/er/','checkout':{'type':'commit','sha':'0123abc'}}");
        JsonNode one = first(session);
        assertThat(one)
                .isEqualTo(json("{'id':'" + one.path("id").asText()
                        + "','type':'github_repository','url':'https://github.com/me/repo','mount_path':'/workspace/repo',"
                        + "'created_at':'2026-11-24T10:00:00Z','updated_at':'2026-11-24T10:00:00Z',"
                        + "'checkout':{'type':'branch','name':'feature/x'}}"));
        JsonNode two = caller.ok(caller.get(path(session))).body().path("data").get(1);
        assertThat(two.path("mount_path").asText()).isEqualTo("/workspace/deep/er");
        assertThat(two.path("checkout")).isEqualTo(json("{'type':'commit','sha':'0123abc'}"));
        secretive(caller.ok(caller.get("/v1/sessions/" + session)));
        secretive(caller.ok(caller.get(path(session) + "/" + one.path("id").asText())));
        assertThat(kept(session)).containsExactly(TOKEN, TOKEN);
    }

    @Test
    void a_repository_is_added_and_removed_with_its_token() {
        String session = session();
        Reply added = caller.ok(caller.post(path(session), repository("")));
        secretive(added);
        assertThat(kept(session)).containsExactly(TOKEN);
        caller.ok(caller.delete(path(session) + "/" + added.text("id")));
        assertThat(kept(session)).isEmpty();
    }

    @Test
    void a_token_is_rotated_by_an_update_that_changes_nothing_else() {
        String session = session(repository(""));
        JsonNode before = first(session);
        String one = path(session) + "/" + before.path("id").asText();
        caller.pass(Duration.ofSeconds(1));
        Reply rotated = caller.ok(caller.post(one, "{'authorization_token':'another-Token'}"));
        secretive(rotated);
        assertThat(rotated.body().path("url")).isEqualTo(before.path("url"));
        assertThat(rotated.text("updated_at")).isEqualTo("2026-11-24T10:00:01Z");
        assertThat(kept(session)).containsExactly("another-Token");
        for (String bad : List.of(
                "{}", "{'authorization_token':''}", "{'authorization_token':7}", "{'authorization_token':'a\\nb'}"))
            assertThat(caller.post(one, bad).status()).as(bad).isEqualTo(400);
        assertThat(caller.post(path(session) + "/sesrsc_none", "{'authorization_token':'x-Token'}")
                        .status())
                .isEqualTo(404);
    }

    @Test
    void a_token_can_be_rotated_as_often_as_one_likes() {
        String session = session(repository(""));
        String one = path(session) + "/" + first(session).path("id").asText();
        for (int i = 0; i < 40; i++)
            caller.ok(caller.post(one, "{'authorization_token':'" + "T".repeat(4000) + i + "'}"));
        assertThat(kept(session)).containsExactly("T".repeat(4000) + 39);
    }

    @Test
    void the_tokens_go_with_the_session() {
        String archived = session(repository(""));
        caller.ok(caller.post("/v1/sessions/" + archived + "/archive", "{}"));
        assertThat(kept(archived)).isEmpty();
        assertThat(caller.post(path(archived), repository("")).status()).isEqualTo(400);
        String deleted = session(repository(""));
        caller.ok(caller.delete("/v1/sessions/" + deleted));
        assertThat(kept(deleted)).isEmpty();
    }

    @Test
    void a_deletion_that_broke_off_leaves_no_token_when_it_is_repeated() {
        String session = session(repository(""));
        caller.safe.beforeForget = () -> {
            throw new IllegalStateException("the safe does not answer");
        };
        assertThatThrownBy(() -> caller.delete("/v1/sessions/" + session)).hasMessage("the safe does not answer");
        assertThat(kept(session)).isNotEmpty();
        caller.safe.beforeForget = () -> {};
        caller.ok(caller.delete("/v1/sessions/" + session));
        assertThat(kept(session)).isEmpty();
        assertThat(caller.delete("/v1/sessions/" + session).status()).isEqualTo(404);
    }

    @Test
    void only_plain_https_urls_are_repositories() {
        for (String good :
                List.of("https://github.com/a/b", "https://git.example:8443/a.git", "https://h.example/a/b/"))
            assertThat(made(at(good)).status()).as(good).isEqualTo(200);
        for (String bad : List.of(
                "",
                "http://github.com/a/b",
                "https://github.com/",
                "https://github.com",
                "https://user@github.com/a/b",
                "https://user:pw@github.com/a/b",
                "https://github.com/a/b?x=y",
                "https://github.com/a/b#x",
                "https://github.com/a/../b",
                "https://github.com/a//b",
                "https://github.com/a/%2e%2e/b",
                "https://github.com/a/b%0a",
                "https://github.com%0a.evil.example/a",
                "https://github.com/a/b\\n",
                "https://github.com/--upload-pack=x",
                "https://github.com/a/-x",
                "ext::sh -c id",
                "file:///etc",
                "git://github.com/a/b",
                "ssh://git@github.com/a/b",
                "git@github.com:a/b",
                "--upload-pack=touch x",
                "/etc/passwd",
                "https://127.1/a",
                "https://h.example/" + "x".repeat(2100))) {
            Reply refused = made(at(bad));
            assertThat(refused.status()).as(bad).isEqualTo(400);
            assertThat(refused.message()).startsWith("resources.0.url: ");
            secretive(refused);
        }
    }

    @Test
    void what_git_could_take_for_an_option_or_another_place_is_refused() {
        for (String bad :
                List.of("-x", "--upload-pack=x", "a..b", "a//b", "a b", "a\\nb", "", "x".repeat(256), "@{-1}"))
            assertThat(made(repository(",'checkout':{'type':'branch','name':'" + bad + "'}"))
                            .status())
                    .as(bad)
                    .isEqualTo(400);
        for (String bad : List.of("", "012345", "HEAD~1xx", "-123456", "0".repeat(65), "012345g"))
            assertThat(made(repository(",'checkout':{'type':'commit','sha':'" + bad + "'}"))
                            .status())
                    .as(bad)
                    .isEqualTo(400);
        assertThat(made(repository(",'checkout':{'type':'tag','name':'x'}")).status())
                .isEqualTo(400);
        for (String bad : List.of(
                "",
                "/",
                "/workspace",
                "/workspace/",
                "/etc/x",
                "/workspace/../x",
                "/workspace/a//b",
                "/workspace/-x",
                "/workspace/.git"))
            assertThat(made(repository(",'mount_path':'" + bad + "'")).status())
                    .as(bad)
                    .isEqualTo(400);
    }

    @Test
    void two_repositories_have_two_folders() {
        assertThat(made(repository(""), repository("")).message())
                .isEqualTo("resources.1.mount_path: another repository of this session is mounted there");
        assertThat(made(repository(",'mount_path':'/workspace/a'"), repository(",'mount_path':'/workspace/a/b'"))
                        .status())
                .isEqualTo(400);
        assertThat(made(repository(",'mount_path':'/workspace/a'"), repository(",'mount_path':'/workspace/ab'"))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void a_token_has_a_limit_and_is_needed() {
        String longest = "T".repeat(4096);
        assertThat(made(repository("").replace(TOKEN, longest)).status()).isEqualTo(200);
        assertThat(made(repository("").replace(TOKEN, longest + "T")).message())
                .startsWith("resources.0.authorization_token: ");
        assertThat(made("{'type':'github_repository','url':'https://github.com/me/repo'}")
                        .message())
                .startsWith("resources.0.authorization_token: ");
        for (String bad : List.of("a\\r\\nX: y", "\\u0000abcdefgh", "\\u00fcabcdefgh")) {
            Reply refused = made(repository("").replace(TOKEN, bad));
            assertThat(refused.status()).as(bad).isEqualTo(400);
        }
    }

    @Test
    void a_session_that_is_not_made_keeps_no_token() {
        assertThat(made(repository(""), "{'type':'file','file_id':'file_none'}").status())
                .isGreaterThanOrEqualTo(400);
        assertThat(caller.safe.isEmpty()).isTrue();
    }

    @Test
    void an_attempt_that_takes_over_is_not_refused_by_its_own_repository() {
        String session = session();
        Instant began = caller.now;
        caller.ids = new Ids(() -> began, new Random(1));
        Reply first = caller.ok(caller.post(path(session), repository("")));
        caller.ids = new Ids(() -> began, new Random(1));
        caller.firstTriedAt = began;
        assertThat(caller.ok(caller.post(path(session), repository(""))).body()).isEqualTo(first.body());
        assertThat(kept(session)).containsExactly(TOKEN);
    }

    @Test
    void one_of_two_that_add_a_repository_to_the_same_folder_at_once_is_refused() {
        String session = session();
        Runnable other = () -> caller.ok(caller.post(path(session), repository("")));
        Resources raced = SessionsTest.before(Resources.class, caller.resources, "swap", other);
        assertThatThrownBy(() -> caller.answer(
                        caller.routes(caller.heads, caller.log, raced), "POST", path(session), json(repository(""))))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("another repository");
        assertThat(caller.ok(caller.get(path(session))).body().path("data")).hasSize(1);
        assertThat(kept(session)).containsExactly(TOKEN);
    }
}
