package io.dormouse.testkit.sim;

import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/** Virtual time as the clock of one machine shows it, and actors in the place of threads. */
final class SimPace implements Pace {
    static final Instant BEGINNING = Instant.parse("2026-01-01T00:00:00Z");

    private final Simulation sim;
    private final Machine machine;

    SimPace(Simulation sim, Machine machine) {
        this.sim = sim;
        this.machine = machine;
    }

    @Override
    public Instant now() {
        return BEGINNING.plusMillis(sim.schedule.now() + machine.clockOffsetMillis());
    }

    @Override
    public void pause(Duration duration, Cancellation cancellation) {
        sim.schedule.await(cancellation::requested, Math.max(1, duration.toMillis()));
    }

    @Override
    public Beat every(Duration period, Runnable action) {
        Heart heart = new Heart(period, action);
        Schedule.Actor me = sim.schedule.me();
        sim.schedule.spawn(me.name() + "'s heart", me.machine(), me.crew(), 0, heart);
        return heart;
    }

    @Override
    public <T> List<T> all(List<Callable<T>> tasks) {
        Schedule.Actor me = sim.schedule.me();
        List<T> results = new ArrayList<>();
        List<Schedule.Actor> actors = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
            int index = i;
            results.add(null);
            actors.add(sim.schedule.spawn(me.name() + "." + i, me.machine(), me.crew(), 0, () -> {
                try {
                    results.set(index, tasks.get(index).call());
                } catch (Exception e) {
                    throw new IllegalStateException("a task threw", e);
                }
            }));
        }
        sim.schedule.await(() -> actors.stream().allMatch(Schedule.Actor::done));
        return results;
    }

    @Override
    public <T> Supplier<T> begin(Supplier<T> task) {
        Schedule.Actor me = sim.schedule.me();
        AtomicReference<Supplier<T>> outcome = new AtomicReference<>();
        Schedule.Actor actor = sim.schedule.spawn(me.name() + ".side", me.machine(), me.crew(), 0, () -> {
            try {
                T result = task.get();
                outcome.set(() -> result);
            } catch (RuntimeException e) {
                outcome.set(() -> {
                    throw e;
                });
            }
        });
        return () -> {
            sim.schedule.await(actor::done);
            return outcome.get().get();
        };
    }

    private final class Heart implements Beat, Runnable {
        private final Duration period;
        private final Runnable action;
        private boolean nudged;
        private boolean closed;
        private boolean beating;

        Heart(Duration period, Runnable action) {
            this.period = period;
            this.action = action;
        }

        @Override
        public void run() {
            while (true) {
                sim.schedule.await(() -> nudged || closed, period.toMillis());
                if (closed) return;
                nudged = false;
                beating = true;
                try {
                    action.run();
                } catch (RuntimeException e) {
                    sim.history.tell("misses a beat");
                }
                beating = false;
            }
        }

        @Override
        public void now() {
            nudged = true;
        }

        @Override
        public void close() {
            closed = true;
            sim.schedule.await(() -> !beating);
        }
    }
}
