package io.dormouse.resource;

import java.util.Optional;

/** Keeps large content by its SHA-256. Content is never changed, so a second {@code put} of the same bytes does nothing. */
public interface Blobs {
    /** Durable when it returns. Returns the SHA-256 as 64 hexadecimal digits. */
    String put(byte[] content);

    Optional<byte[]> get(String sha256);
}
