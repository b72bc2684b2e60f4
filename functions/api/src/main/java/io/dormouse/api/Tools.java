package io.dormouse.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.BuiltinTools;
import io.dormouse.edge.Fields;
import io.dormouse.json.Json;
import io.dormouse.web.Domain;
import io.dormouse.wire.Refused;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The tools and MCP servers of an agent: what a client may write, and the resolved form that everybody reads, in which
 * every default is spelled out. The resolved form is itself valid input, and resolves to itself.
 */
final class Tools {
    static final int MAX_TOOLS = 256;
    static final int MAX_SERVERS = 20;
    private static final int MAX_DOMAINS = 64;
    private static final int MAX_NAME = 128;
    private static final int MAX_SERVER_NAME = 255;
    private static final int MAX_DESCRIPTION = 1024;
    private static final int MAX_URL = 2048;

    private static final List<String> TYPES = List.of("agent_toolset_20260401", "mcp_toolset", "custom");
    private static final List<String> BUILT_IN = BuiltinTools.NAMES;
    private static final List<String> POLICIES = List.of("always_allow", "always_ask", "auto");

    private Tools() {}

    // ---- tools

    static ArrayNode resolve(List<Fields> tools) {
        ArrayNode resolved = Json.array();
        for (Fields tool : tools)
            resolved.add(
                    switch (tool.oneOf("type", TYPES)) {
                        case "agent_toolset_20260401" -> agentToolset(tool);
                        case "mcp_toolset" -> mcpToolset(tool);
                        default -> custom(tool);
                    });
        return resolved;
    }

    private static ObjectNode agentToolset(Fields tool) {
        ObjectNode resolved = Json.object().put("type", "agent_toolset_20260401");
        ObjectNode defaults = defaults(tool, "always_allow");
        resolved.set("default_config", defaults);
        ArrayNode configs = resolved.putArray("configs");
        Set<String> names = new HashSet<>();
        for (Fields config : tool.objects("configs", BUILT_IN.size())) {
            String name = config.oneOf("name", BUILT_IN);
            if (!names.add(name)) throw config.refuse("name", "is configured twice");
            String type = config.oneOf("type", name, BUILT_IN);
            if (!type.equals(name)) throw config.refuse("type", "must be the same as name");
            ObjectNode one = Json.object().put("type", name).put("name", name);
            one.setAll(config(config, defaults));
            if (name.equals("web_search")) webSearch(config, one);
            if (name.equals("web_fetch")) webFetch(config, one);
            configs.add(one);
        }
        return resolved;
    }

    private static ObjectNode mcpToolset(Fields tool) {
        ObjectNode resolved = Json.object()
                .put("type", "mcp_toolset")
                .put("mcp_server_name", tool.text("mcp_server_name", 1, MAX_SERVER_NAME));
        ObjectNode defaults = defaults(tool, "always_ask");
        resolved.set("default_config", defaults);
        ArrayNode configs = resolved.putArray("configs");
        Set<String> names = new HashSet<>();
        for (Fields config : tool.objects("configs", MAX_TOOLS)) {
            String name = config.text("name", 1, MAX_NAME);
            if (!names.add(name)) throw config.refuse("name", "is configured twice");
            ObjectNode one = Json.object().put("name", name);
            one.setAll(config(config, defaults));
            configs.add(one);
        }
        return resolved;
    }

