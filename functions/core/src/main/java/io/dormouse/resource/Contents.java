package io.dormouse.resource;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * Keeps the contents of files, of any size, streamed in and out, each under a name that is given once. Unlike {@link Blobs},
 * which keep the same bytes once for whoever refers to them, a content belongs to one file and goes with it.
 */
public interface Contents {
    /**
     * Reads the stream to its end. Durable when it returns; whole or not at all, whatever the stream throws. Under a name that
     * is taken it replaces what was there.
     *
     * @param name 1 to 100 letters, digits, {@code _} and {@code -}
     * @throws IOException when the stream does
     */
    Stored put(String name, InputStream stream) throws IOException;

    /** To be closed by the caller. */
    Optional<Content> open(String name);

    /** Nothing happens when there is none. Whoever reads it at this moment may read on, or be cut off. */
    void delete(String name);

    /** @param sha256 64 hexadecimal digits */
    record Stored(String sha256, long sizeBytes) {}

    record Content(InputStream stream, long sizeBytes) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            stream.close();
        }
    }

    /** Whether the text can be a name. */
    static boolean isName(String text) {
        if (text.isEmpty() || text.length() > 100) return false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c == '-'))
                return false;
        }
        return true;
    }

    /** The name itself. */
    static String checked(String name) {
        if (!isName(name)) throw new IllegalArgumentException("not a name of a content");
        return name;
    }
}
