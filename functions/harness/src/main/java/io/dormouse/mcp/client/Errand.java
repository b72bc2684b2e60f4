package io.dormouse.mcp.client;

import io.dormouse.outbound.Outbound.Caller;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.MonoSink;

/** Something that is done at a server, and can be given up as one: its requests, their answers, its waiting. */
final class Errand {
    private final Caller caller;
    private final Set<Thread> threads = new HashSet<>();
    private final Set<InputStream> bodies = new HashSet<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private int closing;
    private boolean givenUp;
    private Object request;

    Errand(Caller caller) {
        this.caller = caller;
    }

    Caller caller() {
        return caller;
    }

    /** Runs on a thread of its own. What is given up ends well: nobody waits for it any more. */
    void run(Runnable action, MonoSink<Void> sink) {
        Thread.ofVirtual().name("mcp").start(() -> {
            try {
                if (enter()) action.run();
                sink.success();
            } catch (RuntimeException e) {
                if (givenUp()) sink.success();
                else sink.error(e);
            } finally {
                leave();
            }
        });
    }

    private synchronized boolean enter() {
        if (!givenUp) threads.add(Thread.currentThread());
        return !givenUp;
    }

    private synchronized void leave() {
        threads.remove(Thread.currentThread());
        notifyAll();
    }

    synchronized boolean givenUp() {
        return givenUp;
    }

    /** A request with this id goes out now, and may have been heard from here on. */
    synchronized void sends(Object id) {
        request = id;
    }

    /** The id of the request that may have been heard; null for none. */
    synchronized Object sent() {
        return request;
    }

    /** The body is closed when this is given up. */
    InputStream holds(InputStream body) {
        synchronized (this) {
            if (!givenUp) {
                bodies.add(body);
                return body;
            }
        }
        close(body);
        throw Fault.connection("It was given up.");
    }

    synchronized void lets(InputStream body) {
        bodies.remove(body);
    }

    void pause(long millis) {
        try {
            if (over.await(millis, TimeUnit.MILLISECONDS)) throw Fault.connection("It was given up.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Fault.connection("It was given up.");
        }
    }

    void giveUp() {
        Set<InputStream> open;
        synchronized (this) {
            givenUp = true;
            threads.forEach(Thread::interrupt);
            open = Set.copyOf(bodies);
            bodies.clear();
            closing++;
        }
        over.countDown();
        // Closing may wait for whoever reads.
        Thread.startVirtualThread(() -> {
            open.forEach(Errand::close);
            closed();
        });
    }

    private synchronized void closed() {
        closing--;
        notifyAll();
    }

    /** Waits until what was given up has come to its end, but no longer than this. */
    synchronized void awaitEnd(Duration most) throws InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        while (closing > 0 || !threads.isEmpty()) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) return;
            wait(left);
        }
    }

    static void close(InputStream body) {
        try {
            body.close();
        } catch (IOException e) {
            // Whatever is left of it is of no use.
        }
    }
}
