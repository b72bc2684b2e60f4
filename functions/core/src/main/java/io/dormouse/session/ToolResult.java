package io.dormouse.session;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.id.EventId;
import io.dormouse.json.Json;

/**
 * What the model is told about a call.
 *
 * @param call {@link ToolCall#id}
 * @param modelId {@link ToolCall#modelId}
 * @param content array of content blocks
 */
public record ToolResult(EventId call, String modelId, JsonNode content, boolean isError) {
    public static ToolResult error(ToolCall call, String message) {
        return new ToolResult(call.id(), call.modelId(), text(message), true);
    }

    /** One text block in an array. */
    public static JsonNode text(String text) {
        return Json.array().add(Json.object().put("type", "text").put("text", text));
    }
}
