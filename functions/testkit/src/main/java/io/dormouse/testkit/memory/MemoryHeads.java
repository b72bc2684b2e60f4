package io.dormouse.testkit.memory;

import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Heads in memory. Thread-safe. */
public final class MemoryHeads implements Heads {
    private final Map<ThreadId, byte[]> heads = new HashMap<>();

    @Override
    public synchronized Optional<Head> read(ThreadId thread) {
        return Optional.ofNullable(heads.get(thread)).map(bytes -> Json.read(bytes, Head.class));
    }

    @Override
    public synchronized boolean create(Head head) {
        return heads.putIfAbsent(head.thread(), Json.bytes(head)) == null;
    }

    @Override
    public synchronized Swapped swap(Head before, Head after) {
        if (!before.thread().equals(after.thread()))
            throw new IllegalArgumentException("a swap is of one thread's head");
        Head current = read(before.thread())
                .orElseThrow(() -> new IllegalStateException("no head to swap of " + before.thread()));
        if (current.version() != before.version()) return new Swapped.Changed(current);
        heads.put(after.thread(), Json.bytes(after));
        return new Swapped.Done();
    }

    @Override
    public synchronized List<ThreadId> owing(Instant by, int limit) {
        record Owed(Instant at, ThreadId thread) {}
        return heads.values().stream()
                .map(bytes -> Json.read(bytes, Head.class))
                .flatMap(head -> head.owedAt().map(at -> new Owed(at, head.thread())).stream())
                .filter(owed -> !owed.at().isAfter(by))
                .sorted(Comparator.comparing(Owed::at)
                        .thenComparing(owed -> owed.thread().text()))
                .limit(limit)
                .map(Owed::thread)
                .toList();
    }
}
