package io.dormouse.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.session.Tokens;
import java.util.Optional;

/** Keeps large content out of the records that are swapped and read often: a reference stays, the bytes go to the blobs. */
public final class Spill {
    /** Serialised content above this goes elsewhere. */
    public static final int LIMIT_BYTES = 16 * 1024;

    private static final String REFERENCE = "$blob";

    private final Blobs blobs;

    public Spill(Blobs blobs) {
        this.blobs = blobs;
    }

    /** The content, or a reference to it. */
    public JsonNode spill(JsonNode content) {
        return spill(content, LIMIT_BYTES);
    }

    /** The same with a lower limit, for one of many contents that go into one record. */
    public JsonNode spill(JsonNode content, int limitBytes) {
        byte[] bytes = Json.bytes(content);
        if (bytes.length <= limitBytes) return content;
        ObjectNode reference = Json.object().put(REFERENCE, blobs.put(bytes)).put("bytes", bytes.length);
        // A picture has far more bytes than tokens, and nothing but its bytes would be seen of it in here.
        long tokens = Tokens.of(content);
        if (tokens < bytes.length / 8) reference.put("tokens", tokens);
        return Tokens.anyUnread(content) ? reference.put("unread", true) : reference;
    }

    /** The SHA-256 under which the blobs have the content; empty when this is the content itself. */
    public static Optional<String> reference(JsonNode content) {
        if (content == null || !content.isObject() || !content.has(REFERENCE)) return Optional.empty();
        return Optional.of(content.get(REFERENCE).asText());
    }

    /** The content that {@link #spill} was given. Client content is always an array, so a reference cannot be forged. */
    public JsonNode fill(JsonNode content) {
        Optional<String> sha256 = reference(content);
        if (sha256.isEmpty()) return content;
        Optional<byte[]> bytes = blobs.get(sha256.get());
        if (bytes.isEmpty()) throw new IllegalStateException("the blob store lost " + sha256.get());
        return Json.read(bytes.get(), JsonNode.class);
    }
}
