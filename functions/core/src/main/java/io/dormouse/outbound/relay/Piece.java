package io.dormouse.outbound.relay;

import io.dormouse.resource.Contents;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Supplier;

/**
 * A part of a body that is too large to be carried, under a name that only its two ends know. Whoever has read it erases it.
 *
 * @param bytes how many it has
 */
public record Piece(String name, int bytes) {
    /** So much of a body is held in memory at a time, at either end. */
    public static final int MOST_BYTES = 8 << 20;

    /** So much of a body goes along with an errand or an answer: Lambda carries 6 MB, and JSON makes four bytes of three. */
    public static final int INLINE_BYTES = 4 << 20;

    /** The next piece of a stream, stored; null when the stream has ended. */
    public static Piece next(InputStream from, Contents contents, Supplier<String> names) throws IOException {
        byte[] bytes = from.readNBytes(MOST_BYTES);
        if (bytes.length == 0) return null;
        String name = names.get();
        contents.put(name, new ByteArrayInputStream(bytes));
        return new Piece(name, bytes.length);
    }
}
