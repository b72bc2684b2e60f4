package io.dormouse.mcp.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.McpTool;
import io.dormouse.json.Json;
import io.dormouse.mcp.Servers.Answer;
import io.dormouse.prompt.WellFormed;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Content;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What servers say, in the project's terms. One odd tool does not spoil a listing, nor one odd block a result. */
final class Contents {
    private static final Set<String> IMAGES = Set.of("image/png", "image/jpeg", "image/gif", "image/webp");
    private static final Set<String> KINDS = Set.of("text", "image", "audio", "resource", "resource_link");

    private Contents() {}

    // ---- before the SDK reads it

    static <T> T unmarshal(Object data, TypeRef<T> type) {
        try {
            return Mapper.INSTANCE.convertValue(data instanceof Map<?, ?> map ? readable(map) : data, type);
        } catch (IllegalArgumentException e) {
            throw Fault.connection("The server does not speak the protocol: its answer cannot be read.");
        }
    }

    private static Map<Object, Object> readable(Map<?, ?> result) {
        Map<Object, Object> readable = new LinkedHashMap<>(result);
        if (result.get("tools") instanceof List<?> tools) {
            List<Object> kept = new ArrayList<>();
            for (Object tool : tools) if (tool instanceof Map<?, ?> map && isTool(map)) kept.add(plain(map));
            readable.put("tools", kept);
        }
        if (result.get("content") instanceof List<?> content) {
            List<Object> kept = new ArrayList<>();
            for (Object block : content) kept.add(block instanceof Map<?, ?> map ? known(map) : unknown("nothing"));
            readable.put("content", kept);
        }
        return readable;
    }

    /** Not one that only runs as a task, which is another protocol inside of this one. */
    private static boolean isTool(Map<?, ?> tool) {
        boolean longJob =
                tool.get("execution") instanceof Map<?, ?> execution && "required".equals(execution.get("taskSupport"));
        return tool.get("name") instanceof String && tool.get("inputSchema") instanceof Map<?, ?> && !longJob;
    }

    /** With nothing but what is looked at. */
    private static Map<Object, Object> plain(Map<?, ?> tool) {
        Map<Object, Object> plain = new LinkedHashMap<>();
        for (String field : List.of("name", "inputSchema")) plain.put(field, tool.get(field));
        if (tool.get("description") instanceof String description) plain.put("description", description);
        if (!(tool.get("annotations") instanceof Map<?, ?> annotations)) return plain;
        Map<Object, Object> hints = new LinkedHashMap<>();
        for (String hint : List.of("readOnlyHint", "idempotentHint"))
            if (annotations.get(hint) instanceof Boolean flag) hints.put(hint, flag);
        plain.put("annotations", hints);
        return plain;
    }

    private static Object known(Map<?, ?> block) {
        Object type = block.get("type");
        if (!(type instanceof String kind) || !KINDS.contains(kind)) return unknown(String.valueOf(type));
        Map<Object, Object> plain = new LinkedHashMap<>(block);
        for (String extra : List.of("annotations", "_meta", "icons")) plain.remove(extra);
        try {
            Mapper.INSTANCE.convertValue(plain, Content.class);
            return plain;
        } catch (IllegalArgumentException e) {
            return unknown(kind);
        }
    }

    private static Map<Object, Object> unknown(String type) {
        return Map.of("type", "text", "text", "[content of a kind that is not known here: " + type + "]");
    }

    // ---- tools

    static McpTool tool(McpSchema.Tool tool) {
        McpSchema.ToolAnnotations hints = tool.annotations();
        boolean repeatable = hints != null
                && (Boolean.TRUE.equals(hints.readOnlyHint()) || Boolean.TRUE.equals(hints.idempotentHint()));
        // Through bytes, so that it is the same now as when it is read from the log.
        JsonNode schema = Json.read(Json.bytes(tool.inputSchema()), JsonNode.class);
        return new McpTool(tool.name(), tool.description(), schema, repeatable);
    }

    // ---- results

    static Answer.Result result(CallToolResult result) {
        ArrayNode blocks = Json.array();
        List<Content> content = result.content() == null ? List.of() : result.content();
        for (Content each : content) blocks.add(block(each));
        if (blocks.isEmpty() && result.structuredContent() != null)
            blocks.add(text(Json.text(result.structuredContent())));
        return new Answer.Result(blocks, Boolean.TRUE.equals(result.isError()));
    }

    private static ObjectNode block(Content content) {
        return switch (content) {
            case McpSchema.TextContent c -> text(c.text());
            case McpSchema.ImageContent c -> binary(c.mimeType(), c.data(), "image");
            case McpSchema.AudioContent c -> text("[audio, " + c.mimeType() + ", which cannot be played here]");
            case McpSchema.ResourceLink c ->
                text("[resource " + c.uri() + "] " + String.join(", ", told(c.name(), c.mimeType(), c.description())));
            case McpSchema.EmbeddedResource c -> resource(c.resource());
            // An interface of the SDK, whose kinds these are.
            default -> text("[content of a kind that is not known here: " + content.type() + "]");
        };
    }

    private static List<String> told(String... parts) {
        List<String> told = new ArrayList<>();
        for (String part : parts) if (part != null && !part.isBlank()) told.add(part);
        return told;
    }

    private static ObjectNode resource(McpSchema.ResourceContents resource) {
        if (resource instanceof McpSchema.TextResourceContents c)
            return text("[resource " + c.uri() + "]\n" + c.text());
        if (resource instanceof McpSchema.BlobResourceContents c)
            return binary(c.mimeType(), c.blob(), "resource " + c.uri());
        return text("[a resource of a kind that is not known here]");
    }

    /** As a picture or a document where a model takes it as one. */
    private static ObjectNode binary(String mimeType, String data, String what) {
        boolean image = IMAGES.contains(mimeType);
        boolean known = image || "application/pdf".equals(mimeType);
        if (!known || !isBase64(data)) return text("[" + what + ", " + mimeType + ", which cannot be shown here]");
        ObjectNode block = Json.object().put("type", image ? "image" : "document");
        block.putObject("source")
                .put("type", "base64")
                .put("media_type", mimeType)
                .put("data", data);
        return block;
    }

    private static boolean isBase64(String data) {
        try {
            return data != null && Base64.getDecoder().decode(data).length > 0;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    static ObjectNode text(String text) {
        return Json.object().put("type", "text").put("text", text == null ? "" : WellFormed.text(text));
    }
}
