package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import io.dormouse.testkit.messages.Script;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** MCP servers of agents and sessions, as the packaged suite takes them. It has no way out: that is told, and nothing else. */
@ExtendWith(OnSuite.class)
class McpSessionsIT {
    private static final String SERVERS = "[{\"type\":\"url\",\"name\":\"docs\",\"url\":\"https://docs.example/mcp\"}]";
    private static final String TOOLS = "[{\"type\":\"agent_toolset_20260401\"},{\"type\":\"mcp_toolset\","
            + "\"mcp_server_name\":\"docs\",\"configs\":[{\"name\":\"search\",\"permission_policy\":"
            + "{\"type\":\"always_allow\"}},{\"name\":\"drop\",\"enabled\":false}]}]";

    private static Talk talk(Client client, Brain.Role role) {
        String agent = client.post(
                        "/v1/agents",
                        "{\"name\":\"a\",\"model\":\"claude-sonnet-5\",\"system\":\"" + role.system()
                                + "\",\"mcp_servers\":" + SERVERS + ",\"tools\":" + TOOLS + "}")
                .json()
                .path("id")
                .asText();
        JsonNode shown = client.get("/v1/agents/" + agent).json();
        JsonNode toolset = shown.path("tools").path(1);
        assertThat(shown.path("mcp_servers")).isEqualTo(Json.parse(SERVERS));
        assertThat(toolset.path("default_config"))
                .isEqualTo(Json.parse("{\"enabled\":true,\"permission_policy\":{\"type\":\"always_ask\"}}"));
        assertThat(toolset.path("configs"))
                .isEqualTo(Json.parse("[{\"name\":\"search\",\"enabled\":true,\"permission_policy\":"
                        + "{\"type\":\"always_allow\"}},{\"name\":\"drop\",\"enabled\":false,\"permission_policy\":"
                        + "{\"type\":\"always_ask\"}}]"));
        String session = client.post(
                        "/v1/sessions",
                        "{\"agent\":\"" + agent + "\",\"environment_id\":\"" + client.environment() + "\"}")
                .json()
                .path("id")
                .asText();
        return new Talk(client, session);
    }

    @Test
    void a_session_without_a_way_out_says_so_and_does_its_work(Brain brain, Client client) {
        Brain.Role role = brain.role(Script.text("Hello."), Script.text("Again."));
        Talk talk = talk(client, role);
        talk.say("hi");
        List<JsonNode> events = talk.settled();
        JsonNode error = Talk.of(events, "session.error").getFirst().path("error");
        assertThat(error.path("type").asText()).isEqualTo("mcp_connection_failed_error");
        assertThat(error.path("mcp_server_name").asText()).isEqualTo("docs");
        assertThat(error.path("retry_status").path("type").asText()).isEqualTo("retrying");
        assertThat(Talk.said(events)).containsExactly("Hello.");
        assertThat(Talk.stopReason(events).path("type").asText()).isEqualTo("end_turn");
        talk.say("and now?");
        assertThat(Talk.of(talk.settled(), "session.error")).hasSize(2);
        assertThat(talk.session().agent().mcpServers()).hasSize(1);
    }

    @Test
    void a_sessions_servers_can_be_changed_and_taken_away(Brain brain, Client client) {
        Brain.Role role = brain.role(Script.text("Hello."));
        Talk talk = talk(client, role);
        Reply moved = client.post(
                "/v1/sessions/" + talk.id(),
                "{\"agent\":{\"mcp_servers\":[{\"type\":\"url\",\"name\":\"docs\",\"url\":\"https://new.example/mcp\"}]}}");
        assertThat(moved.status()).isEqualTo(200);
        assertThat(moved.json()
                        .path("agent")
                        .path("mcp_servers")
                        .path(0)
                        .path("url")
                        .asText())
                .isEqualTo("https://new.example/mcp");
        Reply half = client.post("/v1/sessions/" + talk.id(), "{\"agent\":{\"mcp_servers\":[]}}");
        assertThat(half.status()).isEqualTo(400);
        Reply none = client.post("/v1/sessions/" + talk.id(), "{\"agent\":{\"mcp_servers\":[],\"tools\":[]}}");
        assertThat(none.status()).isEqualTo(200);
        talk.say("hi");
        assertThat(Talk.of(talk.settled(), "session.error")).isEmpty();
    }
}
