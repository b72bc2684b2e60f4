package io.dormouse.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.session.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Messages made to fit: first long texts lose their middle, then the oldest messages go. As legal as they were. */
final class Shortened {
    private static final int LONGEST = 32_768;
    private static final int SHORTEST = 256;

    private Shortened() {}

    static List<ObjectNode> messages(List<ObjectNode> messages, long tokens) {
        List<ObjectNode> shorter = messages;
        for (int longest = LONGEST; size(shorter) > tokens && longest >= SHORTEST; longest = longest * 2 / 3) {
            List<ObjectNode> next = new ArrayList<>();
            for (ObjectNode message : messages) next.add(message(message, longest));
            shorter = next;
        }
        return size(shorter) > tokens ? latest(shorter, tokens) : shorter;
    }

    private static long size(List<ObjectNode> messages) {
        long size = 0;
        for (ObjectNode message : messages) size += Tokens.of(message);
        return size;
    }

    private static ObjectNode message(ObjectNode message, int longest) {
        ObjectNode shorter = Json.object().put("role", message.path("role").asText());
        ArrayNode content = shorter.putArray("content");
        for (JsonNode block : message.path("content")) content.add(block((ObjectNode) block, longest));
        return shorter;
    }

    private static JsonNode block(ObjectNode block, int longest) {
        return switch (block.path("type").asText()) {
            case "text", "tool_use" -> strings(block, longest);
            case "tool_result" -> {
                ObjectNode shorter = Json.object();
                shorter.setAll(block);
                ArrayNode content = shorter.putArray("content");
                for (JsonNode part : block.path("content")) content.add(block((ObjectNode) part, longest));
                yield shorter;
            }
            case "image", "document" ->
                Json.object()
                        .put("type", "text")
                        .put("text", "[" + block.path("type").asText() + " left out]");
            // Signed, or of a kind unknown here: as it is or not at all.
            default -> block;
        };
    }

    private static JsonNode strings(JsonNode node, int longest) {
        if (node.isTextual()) return Json.object().textNode(text(node.textValue(), longest));
        if (node.isObject()) {
            ObjectNode copy = Json.object();
            for (Map.Entry<String, JsonNode> field : node.properties())
                copy.set(field.getKey(), strings(field.getValue(), longest));
            return copy;
        }
        if (!node.isArray()) return node;
        ArrayNode copy = Json.array();
        for (JsonNode child : node) copy.add(strings(child, longest));
        return copy;
    }

    private static String text(String text, int longest) {
        if (text.length() <= longest) return text;
        int half = longest / 2;
        int left = text.length() - 2 * half;
        return WellFormed.text(text.substring(0, half)) + "\n[" + left + " characters left out]\n"
                + WellFormed.text(text.substring(text.length() - half));
    }

    /** The first message, which may be a summary, and the latest, from a reply on: what came back for its calls is behind it. */
    private static List<ObjectNode> latest(List<ObjectNode> messages, long tokens) {
        long room = tokens - Tokens.of(messages.getFirst());
        int from = messages.size();
        for (int i = messages.size() - 1; i > 0; i--) {
            room -= Tokens.of(messages.get(i));
            if (room < 0) break;
            if (messages.get(i).path("role").asText().equals("assistant")) from = i;
        }
        List<ObjectNode> latest = new ArrayList<>();
        latest.add(messages.getFirst());
        latest.addAll(messages.subList(from, messages.size()));
        return latest;
    }
}
