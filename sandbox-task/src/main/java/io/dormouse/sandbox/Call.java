package io.dormouse.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.util.HexFormat;
import java.util.OptionalLong;

/** One tool call as it was asked for. {@code id} names it for ever. */
record Call(String id, String name, JsonNode input, OptionalLong timeoutMillis) {
    private static final ObjectMapper SORTED =
            new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

    /**
     * Tells whether two requests with one id are the same call: the SHA-256 of name and input, whatever the order of
     * the input's fields. Timeouts do not count, since who asks again has less time left.
     */
    String digest() {
        try {
            String canonical = SORTED.writeValueAsString(SORTED.treeToValue(input, Object.class));
            return HexFormat.of().formatHex(Secret.sha256(name + "\n" + canonical));
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible); // it was JSON a moment ago
        }
    }
}
