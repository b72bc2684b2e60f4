package io.dormouse.local;

import io.dormouse.id.ThreadId;
import io.dormouse.session.Entry;
import io.dormouse.session.SessionLog;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * A log that remembers its last entries as they were written: whoever tails it, a stream or the next wake, then reads neither
 * the file nor JSON, and a hundred readers cost no more reads than one. Right only where every append goes through
 * it, as in this process, which has its data to itself.
 */
final class RecentEntries implements SessionLog {
    private static final int THREADS = 512;
    /** A plain turn is two. */
    private static final int ENTRIES = 2;

    private final SessionLog log;

    /** The end of each log, without gaps; what was appended to last comes last. */
    private final LinkedHashMap<ThreadId, Deque<Entry>> ends = new LinkedHashMap<>();

    RecentEntries(SessionLog log) {
        this.log = log;
    }

    @Override
    public Appended append(ThreadId thread, Entry entry) {
        Appended appended = log.append(thread, entry);
        if (appended instanceof Appended.At) remember(thread, entry);
        return appended;
    }

    private synchronized void remember(ThreadId thread, Entry entry) {
        Deque<Entry> end = ends.remove(thread);
        if (end == null) end = new ArrayDeque<>(ENTRIES + 1);
        ends.put(thread, end);
        long last = end.isEmpty() ? 0 : end.getLast().position();
        // Two appends that return at the same time may come in the wrong order: the later position is the end.
        if (entry.position() <= last) return;
        if (entry.position() > last + 1) end.clear();
        end.add(entry);
        if (end.size() > ENTRIES) end.removeFirst();
        if (ends.size() > THREADS) ends.pollFirstEntry();
    }

    @Override
    public List<Entry> read(ThreadId thread, long after, int limit) {
        List<Entry> recent = recent(thread, after, limit);
        return recent != null ? recent : log.read(thread, after, limit);
    }

    /** Null when what is remembered begins too late. */
    private synchronized List<Entry> recent(ThreadId thread, long after, int limit) {
        Deque<Entry> end = ends.get(thread);
        if (end == null || end.getFirst().position() > after + 1) return null;
        return end.stream()
                .filter(entry -> entry.position() > after)
                .limit(limit)
                .toList();
    }

    @Override
    public void drop(ThreadId thread) {
        log.drop(thread);
        synchronized (this) {
            ends.remove(thread);
        }
    }
}
