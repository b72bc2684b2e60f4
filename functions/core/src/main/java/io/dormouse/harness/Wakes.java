package io.dormouse.harness;

import io.dormouse.id.ThreadId;
import java.time.Instant;

/** Asks for a harness to look at a thread. May be lost, doubled, late: the lease makes that harmless, the sweep makes it complete. */
public interface Wakes {
    /** Soon. Returns at once. */
    void send(ThreadId thread);

    /** Not before the instant. Returns at once. */
    void sendAt(ThreadId thread, Instant when);
}
