package io.dormouse.local.fargate;

import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A time that passes only where somebody waits. What is begun on the side waits to be run by whoever owns this. */
record SimPace(Supplier<Instant> clock, Consumer<Duration> passes, List<Supplier<?>> side) implements Pace {
    SimPace(Supplier<Instant> clock, Consumer<Duration> passes) {
        this(clock, passes, new ArrayList<>());
    }

    @Override
    public Instant now() {
        return clock.get();
    }

    @Override
    public void pause(Duration duration, Cancellation cancellation) {
        passes.accept(duration);
    }

    /** Nothing here takes so long. */
    @Override
    public Beat every(Duration period, Runnable action) {
        return new Beat() {
            @Override
            public void now() {}

            @Override
            public void close() {}
        };
    }

    @Override
    public <T> List<T> all(List<Callable<T>> tasks) {
        List<T> results = new ArrayList<>();
        for (Callable<T> task : tasks)
            try {
                results.add(task.call());
            } catch (Exception e) {
                throw new IllegalStateException("a task threw", e);
            }
        return results;
    }

    @Override
    public <T> Supplier<T> begin(Supplier<T> task) {
        side.add(task);
        return () -> {
            throw new UnsupportedOperationException("nobody waits for it");
        };
    }
}
