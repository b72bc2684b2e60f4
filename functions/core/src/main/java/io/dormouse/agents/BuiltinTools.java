package io.dormouse.agents;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tools of {@code agent_toolset_20260401}: those that run in the hand, and those of the web. */
public final class BuiltinTools {
    /** Every name that a toolset's {@code configs} may hold. */
    public static final List<String> NAMES =
            List.of("bash", "read", "write", "edit", "glob", "grep", "web_fetch", "web_search");

    /** Those that need no hand. */
    public static final Set<String> WEB = Set.of("web_fetch", "web_search");

    /** Definitions as the model gets them, in the order in which it gets them. */
    static final Map<String, ObjectNode> DEFINITIONS = load();

    private BuiltinTools() {}

    private static Map<String, ObjectNode> load() {
        try (InputStream in = BuiltinTools.class.getResourceAsStream("tools.json")) {
            Map<String, ObjectNode> tools = new LinkedHashMap<>();
            for (JsonNode tool : Json.MAPPER.readTree(in))
                tools.put(tool.get("name").asText(), (ObjectNode) tool);
            return tools;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
