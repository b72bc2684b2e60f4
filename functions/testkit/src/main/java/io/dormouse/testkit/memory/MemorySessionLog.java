package io.dormouse.testkit.memory;

import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.SessionLog;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** Logs in memory. Thread-safe. */
public final class MemorySessionLog implements SessionLog {
    private final ConcurrentHashMap<ThreadId, ConcurrentNavigableMap<Long, byte[]>> logs = new ConcurrentHashMap<>();

    @Override
    public Appended append(ThreadId thread, Entry entry) {
        byte[] there = logs.computeIfAbsent(thread, t -> new ConcurrentSkipListMap<>())
                .putIfAbsent(entry.position(), Json.bytes(entry));
        if (there == null) return new Appended.At(entry.position());
        Entry byWhom = Json.read(there, Entry.class);
        return byWhom.nonce().equals(entry.nonce()) ? new Appended.At(entry.position()) : new Appended.Taken(byWhom);
    }

    @Override
    public List<Entry> read(ThreadId thread, long after, int limit) {
        ConcurrentNavigableMap<Long, byte[]> log = logs.get(thread);
        if (log == null) return List.of();
        return log.tailMap(after, false).values().stream()
                .limit(limit)
                .map(bytes -> Json.read(bytes, Entry.class))
                .toList();
    }

    @Override
    public void drop(ThreadId thread) {
        logs.remove(thread);
    }
}
