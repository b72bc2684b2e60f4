package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import io.dormouse.local.e2e.Room.Result;
import io.dormouse.testkit.mcp.ScriptedMcpServer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** That the walls have their doors: a credential works where it is meant to, is told, and ends when it is ended. */
interface CredentialsAtWork {
    @Test
    default void a_program_with_a_placeholder_sends_the_real_secret_and_sees_none_of_it(Target target) {
        Room room = target.main();
        String url = "https://" + target.api.authority() + "/echo?";
        String curl = "curl -sS -m 20 -H \"Authorization: Bearer $API_TOKEN\" " + url + "curl";
        String python = """
                import os, urllib.request
                request = urllib.request.Request('URLpython', headers={'Authorization': 'Bearer ' + os.environ['API_TOKEN']})
                print(urllib.request.urlopen(request).read().decode())
                """.replace("URL", url);
        String node =
                "node -e \"fetch('" + url + "node', {headers: {Authorization: 'Bearer ' + process.env.API_TOKEN}})"
                        + ".then(a => a.text()).then(t => console.log(t))\"";
        for (Result result : List.of(room.bash(curl), room.python(python), room.bash(node)))
            assertThat(result.fine()).contains("Bearer ******").doesNotContain("CANARY", "dmph_");
        for (String program : List.of("curl", "python", "node")) {
            List<Upstream.Heard> heard = target.api.heard("/echo?" + program);
            assertThat(heard).hasSize(1);
            assertThat(heard.getFirst().header("authorization"))
                    .isEqualTo("Bearer " + target.canary.value(Target.VARIABLE));
        }
    }

    @Test
    default void every_use_of_a_credential_is_in_the_log_with_the_call_it_was_for(Target target) {
        Room room = target.main();
        Result used = room.bash("curl -sS -m 20 -X DELETE -H \"Authorization: Bearer $API_TOKEN\" https://"
                + target.api.authority() + "/v1/items/12345?secret=no");
        assertThat(used.fine()).isEqualTo("ok");
        String export = target.client
                .get("/v1/sessions/" + room.id() + "/export")
                .json()
                .asText();
        String entry = export.lines()
                .filter(line -> line.contains("credential_used") && line.contains("DELETE"))
                .findFirst()
                .orElseThrow();
        JsonNode use = Json.parse(entry).findParents("credential").stream()
                .filter(each -> each.path("method").asText().equals("DELETE"))
                .findFirst()
                .orElseThrow();
        assertThat(use.path("call").asText()).isEqualTo(used.call());
        assertThat(use.path("credential").asText()).startsWith("vcrd_");
        assertThat(use.path("host").asText()).isEqualTo(target.api.authority());
        assertThat(use.path("path").asText()).isEqualTo("/v1/items/*");
        assertThat(use.path("status").asInt()).isEqualTo(200);
        assertThat(entry).doesNotContain("12345", "secret=no");
        assertThat(target.client
                        .get("/v1/sessions/" + room.id() + "/facts?types=credential_used&limit=1000")
                        .json()
                        .findValues("use"))
                .contains(use);
    }

    @Test
    default void limited_networking_holds_for_programs(Target target) {
        Room room = target.limited();
        assertThat(room.curl("https://" + target.api.authority() + "/limited")).isEqualTo("200");
        for (String url : List.of(
                "https://" + target.other.authority() + "/limited",
                "https://" + target.evil.authority() + "/limited",
                "http://api.test:" + target.evilPlain.authority().split(":")[1] + "/limited",
                "https://pypi.org/simple/",
                "https://1.1.1.1/")) assertThat(room.curl(url)).as(url).startsWith("403 ");
        assertThat(target.other.heard("/limited")).isEmpty();
        assertThat(target.evil.heard("/limited")).isEmpty();
    }

    @Test
    default void a_rotation_and_an_archive_count_from_the_next_use_on_in_a_running_session(Target target) {
        Client client = target.client;
        String vault = Target.newVault(client);
        String credential = Target.variable(client, vault, "API_TOKEN", target.canary.plant("life 1"), "api.test");
        Room room = target.open("life", Room.Plan.PLAIN.vault(vault));
        String use = "-H \"Authorization: Bearer $API_TOKEN\" https://" + target.api.authority() + "/life";
        assertThat(room.curl(use)).isEqualTo("200");
        Reply rotated = client.post(
                "/v1/vaults/" + vault + "/credentials/" + credential,
                "{\"auth\":{\"type\":\"environment_variable\",\"secret_value\":\"" + target.canary.plant("life 2")
                        + "\"}}");
        assertThat(rotated.status()).isEqualTo(200);
        assertThat(room.curl(use)).isEqualTo("200");
        assertThat(target.api.heard("/life").stream()
                        .map(heard -> heard.header("authorization"))
                        .toList())
                .containsExactly("Bearer " + target.canary.value("life 1"), "Bearer " + target.canary.value("life 2"));
        assertThat(client.post("/v1/vaults/" + vault + "/credentials/" + credential + "/archive", "{}")
                        .status())
                .isEqualTo(200);
        room.curl(use + "-archived");
        assertThat(target.api.heard("/life-archived"))
                .allMatch(heard -> heard.header("authorization").startsWith("Bearer dmph_"));
    }

    @Test
    default void an_mcp_server_gets_the_token_of_a_vault_until_it_is_archived(Target target) {
        Client client = target.client;
        String server = "https://" + target.mcp.authority() + "/mcp";
        String vault = Target.newVault(client);
        String token = target.canary.plant("life bearer");
        String credential = Target.bearer(client, vault, server, token);
        target.tools.bearer(token).tool("tell", input -> ScriptedMcpServer.text("told " + heard(target)));
        Room room = target.open("mcp", Room.Plan.PLAIN.vault(vault).servers("docs", server));
        assertThat(room.tool("mcp__docs__tell").fine())
                .startsWith("told Bearer ******")
                .doesNotContain("CANARY");
        assertThat(room.latest(100).toString()).doesNotContain("session.error");
        client.post("/v1/vaults/" + vault + "/credentials/" + credential + "/archive", "{}");
        assertThat(room.tool("mcp__docs__tell").failed()).contains("HTTP 401", "The call was not made");
        JsonNode error = null;
        for (JsonNode event : room.latest(30))
            if (event.path("type").asText().equals("session.error")) error = event.path("error");
        assertThat(error).isNotNull();
        assertThat(error.path("type").asText()).isEqualTo("mcp_authentication_failed_error");
        assertThat(error.path("mcp_server_name").asText()).isEqualTo("docs");
    }

    private static String heard(Target target) {
        return target.mcp.heard().getLast().header("authorization");
    }

    @Test
    default void an_mcp_server_that_refuses_an_oauth_token_gets_a_fresh_one_within_the_call(Target target) {
        Client client = target.client;
        String server = "https://" + target.mcp.authority() + "/mcp";
        String vault = Target.newVault(client);
        target.oauth(client, vault, server, target.canary.plant("life access 1"));
        String fresh = target.canary.plant("life access 2");
        target.relay.token(fresh);
        target.tools.bearer(fresh).tool("hello", input -> ScriptedMcpServer.text("hello"));
        Room room = target.open("oauth", Room.Plan.PLAIN.vault(vault).servers("docs", server));
        assertThat(room.tool("mcp__docs__hello").fine()).isEqualTo("hello");
        assertThat(room.latest(100).toString()).doesNotContain("session.error");
        assertThat(target.mcp.heard("/token")).hasSize(1);
        assertThat(target.tools.requests().stream().filter(each -> each.endsWith("without a token")))
                .as("refused with the first one")
                .isNotEmpty();
    }
}
