package io.dormouse.harness;

import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import io.dormouse.threads.ThreadPace;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** Threads, and a clock that a test may set forward. */
final class TestPace implements Pace {
    private static final Duration NEVER = Duration.ofDays(365);

    private final ThreadPace threads = new ThreadPace();
    private final boolean beats;
    private volatile Duration ahead = Duration.ZERO;

    private TestPace(boolean beats) {
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
        ahead = Duration.between(threads.now(), when);
    }

    @Override
    public Instant now() {
        return threads.now().plus(ahead);
    }

    @Override
    public void pause(Duration duration, Cancellation cancellation) {
        threads.pause(duration, cancellation);
    }

    @Override
    public Beat every(Duration period, Runnable action) {
        return threads.every(beats ? period : NEVER, action);
    }

    @Override
    public <T> List<T> all(List<Callable<T>> tasks) {
        return threads.all(tasks);
    }

    @Override
    public <T> Supplier<T> begin(Supplier<T> task) {
        return threads.begin(task);
    }
}
