package io.dormouse.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.util.Map;

/**
 * What a model or a server said, made fit to be stored. JSON may hold half a surrogate pair, which has no UTF-8, and may be nested
 * so deep that the log entry around it could never be read again: either would end the session for good.
 */
public final class WellFormed {
    /** Leaves room for the fact, the entry and the request that will hold the block. */
    static final int MAX_DEPTH = Json.MAX_DEPTH - 30;

    private WellFormed() {}

    /** @return a copy with every half of a surrogate pair replaced by U+FFFD; null when it is nested too deep */
    public static JsonNode tree(JsonNode node) {
        return deeperThan(MAX_DEPTH, node) ? null : clean(node);
    }

    public static String text(String text) {
        int length = text.length();
        for (int i = 0; i < length; i++) {
            if (Character.isSurrogate(text.charAt(i))) return replaced(text);
        }
        return text;
    }

    /** The beginning of a text, with no half character at its end. */
    static String start(String text, int maxChars) {
        return text(text.length() > maxChars ? text.substring(0, maxChars) : text);
    }

    private static String replaced(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(point -> out.appendCodePoint(isHalf(point) ? 0xFFFD : point));
        return out.toString();
    }

    private static boolean isHalf(int point) {
        return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    }

    private static boolean deeperThan(int depth, JsonNode node) {
        if (!node.isContainerNode()) return false;
        if (depth == 0) return true;
        for (JsonNode child : node) {
            if (deeperThan(depth - 1, child)) return true;
        }
        return false;
    }

    private static JsonNode clean(JsonNode node) {
        return switch (node.getNodeType()) {
            case STRING -> {
                String clean = text(node.textValue());
                yield clean.equals(node.textValue()) ? node : Json.object().textNode(clean);
            }
            case OBJECT -> {
                ObjectNode copy = Json.object();
                for (Map.Entry<String, JsonNode> field : node.properties()) {
                    copy.set(text(field.getKey()), clean(field.getValue()));
                }
                yield copy;
            }
            case ARRAY -> {
                ArrayNode copy = Json.array();
                node.forEach(element -> copy.add(clean(element)));
                yield copy;
            }
            case BINARY, BOOLEAN, MISSING, NULL, NUMBER, POJO -> node;
        };
    }
}
