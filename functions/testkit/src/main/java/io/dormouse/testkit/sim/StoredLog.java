package io.dormouse.testkit.sim;

import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.SessionLog;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Logs as they come back from bytes, which are read once, when they are written: most of a simulation looks at logs.
 * Thread-safe.
 */
final class StoredLog implements SessionLog {
    private record Stored(Entry entry, byte[] bytes) {}

    private final Map<ThreadId, TreeMap<Long, Stored>> logs = new HashMap<>();

    @Override
    public synchronized Appended append(ThreadId thread, Entry entry) {
        TreeMap<Long, Stored> log = logs.computeIfAbsent(thread, t -> new TreeMap<>());
        Stored there = log.get(entry.position());
        if (there == null) {
            byte[] bytes = Json.bytes(entry);
            log.put(entry.position(), new Stored(Json.read(bytes, Entry.class), bytes));
            return new Appended.At(entry.position());
        }
        return there.entry().nonce().equals(entry.nonce())
                ? new Appended.At(entry.position())
                : new Appended.Taken(there.entry());
    }

    /** As it is stored; null if nothing is. */
    synchronized Entry at(ThreadId thread, long position) {
        TreeMap<Long, Stored> log = logs.get(thread);
        Stored stored = log == null ? null : log.get(position);
        return stored == null ? null : stored.entry();
    }

    @Override
    public synchronized List<Entry> read(ThreadId thread, long after, int limit) {
        TreeMap<Long, Stored> log = logs.get(thread);
        if (log == null || log.isEmpty() || log.lastKey() <= after) return List.of();
        return log.tailMap(after, false).values().stream()
                .limit(limit)
                .map(Stored::entry)
                .toList();
    }

    @Override
    public synchronized void drop(ThreadId thread) {
        logs.remove(thread);
    }

    /** Entries are shared between all who read them. Returns the first position at which somebody changed one; 0 if none. */
    synchronized long changed(ThreadId thread) {
        TreeMap<Long, Stored> log = logs.getOrDefault(thread, new TreeMap<>());
        for (Stored stored : log.values())
            if (!Arrays.equals(stored.bytes(), Json.bytes(stored.entry())))
                return stored.entry().position();
        return 0;
    }
}
