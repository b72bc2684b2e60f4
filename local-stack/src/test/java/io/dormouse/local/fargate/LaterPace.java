package io.dormouse.local.fargate;

import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** The same time, only later. */
record LaterPace(Pace pace, Duration later) implements Pace {
    @Override
    public Instant now() {
        return pace.now().plus(later);
    }

    @Override
    public void pause(Duration duration, Cancellation cancellation) {
        pace.pause(duration, cancellation);
    }

    @Override
    public Beat every(Duration period, Runnable action) {
        return pace.every(period, action);
    }

    @Override
    public <T> List<T> all(List<Callable<T>> tasks) {
        return pace.all(tasks);
    }

    @Override
    public <T> Supplier<T> begin(Supplier<T> task) {
        return pace.begin(task);
    }
}
