package io.dormouse.session;

import io.dormouse.id.ThreadId;
import java.util.List;

/** Append-only logs, one for each thread. The single source of truth. */
public interface SessionLog {
    /**
     * Writes {@code entry} at {@link Entry#position} if nothing is there. Durable when it returns {@link Appended.At}.
     * A position taken by an entry with the same nonce is this very write, applied before: also {@code At}. The caller
     * writes positions in order; a store need not check for gaps.
     */
    Appended append(ThreadId thread, Entry entry);

    /** Entries after the position, in order, at most {@code limit}; every append that returned before is seen. */
    List<Entry> read(ThreadId thread, long after, int limit);

    /** Forgets the whole log. For deleted sessions only. */
    void drop(ThreadId thread);

    sealed interface Appended {
        record At(long position) implements Appended {}

        /** Somebody else's entry is at that position. */
        record Taken(Entry byWhom) implements Appended {}
    }
}
