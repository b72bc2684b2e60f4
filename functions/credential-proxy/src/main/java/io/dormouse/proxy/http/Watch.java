package io.dormouse.proxy.http;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Ends one exchange that takes too long, by closing its socket under whoever waits for it: nothing else ends a write, and no
 * other end is certain. Two times are watched: since the last byte, and until a deadline that moves from phase to phase.
 */
final class Watch {
    private final ScheduledExecutorService timer;
    private final Runnable end;
    private final long idleNanos;
    private final long lastNanos;
    private volatile long moved = System.nanoTime();
    private volatile long deadline;
    private volatile boolean expired;
    private volatile boolean done;
    private boolean open;
    private Future<?> next;

    /** @param end closes the socket; runs once, when time is over */
    Watch(ScheduledExecutorService timer, Duration idle, Duration total, Runnable end) {
        this.timer = timer;
        this.end = end;
        this.idleNanos = idle.toNanos();
        this.lastNanos = moved + total.toNanos();
        this.deadline = lastNanos;
    }

    /** The phase that begins now may last so long. Of no effect once the answer is open. */
    synchronized void phase(Duration most) {
        if (open) return;
        long now = System.nanoTime();
        moved = now;
        deadline = earlier(now + most.toNanos(), lastNanos);
        arm();
    }

    /** From here on only the bytes have to keep coming. */
    synchronized void open() {
        open = true;
        moved = System.nanoTime();
        deadline = lastNanos;
        arm();
    }

    void moved() {
        moved = System.nanoTime();
    }

    boolean expired() {
        return expired;
    }

    synchronized void done() {
        done = true;
        if (next != null) next.cancel(false);
    }

    private void arm() {
        if (done || expired) return;
        if (next != null) next.cancel(false);
        long wait = earlier(deadline, moved + idleNanos) - System.nanoTime();
        next = timer.schedule(this::look, Math.max(wait, 0) + 1_000_000, TimeUnit.NANOSECONDS);
    }

    private void look() {
        synchronized (this) {
            if (done) return;
            if (earlier(deadline, moved + idleNanos) - System.nanoTime() > 0) {
                arm();
                return;
            }
            expired = true;
        }
        end.run();
    }

    private static long earlier(long a, long b) {
        return a - b < 0 ? a : b;
    }
}
