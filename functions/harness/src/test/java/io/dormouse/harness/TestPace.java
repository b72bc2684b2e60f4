package io.dormouse.harness;

import io.dormouse.testkit.pace.ForwardingPace;
import io.dormouse.threads.ThreadPace;
import java.time.Duration;
import java.time.Instant;

/** Threads, and a clock that a test may set forward. */
final class TestPace extends ForwardingPace {
    private static final Duration NEVER = Duration.ofDays(365);

    private final boolean beats;
    private volatile Duration ahead = Duration.ZERO;

    private TestPace(boolean beats) {
        super(new ThreadPace());
        this.beats = beats;
    }

    /** Beats only when poked: on a slow machine, too, a turn makes the same calls of its ports as ever. */
    static TestPace still() {
        return new TestPace(false);
    }

    static TestPace beating() {
        return new TestPace(true);
    }

    void skipTo(Instant when) {
        ahead = Duration.between(super.now(), when);
    }

    @Override
    public Instant now() {
        return super.now().plus(ahead);
    }

    @Override
    public Beat every(Duration period, Runnable action) {
        return super.every(beats ? period : NEVER, action);
    }
}
