package io.dormouse.testkit.sim;

import io.dormouse.harness.Harness;
import io.dormouse.id.ThreadId;
import java.util.HashSet;
import java.util.Set;

/** A process with a harness in it. It dies at once and for good, it freezes and thaws, and its clock is its own. */
final class Machine {
    private final String name;
    private boolean dead;
    private long frozenUntil;
    private long clockOffsetMillis;
    private long clockSetAt = Long.MIN_VALUE;
    private Harness harness;
    /** Threads that wakes work on here. */
    final Set<ThreadId> at = new HashSet<>();

    Machine(String name) {
        this.name = name;
    }

    void runs(Harness newHarness) {
        harness = newHarness;
    }

    Harness harness() {
        return harness;
    }

    String name() {
        return name;
    }

    boolean dead() {
        return dead;
    }

    void die() {
        dead = true;
    }

    long frozenUntil() {
        return frozenUntil;
    }

    void freezeUntil(long millis) {
        frozenUntil = millis;
    }

    long clockOffsetMillis() {
        return clockOffsetMillis;
    }

    /** When the clock last jumped; long ago if it never did. */
    long clockSetAt() {
        return clockSetAt;
    }

    void setClock(long offsetMillis, long now) {
        clockOffsetMillis = offsetMillis;
        clockSetAt = now;
    }
}
