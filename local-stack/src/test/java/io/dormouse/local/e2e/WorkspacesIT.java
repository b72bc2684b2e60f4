package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.testkit.messages.Script;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnSuite.class)
class WorkspacesIT {
    private static final String CREDENTIAL = "{\"auth\":{\"type\":\"static_bearer\",\"mcp_server_url\":"
            + "\"https://docs.example/mcp\",\"token\":\"not-told-to-strangers\"}}";

    /** A row of the route table, read from its source: a new route is in this test before anybody thinks of it. */
    private record Row(String method, String template) {}

    private static List<Row> rows() throws IOException {
        String source =
                Files.readString(RunningSuite.ROOT.resolve("functions/api/src/main/java/io/dormouse/api/Routes.java"));
        Matcher matcher = Pattern.compile("(get|post|delete|put|patch)\\(\"(/v1/[^\"]+)\"")
                .matcher(source);
        List<Row> rows = new ArrayList<>();
        while (matcher.find()) rows.add(new Row(matcher.group(1).toUpperCase(java.util.Locale.ROOT), matcher.group(2)));
        assertThat(rows).hasSizeGreaterThan(30);
        return rows;
    }

    @Test
    void what_belongs_to_another_workspace_does_not_exist_on_any_route(Brain brain, RunningSuite suite, Client owner)
            throws IOException {
        Talk talk = owner.talk(brain.role(Script.text("Mine.")));
        talk.say("private");
        talk.settled();
        String agent = talk.session().agent().id();
        String environment = talk.session().environmentId();
        String thread = owner.sdk()
                .beta()
                .sessions()
                .threads()
                .list(talk.id())
                .data()
                .getFirst()
                .id();
        String vault = owner.post("/v1/vaults", "{\"display_name\":\"v\"}").id();
        String credential =
                owner.post("/v1/vaults/" + vault + "/credentials", CREDENTIAL).id();
        Map<String, String> ids = Map.of(
                "agents", agent,
                "environments", environment,
                "sessions", talk.id(),
                "vaults", vault,
                "files", FilesIT.upload(owner, "a.csv", "a").id());
        Map<String, String> unknown = Map.of(
                "agents", "agent_11111111111111111111",
                "environments", "env_11111111111111111111",
                "sessions", "sesn_11111111111111111111",
                "vaults", "vlt_11111111111111111111",
                "files", "file_11111111111111111111");
        String before =
                owner.get("/v1/sessions/" + talk.id()).json().path("updated_at").asText();
        try (Client stranger = suite.workspace("stranger")) {
            for (Row row : rows()) {
                String kind = row.template().split("/")[2];
                String path = row.template()
                        .replace("{thread}", thread)
                        .replace("{resource}", "sesrsc_1")
                        .replace("{credential}", credential);
                if (kind.equals("models")) continue;
                if (!path.contains("{id}")) {
                    if (!row.method().equals("GET")) continue;
                    Reply list = stranger.get(path + "?include_archived=true");
                    assertThat(list.status()).isEqualTo(200);
                    assertThat(list.json().path("data")).as(row.toString()).isEmpty();
                    continue;
                }
                for (String body : List.of("{}", body(path, agent))) {
                    String sent = row.method().equals("POST") ? body : null;
                    Reply foreign = stranger.send(row.method(), path.replace("{id}", ids.get(kind)), sent, Map.of());
                    Reply missing =
                            stranger.send(row.method(), path.replace("{id}", unknown.get(kind)), sent, Map.of());
                    assertThat(foreign.status()).as(row + " " + foreign.json()).isEqualTo(missing.status());
                    // What is no request at all may be told so first.
                    if (foreign.status() == 400 && body.equals("{}")) continue;
                    assertThat(foreign.status()).as(row + " " + foreign.json()).isEqualTo(404);
                    assertThat(foreign.errorType()).isEqualTo("not_found_error");
                    assertThat(foreign.message().replace(ids.get(kind), "ID"))
                            .isEqualTo(missing.message().replace(unknown.get(kind), "ID"));
                }
            }
            // Nor can it be used for something of one's own.
            String own = stranger.environment();
            String mine = stranger.agent("x", "[]").id();
            assertThat(stranger.post("/v1/sessions", "{\"agent\":\"" + agent + "\",\"environment_id\":\"" + own + "\"}")
                            .status())
                    .isEqualTo(404);
            assertThat(stranger.post(
                                    "/v1/sessions",
                                    "{\"agent\":\"" + mine + "\",\"environment_id\":\"" + environment + "\"}")
                            .status())
                    .isEqualTo(404);
            assertThat(stranger.get("/v1/sessions").json().path("data")).isEmpty();
            // Two workspaces may use the same name.
            String name =
                    owner.sdk().beta().environments().retrieve(environment).name();
            assertThat(stranger.post("/v1/environments", "{\"name\":\"" + name + "\"}")
                            .status())
                    .isEqualTo(200);
            // A session id of one workspace with a thread of another, and the header that names a workspace.
            assertThat(stranger.send(
                                    "GET",
                                    "/v1/sessions/" + talk.id(),
                                    null,
                                    Map.of("anthropic-workspace-id", "default"))
                            .status())
                    .isEqualTo(404);
        }
        assertThat(owner.get("/v1/sessions/" + talk.id())
                        .json()
                        .path("updated_at")
                        .asText())
                .isEqualTo(before);
        assertThat(owner.get("/v1/agents/" + agent).json().path("version").asInt())
                .isEqualTo(1);
        assertThat(Talk.said(talk.settled())).containsExactly("Mine.");
    }

