package io.dormouse.threads;

import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The system clock, in milliseconds, and virtual threads. One timer thread for all beats: a beat costs nothing between two of
 * its calls. For tests, time may run faster than it does.
 */
public final class ThreadPace implements Pace, AutoCloseable {
    /** When fast clocks were right. A constant: all processes with the same rate tell the same time. */
    private static final Instant FAST_SINCE = Instant.parse("2026-01-01T00:00:00Z");

    private final int rate;
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("dormouse-timer").factory());

    public ThreadPace() {
        this(1);
    }

    /** @param rate how many seconds of this clock pass in one second; anything but 1 is for tests */
    public ThreadPace(int rate) {
        this.rate = rate;
        // Most beats are closed before they are due even once.
        timer.setRemoveOnCancelPolicy(true);
    }

    @Override
    public Instant now() {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        return rate == 1
                ? now
                : FAST_SINCE.plus(Duration.between(FAST_SINCE, now).multipliedBy(rate));
    }

    private long nanos(Duration ours) {
        // Not below a millisecond: a timer knows no period of zero.
        return Math.max(ours.toNanos() / rate, ours.isZero() ? 0 : 1_000_000);
    }

    @Override
    public void pause(Duration duration, Cancellation cancellation) {
        CountDownLatch over = new CountDownLatch(1);
        cancellation.onRequest(over::countDown);
        try {
            // Returns early on a cancellation; both ends of the wait mean the same to the caller.
            boolean cancelled = over.await(nanos(duration), TimeUnit.NANOSECONDS);
            assert cancelled || over.getCount() == 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs once on a virtual thread, not before {@code delay} is over. */
    public void later(Duration delay, Runnable action) {
        timer.schedule(() -> Thread.startVirtualThread(action), nanos(delay), TimeUnit.NANOSECONDS);
    }

    @Override
    public Beat every(Duration period, Runnable action) {
        return new VirtualBeat(period, action);
    }

    @Override
    public <T> List<T> all(List<Callable<T>> tasks) {
        try {
            if (tasks.size() == 1) return List.of(tasks.getFirst().call());
            List<Future<T>> futures = new ArrayList<>();
            for (Callable<T> task : tasks) {
                FutureTask<T> future = new FutureTask<>(task);
                Thread.startVirtualThread(future);
                futures.add(future);
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) results.add(future.get());
            return results;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a task threw", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while tasks ran", e);
        } catch (Exception e) {
            throw new IllegalStateException("a task threw", e);
        }
    }

    @Override
    public <T> Supplier<T> begin(Supplier<T> task) {
        FutureTask<T> future = new FutureTask<>(task::get);
        Thread.startVirtualThread(future);
        return () -> {
            try {
                return future.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException thrown) throw thrown;
                if (e.getCause() instanceof Error thrown) throw thrown;
                throw new IllegalStateException("a task threw", e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while a task ran", e);
            }
        };
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    private final class VirtualBeat implements Beat {
        private static final System.Logger LOG = System.getLogger("io.dormouse.threads");

        private final Runnable action;
        private final ScheduledFuture<?> schedule;
        private boolean running;
        private boolean again;
        private boolean closed;

        VirtualBeat(Duration period, Runnable action) {
            this.action = action;
            this.schedule = timer.scheduleAtFixedRate(this::now, nanos(period), nanos(period), TimeUnit.NANOSECONDS);
        }

        @Override
        public synchronized void now() {
            if (closed) return;
            if (running) again = true;
            else {
                running = true;
                Thread.startVirtualThread(this::run);
            }
        }

        private void run() {
            try {
                action.run();
            } catch (RuntimeException e) {
                // The next beat tries again; when none gets through, the lease goes stale, which is right.
                LOG.log(System.Logger.Level.WARNING, "a beat failed", e);
            } finally {
                // Behind an error, too: whoever closes waits for the end.
                if (anotherTime()) Thread.startVirtualThread(this::run);
            }
        }

        private synchronized boolean anotherTime() {
            boolean more = again && !closed;
            again = false;
            if (!more) {
                running = false;
                notifyAll();
            }
            return more;
        }

        @Override
        public void close() {
            schedule.cancel(false);
            boolean interrupted = false;
            synchronized (this) {
                closed = true;
                while (running) {
                    try {
                        wait();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
            }
            if (interrupted) Thread.currentThread().interrupt();
        }
    }
}