    private static ObjectNode custom(Fields tool) {
        String name = tool.text("name", 1, MAX_NAME);
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c == '-'))
                throw tool.refuse("name", "may have letters, digits, underscores and hyphens only");
        }
        ObjectNode resolved = Json.object()
                .put("type", "custom")
                .put("name", name)
                .put("description", tool.text("description", 1, MAX_DESCRIPTION));
        Fields schema = tool.object("input_schema");
        schema.oneOf("type", "object", List.of("object"));
        Fields properties = schema.objectOrNull("properties");
        if (properties != null)
            for (Map.Entry<String, JsonNode> property : properties.node().properties())
                if (!property.getValue().isObject() && !property.getValue().isBoolean())
                    throw schema.refuse("properties", "each must be a JSON schema");
        schema.texts("required", 1000, 1000);
        ObjectNode kept = Json.object().put("type", "object");
        kept.setAll(schema.node());
        // Null means absent here, and a model would be sent it.
        if (!schema.given("type")) kept.put("type", "object");
        if (!schema.given("properties")) kept.remove("properties");
        if (!schema.given("required")) kept.remove("required");
        resolved.set("input_schema", kept);
        return resolved;
    }

    private static ObjectNode defaults(Fields tool, String policy) {
        ObjectNode base = Json.object().put("enabled", true);
        base.putObject("permission_policy").put("type", policy);
        Fields given = tool.objectOrNull("default_config");
        return given == null ? base : config(given, base);
    }

    /** What the config says, and for the rest what the defaults say. */
    private static ObjectNode config(Fields config, ObjectNode defaults) {
        ObjectNode resolved = Json.object()
                .put("enabled", config.flag("enabled", defaults.path("enabled").asBoolean()));
        Fields policy = config.objectOrNull("permission_policy");
        if (policy == null) resolved.set("permission_policy", defaults.get("permission_policy"));
        else resolved.putObject("permission_policy").put("type", policy.oneOf("type", POLICIES));
        return resolved;
    }

    private static void webSearch(Fields config, ObjectNode resolved) {
        domains(config, resolved);
        Fields location = config.objectOrNull("user_location");
        if (location == null) return;
        ObjectNode kept = resolved.putObject("user_location")
                .put("type", location.oneOf("type", "approximate", List.of("approximate")));
        for (String part : List.of("city", "country", "region", "timezone")) {
            String text = location.textOrNull(part, 255);
            if (text != null) kept.put(part, text);
        }
    }

    private static void webFetch(Fields config, ObjectNode resolved) {
        domains(config, resolved);
        Integer tokens = config.integerOrNull("max_content_tokens", 1, Integer.MAX_VALUE);
        if (tokens != null) resolved.put("max_content_tokens", tokens);
        Fields sources = config.objectOrNull("url_sources");
        if (sources == null) return;
        ObjectNode kept = resolved.putObject("url_sources");
        source(sources, "user_input", List.of("all", "none"), kept);
        source(sources, "client_tool_results", List.of("all", "none", "only", "except"), kept);
        source(sources, "server_tool_results", List.of("all", "none", "only", "except"), kept);
    }

    private static void source(Fields sources, String name, List<String> types, ObjectNode kept) {
        JsonNode value = sources.raw(name);
        if (value == null) return;
        if (value.isTextual()) {
            kept.putObject(name).put("type", sources.oneOf(name, List.of("all", "none")));
            return;
        }
        Fields filter = sources.object(name);
        String type = filter.oneOf("type", types);
        ObjectNode one = kept.putObject(name).put("type", type);
        if (!type.equals("only") && !type.equals("except")) return;
        ArrayNode tools = one.putArray("tools");
        for (Fields tool : filter.objects("tools", MAX_TOOLS))
            tools.addObject()
                    .put("type", tool.oneOf("type", "tool_reference", List.of("tool_reference")))
                    .put("name", tool.text("name", 1, MAX_NAME));
    }

    private static void domains(Fields config, ObjectNode resolved) {
        if (config.given("allowed_domains") && config.given("blocked_domains"))
            throw config.refuse("blocked_domains", "cannot be given together with allowed_domains");
        for (String list : List.of("allowed_domains", "blocked_domains")) {
            if (!config.given(list)) continue;
            ArrayNode kept = resolved.putArray(list);
            for (String domain : config.texts(list, MAX_DOMAINS, 255)) {
                if (Domain.parse(domain).isEmpty())
                    throw config.refuse(
                            list, "must have domains such as example.com or example.com/blog, without a scheme");
                kept.add(domain);
            }
        }
    }

    // ---- MCP servers

    static ArrayNode servers(List<Fields> servers) {
        ArrayNode resolved = Json.array();
        Set<String> names = new HashSet<>();
        for (Fields server : servers) {
            server.oneOf("type", List.of("url"));
            String name = server.text("name", 1, MAX_SERVER_NAME);
            if (!names.add(name)) throw server.refuse("name", "is the name of another server in the list");
            String url = server.text("url", 1, MAX_URL);
            if (!reachable(url))
                throw server.refuse("url", "must be an absolute http or https URL without user and password");
            resolved.addObject().put("type", "url").put("name", name).put("url", url);
        }
        return resolved;
    }

    private static boolean reachable(String url) {
        try {
            URI uri = new URI(url);
            boolean http = "https".equalsIgnoreCase(uri.getScheme()) || "http".equalsIgnoreCase(uri.getScheme());
            return http && uri.getHost() != null && uri.getUserInfo() == null;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    // ---- both together

    /** Refuses what no single tool shows: two tools of one name, a toolset without its server, a server without a toolset. */
    static void check(JsonNode tools, JsonNode servers) {
        Set<String> declared = new HashSet<>();
        for (JsonNode server : servers) declared.add(server.path("name").asText());
        Set<String> used = new HashSet<>();
        Set<String> names = new HashSet<>();
        boolean builtIn = false;
        for (JsonNode tool : tools) {
            if (!tool.path("type").asText().equals("agent_toolset_20260401")) continue;
            if (builtIn) throw Refused.invalid("tools: agent_toolset_20260401 is given twice");
            builtIn = true;
            names.addAll(enabled(tool));
        }
        for (int i = 0; i < tools.size(); i++) {
            JsonNode tool = tools.get(i);
            String type = tool.path("type").asText();
            if (type.equals("mcp_toolset")) {
                String name = tool.path("mcp_server_name").asText();
                if (!declared.contains(name))
                    throw Refused.invalid("tools." + i + ".mcp_server_name: is not the name of one of mcp_servers");
                if (!used.add(name))
                    throw Refused.invalid("tools." + i + ".mcp_server_name: the server has a toolset already");
            } else if (type.equals("custom") && !names.add(tool.path("name").asText())) {
                throw Refused.invalid("tools." + i + ".name: is the name of another tool");
            }
        }
        for (int i = 0; i < servers.size(); i++)
            if (!used.contains(servers.get(i).path("name").asText()))
                throw Refused.invalid("mcp_servers." + i + ": no mcp_toolset in tools refers to it");
    }

    /** The names that the toolset gives to the model. */
    private static Set<String> enabled(JsonNode toolset) {
        boolean byDefault = toolset.path("default_config").path("enabled").asBoolean();
        Set<String> names = new HashSet<>();
        if (byDefault) names.addAll(BUILT_IN);
        for (JsonNode config : toolset.path("configs")) {
            String name = config.path("name").asText();
            if (config.path("enabled").asBoolean()) names.add(name);
            else names.remove(name);
        }
        return names;
    }
}
