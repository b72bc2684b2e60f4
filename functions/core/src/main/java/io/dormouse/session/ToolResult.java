package io.dormouse.session;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.id.EventId;
import io.dormouse.json.Json;

/**
 * What the model is told about a call.
 *
 * @param call {@link ToolCall#id}
 * @param modelId {@link ToolCall#modelId}
 * @param content array of content blocks; or, when large, the reference that {@code Spill} left
 * @param mcp whether the call is one of an MCP server; absent means false
 */
public record ToolResult(
        EventId call,
        String modelId,
        JsonNode content,
        boolean isError,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean mcp) {
    /** Of a call that no MCP server runs. */
    public ToolResult(EventId call, String modelId, JsonNode content, boolean isError) {
        this(call, modelId, content, isError, false);
    }

    public static ToolResult of(ToolCall call, JsonNode content, boolean isError) {
        return new ToolResult(call.id(), call.modelId(), content, isError, call.server() != null);
    }

    public static ToolResult error(ToolCall call, String message) {
        return of(call, text(message), true);
    }

    /** One text block in an array. */
    public static JsonNode text(String text) {
        return Json.array().add(Json.object().put("type", "text").put("text", text));
    }
}
