package io.dormouse.head;

import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Keeps heads. Reads see every swap that returned before. */
public interface Heads {
    Optional<Head> read(ThreadId thread);

    /** Whether there is such a session, and it is not deleted. */
    default boolean lives(SessionId session) {
        return read(session.primaryThread()).filter(head -> !head.deleted()).isPresent();
    }

    /** Stores the first version; false if the thread has a head already. */
    boolean create(Head head);

    /** Stores {@code after} if the stored version is that of {@code before}. Durable when it returns {@link Swapped.Done}. */
    Swapped swap(Head before, Head after);

    /**
     * Threads that owe work by {@link Head#owedAt}, longest first: what a wake was lost for. Eventually consistent. However many
     * heads are worked on, they hide none that is due, and what is parked costs nothing until its time.
     *
     * @param by only what was due by then
     */
    List<ThreadId> owing(Instant by, int limit);

    sealed interface Swapped {
        record Done() implements Swapped {}

        /** Somebody was faster. @param current what is stored now, read in the same operation */
        record Changed(Head current) implements Swapped {}
    }
}
