package io.dormouse.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.session.Tokens;

/**
 * A result that is too long for a model: its texts belong into a file of the sandbox, and a preview stays.
 *
 * @param path where the sandbox is to have them
 * @param text all of them, in order
 * @param rest what is no text
 */
public record Overflow(String path, String text, ArrayNode rest) {
    /** A longer result overflows. */
    public static final long MAX_TOKENS = 100_000;

    private static final int HEAD = 6_000;
    private static final int TAIL = 2_000;

    /** Null when the content may stay as it is. @param call the id of the call, of which the path is made */
    public static Overflow of(String call, JsonNode content) {
        if (Tokens.of(content) <= MAX_TOKENS) return null;
        StringBuilder text = new StringBuilder();
        ArrayNode rest = Json.array();
        for (JsonNode block : content) {
            if (!block.path("type").asText().equals("text")) {
                // As long as there is room for them: a picture is not cut.
                if (Tokens.of(rest) + Tokens.of(block) < MAX_TOKENS / 2) rest.add(block);
                continue;
            }
            if (!text.isEmpty()) text.append('\n');
            text.append(block.path("text").asText());
        }
        return new Overflow("mcp_results/" + call + ".txt", text.toString(), rest);
    }

    /** For the {@code write} tool of a hand. */
    public ObjectNode input() {
        return Json.object().put("file_path", path).put("content", text);
    }

    /** @param failure null when the file is there, or why it is not */
    public ArrayNode preview(String failure) {
        int head = boundary(Math.min(HEAD, text.length()));
        int tail = boundary(Math.max(head, text.length() - TAIL));
        String where = failure == null
                ? "All of it is in the file /workspace/" + path + " of the sandbox"
                : "The rest is lost, for it could not be written to the sandbox (" + failure + ")";
        String told = "This result is too long to be shown: " + text.length() + " characters. " + where
                + ". It begins:\n\n" + text.substring(0, head) + "\n\n[" + (tail - head)
                + " characters left out]\n\nIt ends:\n\n" + text.substring(tail);
        ArrayNode preview = Json.array().add(Json.object().put("type", "text").put("text", told));
        return preview.addAll(rest);
    }

    private int boundary(int at) {
        boolean cutsPair = at > 0 && at < text.length() && Character.isLowSurrogate(text.charAt(at));
        return cutsPair ? at - 1 : at;
    }
}
