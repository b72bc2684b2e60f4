package io.dormouse.agents;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class McpToolTest {
    private static final JsonNode SCHEMA = Json.object().put("type", "object");

    private static AgentSpec agent(String tools, McpListing... listings) {
        String json = "{\"name\":\"a\",\"model\":{\"id\":\"m\"},\"mcp_servers\":["
                + "{\"type\":\"url\",\"name\":\"docs\",\"url\":\"https://docs.example/mcp\"},"
                + "{\"type\":\"url\",\"name\":\"mail\",\"url\":\"https://mail.example/mcp\"}],\"tools\":["
                + tools.replace('\'', '"') + "]}";
        McpTools mcp = McpTools.NONE;
        for (McpListing listing : listings) mcp = mcp.with(listing);
        return new AgentSpec(Json.parse(json), mcp);
    }

    private static McpListing listing(String server, String... tools) {
        List<McpTool> listed = new ArrayList<>();
        for (String tool : tools) listed.add(new McpTool(tool, "Does " + tool + ".", SCHEMA, false));
        return new McpListing(new McpServer(server, "https://" + server + ".example/mcp"), listed);
    }

    private static List<String> names(AgentSpec agent) {
        List<String> names = new ArrayList<>();
        agent.definitions().forEach(each -> names.add(each.path("name").asText()));
        return names;
    }

    @Test
    void a_plain_name_tells_its_server_and_its_tool() {
        assertThat(McpTool.modelName("docs", "search")).isEqualTo("mcp__docs__search");
        assertThat(McpTool.modelName("my-docs", "_a__b")).isEqualTo("mcp__my-docs___a__b");
    }

    @Test
    void no_two_tools_share_a_name_and_all_names_are_legal() {
        List<String> parts =
                List.of("a", "_", "__", "a_", "_a", "a__b", "a b", "a.b", "ä", "x".repeat(60), "x".repeat(255), "-");
        Set<String> names = new HashSet<>();
        for (String server : parts)
            for (String tool : parts) {
                String name = McpTool.modelName(server, tool);
                assertThat(name).matches("mcp_[a-zA-Z0-9_-]{1,60}");
                assertThat(names.add(name)).as(server + " / " + tool).isTrue();
                assertThat(McpTool.modelName(server, tool)).isEqualTo(name);
            }
    }

    @Test
    void a_name_does_not_depend_on_what_else_there_is() {
        String toolset =
                "{'type':'mcp_toolset','mcp_server_name':'docs'},{'type':'mcp_toolset','mcp_server_name':'mail'}";
        assertThat(names(agent(toolset, listing("mail", "a b")))).containsExactly(McpTool.modelName("mail", "a b"));
        assertThat(names(agent(toolset, listing("mail", "a b"), listing("docs", "a b", "a_b"))))
                .containsExactly(McpTool.modelName("docs", "a b"), "mcp__docs__a_b", McpTool.modelName("mail", "a b"));
    }

    @Test
    void the_agents_own_tools_keep_their_names() {
        String tools = "{'type':'mcp_toolset','mcp_server_name':'docs'},"
                + "{'type':'custom','name':'mcp__docs__search','description':'mine','input_schema':{'type':'object'}}";
        AgentSpec agent = agent(tools, listing("docs", "search"));
        assertThat(agent.tool("mcp__docs__search")).isInstanceOf(AgentSpec.Tool.Custom.class);
        assertThat(names(agent)).containsExactly("mcp__docs__search", McpTool.hashedName("docs", "search"));
    }

    @Test
    void every_tool_asks_unless_the_toolset_says_otherwise() {
        String tools = "{'type':'mcp_toolset','mcp_server_name':'docs','configs':["
                + "{'name':'read','permission_policy':{'type':'always_allow'}},{'name':'drop','enabled':false}]}";
        AgentSpec agent = agent(tools, listing("docs", "read", "write", "drop"));
        assertThat(names(agent)).containsExactly("mcp__docs__read", "mcp__docs__write");
        assertThat(((AgentSpec.Tool.Mcp) agent.tool("mcp__docs__read")).policy())
                .isEqualTo("always_allow");
        assertThat(((AgentSpec.Tool.Mcp) agent.tool("mcp__docs__write")).policy())
                .isEqualTo("always_ask");
        assertThat(agent.tool("mcp__docs__drop")).isNull();
    }

    @Test
    void only_what_is_switched_on_is_there_when_the_default_is_off() {
        String tools = "{'type':'mcp_toolset','mcp_server_name':'docs','default_config':{'enabled':false,"
                + "'permission_policy':{'type':'auto'}},'configs':[{'name':'read','enabled':true}]}";
        AgentSpec agent = agent(tools, listing("docs", "read", "write"));
        assertThat(names(agent)).containsExactly("mcp__docs__read");
        assertThat(((AgentSpec.Tool.Mcp) agent.tool("mcp__docs__read")).policy())
                .isEqualTo("auto");
    }

    @Test
    void a_listing_of_another_address_does_not_count() {
        McpListing elsewhere = new McpListing(
                new McpServer("docs", "https://other.example/mcp"),
                List.of(new McpTool("search", null, SCHEMA, false)));
        assertThat(names(agent("{'type':'mcp_toolset','mcp_server_name':'docs'}", elsewhere)))
                .isEmpty();
    }

    @Test
    void servers_that_offer_nothing_are_not_asked() {
        JsonNode agent = Json.parse(("{'mcp_servers':[{'name':'docs','url':'u'},{'name':'mail','url':'v'}],'tools':["
                        + "{'type':'mcp_toolset','mcp_server_name':'docs','default_config':{'enabled':false},'configs':[]},"
                        + "{'type':'mcp_toolset','mcp_server_name':'mail','default_config':{'enabled':true},'configs':[]}]}")
                .replace('\'', '"'));
        McpServer mail = new McpServer("mail", "v");
        assertThat(McpTools.NONE.missing(agent)).containsExactly(mail);
        assertThat(McpTools.NONE.missing(null)).isEmpty();
        McpTools failed = McpTools.NONE.without("mail");
        assertThat(failed.missing(agent)).isEmpty();
        assertThat(failed.fresh().missing(agent)).containsExactly(mail);
        assertThat(McpTools.NONE.with(new McpListing(mail, List.of())).missing(agent))
                .isEmpty();
    }
}
