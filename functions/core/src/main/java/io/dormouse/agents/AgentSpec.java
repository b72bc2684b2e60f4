package io.dormouse.agents;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An agent's resolved snapshot, read for a turn. */
public final class AgentSpec {
    private static final String PROVIDERS_SEARCH = "web_search_20250305";

    private final JsonNode snapshot;
    private final Map<String, Tool> tools = new LinkedHashMap<>();
    private final ArrayNode definitions = Json.array();
    private JsonNode toolset = Json.object();
    /** Where among the definitions a search of the model's provider may stand instead of the tool; -1 for nowhere. */
    private int search = -1;

    /** What may happen when the model calls a name. */
    public sealed interface Tool {
        /** @param policy {@code always_allow}, {@code always_ask} or {@code auto} */
        record Builtin(String policy) implements Tool {}

        record Custom() implements Tool {}

        /** @param policy as of a built-in */
        record Mcp(McpServer server, McpTool tool, String policy) implements Tool {}

        /** Known, and switched off. */
        record Disabled() implements Tool {}
    }

    /** Without any tool of an MCP server. */
    public AgentSpec(JsonNode snapshot) {
        this(snapshot, McpTools.NONE);
    }

    /**
     * @param snapshot the {@code agent} of a session, as the wire shows it
     * @param mcp what its servers have listed
     */
    public AgentSpec(JsonNode snapshot, McpTools mcp) {
        this.snapshot = snapshot;
        for (JsonNode tool : snapshot.path("tools"))
            switch (tool.path("type").asText()) {
                case "agent_toolset_20260401" -> addToolset(tool);
                case "custom" -> addCustom(tool);
                default -> {}
            }
        // Last, so that no server takes a name that is the agent's own.
        for (JsonNode tool : snapshot.path("tools"))
            if (tool.path("type").asText().equals("mcp_toolset")) addMcpToolset(tool, mcp);
    }

    private void addToolset(JsonNode toolset) {
        this.toolset = toolset;
        BuiltinTools.DEFINITIONS.forEach((name, definition) -> {
            boolean enabled = enabled(toolset, name);
            tools.put(name, enabled ? new Tool.Builtin(policy(toolset, name, "always_allow")) : new Tool.Disabled());
            // A provider asks nobody before it searches.
            if (enabled
                    && name.equals("web_search")
                    && policy(toolset, name, "always_allow").equals("always_allow")) search = definitions.size();
            if (enabled) definitions.add(definition);
        });
    }

    private void addMcpToolset(JsonNode toolset, McpTools mcp) {
        McpServer server =
                McpTools.server(snapshot, toolset.path("mcp_server_name").asText());
        McpListing listing = server == null ? null : mcp.of(server);
        if (listing == null) return;
        for (McpTool tool : listing.tools()) {
            if (!enabled(toolset, tool.name())) continue;
            String name = McpTool.modelName(server.name(), tool.name());
            if (tools.containsKey(name)) name = McpTool.hashedName(server.name(), tool.name());
            Tool mine = new Tool.Mcp(server, tool, policy(toolset, tool.name(), "always_ask"));
            if (tools.putIfAbsent(name, mine) == null) definitions.add(tool.definition(name));
        }
    }

    private static JsonNode config(JsonNode toolset, String name) {
        for (JsonNode config : toolset.path("configs"))
            if (name.equals(config.path("name").asText())) return config;
        return Json.object();
    }

    private static boolean enabled(JsonNode toolset, String name) {
        JsonNode byDefault = toolset.path("default_config").path("enabled");
        return config(toolset, name).path("enabled").asBoolean(byDefault.asBoolean(true));
    }

    private static String policy(JsonNode toolset, String name, String absent) {
        JsonNode byDefault = toolset.path("default_config").path("permission_policy");
        return config(toolset, name)
                .path("permission_policy")
                .path("type")
                .asText(byDefault.path("type").asText(absent));
    }

    private void addCustom(JsonNode tool) {
        String name = tool.path("name").asText();
        tools.put(name, new Tool.Custom());
        ObjectNode definition = Json.object().put("name", name);
        definition.set("description", tool.path("description"));
        definition.set("input_schema", tool.path("input_schema"));
        definitions.add(definition);
    }

    public String name() {
        return snapshot.path("name").asText();
    }

    public String modelId() {
        return modelId(snapshot);
    }

    /** Of a snapshot that need not be read whole. */
    public static String modelId(JsonNode snapshot) {
        return snapshot.path("model").path("id").asText();
    }

    /** Null when the agent does not say. */
    public String effort() {
        return Json.textOrNull(snapshot.path("model").path("effort"), "type");
    }

    public boolean fast() {
        return "fast".equals(snapshot.path("model").path("speed").asText());
    }

    /** Null when there is none; a blank one is none, for the model refuses it. */
    public String system() {
        String system = Json.textOrNull(snapshot, "system");
        return system == null || system.isBlank() ? null : system;
    }

    /** Null for a name that the agent does not have. */
    public Tool tool(String name) {
        return tools.get(name);
    }

    /** Tool definitions for the model, in a stable order. Shared: not to be changed. */
    public ArrayNode definitions() {
        return definitions;
    }

    /** @param search whether the model's provider searches the web: then that is offered, where nobody is to be asked first */
    public ArrayNode definitions(boolean search) {
        if (!search || this.search < 0) return definitions;
        ArrayNode all = Json.array().addAll(definitions);
        all.set(this.search, providersSearch());
        return all;
    }

    /** Whether a provider that searches the web may do so for this agent. */
    public boolean searches() {
        return search >= 0;
    }

    /** @param definition one of {@link #definitions(boolean)} */
    public static boolean isProvidersSearch(JsonNode definition) {
        return definition.path("type").asText().equals(PROVIDERS_SEARCH);
    }

    private ObjectNode providersSearch() {
        ObjectNode definition = Json.object().put("type", PROVIDERS_SEARCH).put("name", "web_search");
        JsonNode config = config("web_search");
        // An empty list is refused, and means no more than none.
        for (String field : List.of("allowed_domains", "blocked_domains", "user_location"))
            if (!config.path(field).isEmpty()) definition.set(field, config.get(field));
        return definition;
    }

    /** What the toolset says of one of its tools; an empty object when it says nothing. Not to be changed. */
    public JsonNode config(String name) {
        return config(toolset, name);
    }
}
