package io.dormouse.prompt;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;

/** One content block while it streams. Mutable, and seen by its {@link ReplyStream} only. */
final class StreamedBlock {
    private final ObjectNode start;
    private final String type;
    private final StringBuilder text;
    private final StringBuilder thinking;
    private final StringBuilder signature;
    private final StringBuilder json = new StringBuilder();
    private final ArrayNode citations = Json.array();

    /** The first half of a surrogate pair whose second half is in the next delta; 0 when there is none. */
    private char half;

    private boolean closed;

    /** @param start the block of {@code content_block_start}, well formed */
    StreamedBlock(ObjectNode start) {
        this.start = start;
        this.type = start.path("type").asText();
        this.text = new StringBuilder();
        this.thinking = new StringBuilder(start.path("thinking").asText(""));
        this.signature = new StringBuilder(start.path("signature").asText(""));
        if (start.path("citations").isArray()) citations.addAll((ArrayNode) start.get("citations"));
    }

    String type() {
        return type;
    }

    boolean closed() {
        return closed;
    }

    void close() {
        closed = true;
    }

    /** @return whether a block of this type can have such a delta; blocks of types unknown here can have any */
    boolean accepts(String delta) {
        return switch (type) {
            case "text" -> delta.equals("text_delta") || delta.equals("citations_delta");
            case "thinking" -> delta.equals("thinking_delta") || delta.equals("signature_delta");
            case "tool_use" -> delta.equals("input_json_delta");
            case "redacted_thinking" -> false;
            default -> true;
        };
    }

    /** @return what can be shown of it now: whole characters */
    String addText(String delta) {
        String whole = half == 0 ? delta : half + delta;
        half = 0;
        int last = whole.length() - 1;
        if (last >= 0 && Character.isHighSurrogate(whole.charAt(last))) {
            half = whole.charAt(last);
            whole = whole.substring(0, last);
        }
        whole = WellFormed.text(whole);
        text.append(whole);
        return whole;
    }

    void addThinking(String delta) {
        thinking.append(delta);
    }

    void addSignature(String delta) {
        signature.append(delta);
    }

    void addJson(String delta) {
        json.append(delta);
    }

    void addCitation(JsonNode citation) {
        citations.add(citation);
    }

    /**
     * @param cut whether the reply was cut off at this block
     * @return the block; null where it holds nothing: the API takes no text block without any text
     */
    ObjectNode complete(boolean cut) {
        if (half != 0) text.append('\uFFFD');
        half = 0;
        if (type.equals("text") || !text.isEmpty()) start.put("text", text.toString());
        if (!thinking.isEmpty()) start.put("thinking", WellFormed.text(thinking.toString()));
        if (!signature.isEmpty()) start.put("signature", WellFormed.text(signature.toString()));
        if (!citations.isEmpty()) start.set("citations", citations);
        if (type.equals("tool_use") || !json.isEmpty()) input(cut);
        return start;
    }

    private void input(boolean cut) {
        String raw = json.toString();
        JsonNode given = start.get("input");
        boolean givenWhole = given != null && !given.isNull() && !given.isEmpty();
        // Some servers give the whole input with the start of the block, and no deltas.
        if (raw.isBlank() && given != null && !given.isNull() && !given.isObject()) raw = Json.text(given);
        JsonNode parsed = raw.isBlank() ? (givenWhole ? given : Json.object()) : parsedOrNull(raw);
        // A call cut off before its first parameter looks like a call without parameters, and must not run.
        boolean lost = parsed == null || !parsed.isObject() || !closed || (cut && raw.isBlank() && !givenWhole);
        start.set("input", lost ? Json.object() : parsed);
        if (lost) start.put("malformed_input", WellFormed.text(raw));
    }

    private static JsonNode parsedOrNull(String raw) {
        try {
            return WellFormed.tree(Json.MAPPER.readTree(raw));
        } catch (JsonProcessingException e) {
            return null;
        }
    }
}
