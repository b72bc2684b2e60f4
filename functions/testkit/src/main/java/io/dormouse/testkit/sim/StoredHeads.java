package io.dormouse.testkit.sim;

import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Heads as they come back from bytes, which are read once, when they are written: most of a simulation looks at heads.
 * Thread-safe.
 */
final class StoredHeads implements Heads {
    private final Map<ThreadId, Head> heads = new LinkedHashMap<>();

    @Override
    public synchronized Optional<Head> read(ThreadId thread) {
        return Optional.ofNullable(heads.get(thread));
    }

    @Override
    public synchronized boolean create(Head head) {
        return heads.putIfAbsent(head.thread(), stored(head)) == null;
    }

    @Override
    public synchronized Swapped swap(Head before, Head after) {
        if (!before.thread().equals(after.thread()))
            throw new IllegalArgumentException("a swap is of one thread's head");
        Head current = heads.get(before.thread());
        if (current == null) throw new IllegalStateException("no head to swap of " + before.thread());
        if (current.version() != before.version()) return new Swapped.Changed(current);
        heads.put(after.thread(), stored(after));
        return new Swapped.Done();
    }

    private static Head stored(Head head) {
        return Json.read(Json.bytes(head), Head.class);
    }

    @Override
    public synchronized List<ThreadId> owing(Instant by, int limit) {
        record Owed(Instant at, ThreadId thread) {}
        List<Owed> owed = new ArrayList<>();
        for (Head head : heads.values()) {
            Instant at = head.owedAt().orElse(null);
            if (at != null && !at.isAfter(by)) owed.add(new Owed(at, head.thread()));
        }
        owed.sort(Comparator.comparing(Owed::at)
                .thenComparing(each -> each.thread().text()));
        return owed.stream().limit(limit).map(Owed::thread).toList();
    }

    /** When the next head is due that owes work; null when none does. */
    synchronized Instant nextOwed() {
        Instant next = null;
        for (Head head : heads.values()) {
            Instant at = head.owedAt().orElse(null);
            if (at != null && (next == null || at.isBefore(next))) next = at;
        }
        return next;
    }
}
