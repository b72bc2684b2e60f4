package io.dormouse.testkit.memory;

import io.dormouse.resource.Contents;
import io.dormouse.resource.Digested;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** Contents of files in memory. Thread-safe. */
public final class MemoryContents implements Contents {
    private final Map<String, byte[]> contents = new ConcurrentHashMap<>();

    @Override
    public Stored put(String name, InputStream stream) throws IOException {
        Contents.checked(name);
        Digested digested = new Digested(stream);
        contents.put(name, digested.readAllBytes());
        return digested.stored();
    }

    @Override
    public Optional<Content> open(String name) {
        return Optional.ofNullable(contents.get(name))
                .map(bytes -> new Content(new ByteArrayInputStream(bytes), bytes.length));
    }

    @Override
    public void delete(String name) {
        contents.remove(name);
    }

    public Set<String> names() {
        return new TreeSet<>(contents.keySet());
    }
}
