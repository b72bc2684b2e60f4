package io.dormouse.testkit.messages;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A point at which the server waits for the test, and the test for the server. For any number of threads. */
public final class Gate {
    private static final int PATIENCE_SECONDS = 300;

    private final Semaphore arrivals = new Semaphore(0);
    private final Semaphore passes = new Semaphore(0);
    private volatile boolean open;

    /** Waits until one more request stands at the gate, or has passed it. */
    public void awaitReached() {
        try {
            if (!arrivals.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("no request reached the gate in " + PATIENCE_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted while waiting for a request to reach the gate", e);
        }
    }

    /** Lets one through: the one that waits, or the next that comes. */
    public void release() {
        passes.release();
    }

    /** Lets all through, now and from now on. */
    public void open() {
        open = true;
        passes.release();
    }

    void pass() throws InterruptedException {
        arrivals.release();
        if (!open) passes.acquire();
        if (open) passes.release();
    }
}
