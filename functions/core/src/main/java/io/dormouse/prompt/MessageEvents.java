package io.dormouse.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A whole message as the events that a Messages API server streams it in: the inverse of {@link ReplyStream}. */
public final class MessageEvents {
    private final List<Event> events = new ArrayList<>();
    private final int deltaChars;

    private MessageEvents(int deltaChars) {
        this.deltaChars = deltaChars;
    }

    /** @param name the event's name, which is also {@code type} in its data */
    public record Event(String name, ObjectNode data) {
        /** The event as server-sent event, with the empty line that ends it. UTF-8. */
        public byte[] bytes() {
            byte[] json = Json.bytes(data);
            ByteArrayOutputStream out = new ByteArrayOutputStream(json.length + name.length() + 16);
            out.writeBytes(("event: " + name + "\ndata: ").getBytes(StandardCharsets.UTF_8));
            out.writeBytes(json);
            out.writeBytes(new byte[] {'\n', '\n'});
            return out.toByteArray();
        }
    }

    /**
     * @param message a complete message, as the API answers without streaming; a {@code tool_use} with
     *     {@code malformed_input} streams that text as its input, broken as it is
     * @param deltaChars the most characters in one delta, at least 2
     */
    public static List<Event> of(ObjectNode message, int deltaChars) {
        if (deltaChars < 2) throw new IllegalArgumentException("a delta has room for a surrogate pair");
        MessageEvents encoder = new MessageEvents(deltaChars);
        encoder.message(message);
        return List.copyOf(encoder.events);
    }

    /** An error in the stream, after which a server sends nothing. */
    public static Event error(String type, String message) {
        ObjectNode data = Json.object().put("type", "error");
        data.putObject("error").put("type", type).put("message", message);
        return new Event("error", data);
    }

    private void message(ObjectNode message) {
        JsonNode usage = message.path("usage");
        ObjectNode start = message.deepCopy();
        start.putArray("content");
        start.putNull("stop_reason").putNull("stop_sequence").remove("stop_details");
        if (usage instanceof ObjectNode whole)
            start.set("usage", whole.deepCopy().put("output_tokens", 1));
        add("message_start", data -> data.set("message", start));
        add("ping", data -> {});
        int index = 0;
        for (JsonNode block : message.path("content")) block(index++, (ObjectNode) block);
        add("message_delta", data -> {
            ObjectNode delta = data.putObject("delta");
            delta.set("stop_reason", message.path("stop_reason"));
            delta.putNull("stop_sequence");
            if (message.has("stop_details")) delta.set("stop_details", message.get("stop_details"));
            data.putObject("usage").set("output_tokens", usage.path("output_tokens"));
        });
        add("message_stop", data -> {});
    }

    private void block(int index, ObjectNode block) {
        ObjectNode start = block.deepCopy();
        switch (block.path("type").asText()) {
            case "text" -> {
                boolean cited = start.path("citations").isArray();
                if (cited) start.putArray("citations");
                open(index, start.put("text", ""));
                deltas(index, "text_delta", "text", block.path("text").asText());
                if (cited) block.get("citations").forEach(citation -> citation(index, citation));
            }
            case "thinking" -> {
                open(index, start.put("thinking", "").put("signature", ""));
                deltas(
                        index,
                        "thinking_delta",
                        "thinking",
                        block.path("thinking").asText());
                deltas(
                        index,
                        "signature_delta",
                        "signature",
                        block.path("signature").asText());
            }
            case "tool_use", "server_tool_use" -> {
                start.remove("malformed_input");
                start.putObject("input");
                open(index, start);
                deltas(index, "input_json_delta", "partial_json", rawInput(block));
            }
            default -> open(index, start);
        }
        add("content_block_stop", data -> data.put("index", index));
    }

    private static String rawInput(ObjectNode block) {
        JsonNode malformed = block.get("malformed_input");
        return malformed != null ? malformed.asText() : Json.text(block.path("input"));
    }

    private void open(int index, ObjectNode start) {
        add("content_block_start", data -> data.put("index", index).set("content_block", start));
    }

    private void deltas(int index, String type, String field, String text) {
        int from = 0;
        while (from < text.length()) {
            int to = Math.min(from + deltaChars, text.length());
            if (to < text.length() && Character.isHighSurrogate(text.charAt(to - 1))) to--;
            String part = text.substring(from, to);
            add("content_block_delta", data -> data.put("index", index)
                    .putObject("delta")
                    .put("type", type)
                    .put(field, part));
            from = to;
        }
    }

    private void citation(int index, JsonNode citation) {
        add("content_block_delta", data -> data.put("index", index)
                .putObject("delta")
                .put("type", "citations_delta")
                .set("citation", citation));
    }

    private void add(String name, Consumer<ObjectNode> fields) {
        ObjectNode data = Json.object().put("type", name);
        fields.accept(data);
        events.add(new Event(name, data));
    }

    /** A message to stream, as yet with a usage of nothing. */
    public static ObjectNode message(String id, String model, ArrayNode content, String stopReason) {
        ObjectNode message = Json.object()
                .put("id", id)
                .put("type", "message")
                .put("role", "assistant")
                .put("model", model);
        message.set("content", content);
        message.put("stop_reason", stopReason).putNull("stop_sequence");
        message.putObject("usage").put("input_tokens", 0).put("output_tokens", 0);
        return message;
    }
}
