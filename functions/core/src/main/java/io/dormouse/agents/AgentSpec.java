package io.dormouse.agents;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.util.LinkedHashMap;
import java.util.Map;

/** An agent's resolved snapshot, read for a turn. */
public final class AgentSpec {
    private final JsonNode snapshot;
    private final Map<String, Tool> tools = new LinkedHashMap<>();
    private final ArrayNode definitions = Json.array();

    /** What may happen when the model calls a name. */
    public sealed interface Tool {
        /** @param policy {@code always_allow}, {@code always_ask} or {@code auto} */
        record Builtin(String policy) implements Tool {}

        record Custom() implements Tool {}

        /** Known, and switched off. */
        record Disabled() implements Tool {}
    }

    /** @param snapshot the {@code agent} of a session, as the wire shows it */
    public AgentSpec(JsonNode snapshot) {
        this.snapshot = snapshot;
        for (JsonNode tool : snapshot.path("tools"))
            switch (tool.path("type").asText()) {
                case "agent_toolset_20260401" -> addToolset(tool);
                case "custom" -> addCustom(tool);
                // MCP toolsets are refused when a session is made.
                default -> {}
            }
    }

    private void addToolset(JsonNode toolset) {
        JsonNode defaults = toolset.path("default_config");
        BuiltinTools.DEFINITIONS.forEach((name, definition) -> {
            JsonNode config = Json.object();
            for (JsonNode candidate : toolset.path("configs"))
                if (name.equals(candidate.path("name").asText())) config = candidate;
            boolean enabled =
                    config.path("enabled").asBoolean(defaults.path("enabled").asBoolean(true));
            String policy = config.path("permission_policy")
                    .path("type")
                    .asText(defaults.path("permission_policy").path("type").asText("always_allow"));
            tools.put(name, enabled ? new Tool.Builtin(policy) : new Tool.Disabled());
            if (enabled) definitions.add(definition);
        });
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
}
