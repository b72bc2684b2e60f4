package io.dormouse.harness;

import io.dormouse.head.Head;
import io.dormouse.id.ThreadId;
import java.time.Instant;

/** Asks for a harness to look at a thread. May be lost, doubled, late: the lease makes that harmless, the sweep makes it complete. */
public interface Wakes {
    /**
     * Soon. Returns at once. The wake may bring the head along, for {@link Harness#wake(Head, String, Instant)}, where that is
     * small enough; late or twice, it is only out of date.
     *
     * @param stored as the store has it, or had it a moment ago
     */
    void send(Head stored);

    /**
     * Not before the instant, by the clock of the caller: after the time that is left until then. Another machine's clock may
     * say something else. Returns at once.
     */
    void sendAt(ThreadId thread, Instant when);
}