    private static String body(String path, String agent) {
        if (path.endsWith("/events"))
            return "{\"events\":[{\"type\":\"user.message\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}]}";
        if (path.endsWith("/credentials")) return CREDENTIAL;
        if (path.endsWith("/resources")) return "{\"type\":\"file\",\"file_id\":\"file_1\"}";
        return "{\"title\":\"taken over\",\"name\":\"taken over\",\"version\":1}";
    }

    @Test
    void keys_are_made_listed_and_revoked_while_the_suite_runs(RunningSuite suite) {
        RunningSuite.Ran created = suite.dormouse("key", "create", "--workspace", "blue.1", "--name", "of the test");
        assertThat(created.exit()).as(created.err()).isZero();
        String key = created.out().strip();
        assertThat(created.out()).isEqualTo(key + "\n");
        assertThat(key).matches("dm_[0-9a-z]{8}_[A-Za-z0-9_-]{43}_[0-9a-f]{8}");
        String id = key.substring(3, 11);
        try (Client client = new Client(suite.address(), key)) {
            assertThat(client.get("/v1/agents").status()).isEqualTo(200);
            assertThat(client.sdk().beta().agents().list().data()).isEmpty();
            RunningSuite.Ran listed = suite.dormouse("key", "list", "--workspace", "blue.1");
            assertThat(listed.exit()).isZero();
            assertThat(listed.out())
                    .contains(id, "blue.1", "active", "of the test")
                    .doesNotContain(key);
            assertThat(listed.out().lines()).hasSize(1);
            assertThat(suite.dormouse("key", "revoke", id).exit()).isZero();
            Reply refused = client.get("/v1/agents");
            assertThat(refused.status()).isEqualTo(401);
            assertThat(refused.errorType()).isEqualTo("authentication_error");
            assertThat(suite.dormouse("key", "list", "--workspace", "blue.1").out())
                    .contains("revoked");
        }
        assertThat(suite.dormouse("key", "revoke", "nothing1").exit()).isEqualTo(1);
        assertThat(suite.dormouse("key", "create", "--workspace", "no spaces").exit())
                .isEqualTo(1);
        assertThat(suite.dormouse("key", "create", "--workspace", "_system").exit())
                .isEqualTo(1);
        assertThat(suite.dormouse("key", "destroy").exit()).isEqualTo(2);
        assertThat(suite.output()).doesNotContain(key);
    }
}
