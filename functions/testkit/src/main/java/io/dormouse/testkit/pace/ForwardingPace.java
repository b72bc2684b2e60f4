package io.dormouse.testkit.pace;

import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** Another pace, but for what is overridden. */
public abstract class ForwardingPace implements Pace {
    private final Pace pace;

    protected ForwardingPace(Pace pace) {
        this.pace = pace;
    }

    @Override
    public Instant now() {
        return pace.now();
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
