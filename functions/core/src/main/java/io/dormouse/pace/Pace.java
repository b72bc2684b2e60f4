package io.dormouse.pace;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** Time and concurrency, owned by whoever runs the harness: a clock and threads in production, a seed in a simulation. */
public interface Pace {
    Instant now();

    /** Waits, or returns at once when {@code cancellation} is requested. */
    void pause(Duration duration, Cancellation cancellation);

    /** Calls {@code action} in the background every {@code period} until closed; never two calls at a time. */
    Beat every(Duration period, Runnable action);

    /** Runs all of them side by side and returns their results in order. A task must not throw. */
    <T> List<T> all(List<Callable<T>> tasks);

    /** Begins the task on the side. Whoever asks for the result waits for it, and gets what it threw. */
    <T> Supplier<T> begin(Supplier<T> task);

    interface Beat extends AutoCloseable {
        /** Calls the action soon, out of turn. */
        void now();

        /** After this returned the action does not run and will not run. */
        @Override
        void close();
    }
}
