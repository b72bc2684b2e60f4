package io.dormouse.sandbox;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/**
 * The supervisor's one JSON mapper, in a class of its own so that it is loaded when first used: its 400 classes would
 * double the time until a fresh hand listens.
 */
final class Json {
    static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    /** Loads what the first request would otherwise wait for. */
    static void warmUp() {
        try {
            String loaded = MAPPER.readTree("{\"a\":[1]}").toString();
            assert !loaded.isEmpty();
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible); // it is JSON
        }
    }
}
