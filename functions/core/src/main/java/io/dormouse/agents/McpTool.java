package io.dormouse.agents;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.Sha256;
import io.dormouse.json.Json;

/**
 * A tool of an MCP server, as it was listed.
 *
 * @param name the server's own
 * @param description null where it has none
 * @param inputSchema a JSON schema of type object
 * @param repeatable whether the server says that a second call does no more than the first; absent means false
 */
public record McpTool(
        String name,
        String description,
        JsonNode inputSchema,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean repeatable) {
    static final String PREFIX = "mcp_";

    public static final int MAX_NAME = 64;
    private static final int HASH_CHARS = 16;

    /**
     * What the model calls a tool: {@code mcp__server__tool} where that is legal, fits and can be taken apart in one way only;
     * else a hash of both names and what fits of them. So no two tools share a name, whatever servers call theirs, and none
     * has the name of a built-in.
     */
    static String modelName(String server, String tool) {
        String plain = PREFIX + "_" + server + "__" + tool;
        boolean plainly = legal(plain).equals(plain)
                && plain.length() <= MAX_NAME
                && !server.contains("__")
                && !server.endsWith("_");
        return plainly ? plain : hashedName(server, tool);
    }

    /** The other form, which is never taken for the plain one. */
    static String hashedName(String server, String tool) {
        String name = PREFIX + hash(server + "\0" + tool) + "_" + legal(server + "_" + tool);
        return name.substring(0, Math.min(name.length(), MAX_NAME));
    }

    private static String legal(String text) {
        StringBuilder legal = new StringBuilder(text);
        for (int i = 0; i < legal.length(); i++) {
            char c = legal.charAt(i);
            boolean fine = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c == '-';
            if (!fine) legal.setCharAt(i, '_');
        }
        return legal.toString();
    }

    private static String hash(String text) {
        return Sha256.hex(text).substring(0, HASH_CHARS);
    }

    /** As the model is told of it. */
    ObjectNode definition(String modelName) {
        ObjectNode definition = Json.object().put("name", modelName);
        if (description != null) definition.put("description", description);
        definition.set("input_schema", inputSchema);
        return definition;
    }
}
