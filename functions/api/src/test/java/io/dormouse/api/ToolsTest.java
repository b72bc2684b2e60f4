package io.dormouse.api;

import static io.dormouse.api.Caller.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Fields;
import io.dormouse.json.Json;
import io.dormouse.wire.Refused;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ToolsTest {
    private static JsonNode resolve(String tools, String servers) {
        Fields body = Fields.of(json("{'tools':" + tools + ",'mcp_servers':" + servers + "}"));
        ArrayNode resolved = Tools.resolve(body.objects("tools", Tools.MAX_TOOLS));
        Tools.check(resolved, Tools.servers(body.objects("mcp_servers", Tools.MAX_SERVERS)));
        return resolved;
    }

    private static String custom(String name, String rest) {
        return "{'type':'custom','name':'" + name + "','description':'d','input_schema':{'type':'object'" + rest + "}}";
    }

    private static String servers(int count) {
        ArrayNode servers = Json.array();
        for (int i = 0; i < count; i++)
            servers.addObject().put("type", "url").put("name", "m" + i).put("url", "https://m.example/" + i);
        return servers.toString();
    }

    private static String toolsets(int count) {
        ArrayNode tools = Json.array();
        for (int i = 0; i < count; i++)
            tools.addObject().put("type", "mcp_toolset").put("mcp_server_name", "m" + i);
        return tools.toString();
    }

    private static String customs(int count) {
        StringBuilder tools = new StringBuilder("[");
        for (int i = 0; i < count; i++) tools.append(i == 0 ? "" : ",").append(custom("t" + i, ""));
        return tools.append(']').toString();
    }

    @Test
    void wrong_tools_are_refused_with_their_path() {
        String toolset = "{'type':'agent_toolset_20260401'";
        Map<String, String> table = new LinkedHashMap<>();
        table.put("[7]", "tools.0: must be an object");
        table.put("[{}]", "tools.0.type: is required");
        table.put("[{'type':'bash'}]", "tools.0.type: must be one of agent_toolset_20260401, mcp_toolset, custom");
        table.put("[" + toolset + "}," + toolset + "}]", "tools: agent_toolset_20260401 is given twice");
        table.put(
                "[" + toolset + ",'configs':[{'name':'vim'}]}]",
                "tools.0.configs.0.name: must be one of bash, read, write, edit, glob, grep, web_fetch, web_search");
        table.put(
                "[" + toolset + ",'configs':[{'name':'bash'},{'name':'bash'}]}]",
                "tools.0.configs.1.name: is configured twice");
        table.put(
                "[" + toolset + ",'configs':[{'name':'bash','type':'read'}]}]",
                "tools.0.configs.0.type: must be the same as name");
        table.put(
                "[" + toolset + ",'configs':[{'name':'bash','enabled':'yes'}]}]",
                "tools.0.configs.0.enabled: must be true or false");
        table.put(
                "[" + toolset + ",'default_config':{'permission_policy':{'type':'never'}}}]",
                "tools.0.default_config.permission_policy.type: must be one of always_allow, always_ask, auto");
        table.put(
                "[" + toolset + ",'default_config':{'permission_policy':{}}}]",
                "tools.0.default_config.permission_policy.type: is required");
        table.put(
                "[" + toolset + ",'configs':[{'name':'web_search','allowed_domains':['a'],'blocked_domains':['b']}]}]",
                "tools.0.configs.0.blocked_domains: cannot be given together with allowed_domains");
        table.put(
                "[" + toolset + ",'configs':[{'name':'web_fetch','max_content_tokens':0}]}]",
                "tools.0.configs.0.max_content_tokens: must be an integer of at least 1");
        table.put(
                "[" + toolset + ",'configs':[{'name':'web_fetch','url_sources':{'user_input':{'type':'only'}}}]}]",
                "tools.0.configs.0.url_sources.user_input.type: must be one of all, none");
        table.put("[" + custom("", "") + "]", "tools.0.name: must not be empty");
        table.put(
                "[" + custom("a b", "") + "]", "tools.0.name: may have letters, digits, underscores and hyphens only");
        table.put("[" + custom("x".repeat(129), "") + "]", "tools.0.name: must have at most 128 characters");
        table.put("[" + custom("a", "") + "," + custom("a", "") + "]", "tools.1.name: is the name of another tool");
        table.put("[" + toolset + "}," + custom("bash", "") + "]", "tools.1.name: is the name of another tool");
        table.put("[{'type':'custom','name':'a','input_schema':{}}]", "tools.0.description: is required");
        table.put(
                "[{'type':'custom','name':'a','description':'" + "x".repeat(1025) + "','input_schema':{}}]",
                "tools.0.description: must have at most 1024 characters");
        table.put("[{'type':'custom','name':'a','description':'d'}]", "tools.0.input_schema: is required");
        table.put(
                "[{'type':'custom','name':'a','description':'d','input_schema':[]}]",
                "tools.0.input_schema: must be an object");
        table.put(
                "[{'type':'custom','name':'a','description':'d','input_schema':{'type':'array'}}]",
                "tools.0.input_schema.type: must be one of object");
        table.put(
                "[" + custom("a", ",'properties':{'p':7}") + "]",
                "tools.0.input_schema.properties: each must be a JSON schema");
        table.put("[" + custom("a", ",'required':'p'") + "]", "tools.0.input_schema.required: must be a list");
        table.put(
                "[{'type':'mcp_toolset','mcp_server_name':'m'}]",
                "tools.0.mcp_server_name: is not the name of one of mcp_servers");
        table.put("[{'type':'mcp_toolset'}]", "tools.0.mcp_server_name: is required");
        table.put(customs(257), "tools: must have at most 256 items");
        table.forEach((tools, message) -> assertThatThrownBy(() -> resolve(tools, "[]"))
                .as(tools)
                .isInstanceOf(Refused.class)
                .hasMessage(message));
    }

    @Test
    void wrong_servers_are_refused_with_their_path() {
        Map<String, String> table = new LinkedHashMap<>();
        table.put("[{'type':'stdio','name':'m','url':'https://a/'}]", "mcp_servers.0.type: must be one of url");
        table.put("[{'type':'url','name':'','url':'https://a/'}]", "mcp_servers.0.name: must not be empty");
        table.put(
                "[{'type':'url','name':'" + "m".repeat(256) + "','url':'https://a/'}]",
                "mcp_servers.0.name: must have at most 255 characters");
        table.put(
                "[{'type':'url','name':'m','url':'https://a/'},{'type':'url','name':'m','url':'https://a/'}]",
                "mcp_servers.1.name: is the name of another server in the list");
        for (String url :
                new String[] {"a", "ftp://a/", "https://u:p@a/", "https:///x", "https://a b/", "file:///etc/passwd"})
            table.put(
                    "[{'type':'url','name':'m','url':'" + url + "'}]",
                    "mcp_servers.0.url: must be an absolute http or https URL without user and password");
        table.put(
                "[{'type':'url','name':'m','url':'https://a/" + "x".repeat(2048) + "'}]",
                "mcp_servers.0.url: must have at most 2048 characters");
        table.put(
                "[{'type':'url','name':'m','url':'https://a/'}]",
                "mcp_servers.0: no mcp_toolset in tools refers to it");
        table.put(servers(21), "mcp_servers: must have at most 20 items");
        table.forEach((servers, message) -> assertThatThrownBy(() -> resolve("[]", servers))
                .as(servers)
                .isInstanceOf(Refused.class)
                .hasMessage(message));
        String twice = "[{'type':'mcp_toolset','mcp_server_name':'m0'},{'type':'mcp_toolset','mcp_server_name':'m0'}]";
        assertThatThrownBy(() -> resolve(twice, servers(1)))
                .hasMessage("tools.1.mcp_server_name: the server has a toolset already");
    }

    @Test
    void what_lies_at_a_limit_is_accepted() {
        assertThat(resolve(customs(256), "[]")).hasSize(256);
        assertThat(resolve(toolsets(20), servers(20))).hasSize(20);
        assertThat(resolve("[" + custom("x".repeat(128), "") + "]", "[]")).hasSize(1);
        assertThat(resolve(
                        "[{'type':'agent_toolset_20260401','default_config':{'enabled':false}}," + custom("bash", "")
                                + "]",
                        "[]"))
                .hasSize(2);
    }

    @Test
    void a_config_inherits_what_it_does_not_say() {
        JsonNode resolved = resolve(
                "[{'type':'agent_toolset_20260401','default_config':{'enabled':false,'permission_policy':{'type':'auto'}},'configs':[{'name':'read'},{'name':'bash','enabled':true},{'name':'edit','permission_policy':{'type':'always_ask'},'enabled':null}]}]",
                "[]");
        assertThat(resolved.at("/0/configs").toString().replace('"', '\''))
                .isEqualTo("[{'type':'read','name':'read','enabled':false,'permission_policy':{'type':'auto'}},"
                        + "{'type':'bash','name':'bash','enabled':true,'permission_policy':{'type':'auto'}},"
                        + "{'type':'edit','name':'edit','enabled':false,'permission_policy':{'type':'always_ask'}}]");
    }

    @Test
    void a_schema_is_kept_as_it_came_and_always_has_its_type() {
        ObjectNode kept = (ObjectNode) resolve(
                        "[{'type':'custom','name':'a','description':'d','input_schema':{'additionalProperties':false,'properties':{'p':true},'required':null,'$defs':{'x':{'maximum':1.50}}}}]",
                        "[]")
                .at("/0/input_schema");
        assertThat(kept.toString().replace('"', '\''))
                .isEqualTo(
                        "{'type':'object','additionalProperties':false,'properties':{'p':true},'$defs':{'x':{'maximum':1.50}}}");
    }
}
