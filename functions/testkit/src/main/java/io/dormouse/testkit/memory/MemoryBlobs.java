package io.dormouse.testkit.memory;

import io.dormouse.resource.Blobs;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Large content in memory. Thread-safe. */
public final class MemoryBlobs implements Blobs {
    private final Map<String, byte[]> contents = new ConcurrentHashMap<>();

    @Override
    public String put(byte[] content) {
        String name = sha256(content);
        contents.putIfAbsent(name, content.clone());
        return name;
    }

    @Override
    public Optional<byte[]> get(String sha256) {
        return Optional.ofNullable(contents.get(sha256)).map(byte[]::clone);
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
