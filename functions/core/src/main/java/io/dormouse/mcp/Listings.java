package io.dormouse.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.agents.McpListing;
import io.dormouse.agents.McpTool;
import io.dormouse.agents.McpTools;
import io.dormouse.json.Json;
import io.dormouse.prompt.WellFormed;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** How much of what servers list a session keeps. Pure: the log holds what came of it. */
public final class Listings {
    static final int MAX_TOOLS = 128;
    static final int MAX_NAME = 128;
    static final int MAX_DESCRIPTION = 4_096;
    static final int MAX_SCHEMA_BYTES = 16_384;

    /** Of all servers of a session together: an entry of a log, and a model's window, have to hold them. */
    static final int MAX_BYTES = 200_000;

    private Listings() {}

    /**
     * What is kept of a listing; what is too large or has no usable name is left out, and so is what comes after the room is
     * full.
     *
     * @param known what the session has already
     */
    public static List<McpTool> bounded(List<McpTool> listed, McpTools known) {
        int room = MAX_BYTES;
        for (McpListing listing : known.listings()) for (McpTool tool : listing.tools()) room -= bytes(tool);
        List<McpTool> kept = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (McpTool tool : listed) {
            if (kept.size() == MAX_TOOLS) break;
            if (!nameable(tool.name()) || !schema(tool.inputSchema()) || !names.add(tool.name())) continue;
            McpTool shorter =
                    new McpTool(tool.name(), shortened(tool.description()), tool.inputSchema(), tool.repeatable());
            room -= bytes(shorter);
            if (room < 0) break;
            kept.add(shorter);
        }
        return List.copyOf(kept);
    }

    private static int bytes(McpTool tool) {
        return Json.bytes(tool).length;
    }

    /** Printable, so that a person can be asked about it, and the log stays readable. */
    private static boolean nameable(String name) {
        if (name == null || name.isBlank() || name.length() > MAX_NAME) return false;
        return name.codePoints().allMatch(c -> switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        });
    }

    private static boolean schema(JsonNode schema) {
        return schema != null
                && schema.isObject()
                && schema.path("type").asText().equals("object")
                && schema.equals(WellFormed.tree(schema))
                && Json.bytes(schema).length <= MAX_SCHEMA_BYTES;
    }

    private static String shortened(String description) {
        if (description == null || description.isBlank()) return null;
        String whole = WellFormed.text(description);
        if (whole.length() <= MAX_DESCRIPTION) return whole;
        int end = Character.isHighSurrogate(whole.charAt(MAX_DESCRIPTION - 2))
                ? MAX_DESCRIPTION - 2
                : MAX_DESCRIPTION - 1;
        return whole.substring(0, end) + "…";
    }
}
