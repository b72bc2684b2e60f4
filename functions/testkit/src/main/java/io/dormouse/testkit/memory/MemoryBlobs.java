package io.dormouse.testkit.memory;

import io.dormouse.id.Sha256;
import io.dormouse.resource.Blobs;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Large content in memory. Thread-safe. */
public final class MemoryBlobs implements Blobs {
    private final Map<String, byte[]> contents = new ConcurrentHashMap<>();

    @Override
    public String put(byte[] content) {
        String name = Sha256.hex(content);
        contents.putIfAbsent(name, content.clone());
        return name;
    }

    @Override
    public Optional<byte[]> get(String sha256) {
        return Optional.ofNullable(contents.get(sha256)).map(byte[]::clone);
    }
}
