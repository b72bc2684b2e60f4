package io.dormouse.sandbox.exchange;

import io.dormouse.sandbox.room.DiskUsage;
import io.dormouse.sandbox.room.Limits;
import io.dormouse.sandbox.room.Room;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Holds a restore to the hand's limits of its disk, and a tenth more: a hand may have been a little past them. */
final class Quota implements AutoCloseable {
    private static final Duration EVERY = Duration.ofMillis(200);

    private final Limits limits;
    private final Runnable enough;
    private final DiskUsage disk;
    private final Thread looking;
    private volatile boolean running = true;
    private volatile boolean passed;

    /** @param enough called when they are passed */
    Quota(Room room, Limits limits, Runnable enough) {
        this.limits = limits;
        this.enough = enough;
        this.disk = new DiskUsage(room);
        this.looking = Thread.startVirtualThread(this::loop);
    }

    private void loop() {
        long pause = EVERY.toNanos();
        while (running && !passed) {
            LockSupport.parkNanos(pause);
            if (!running) {
                break;
            }
            long began = System.nanoTime();
            look();
            // Folders that take long to count are counted less often.
            pause = Math.max(EVERY.toNanos(), 10 * (System.nanoTime() - began));
        }
        disk.close();
    }

    private void look() {
        disk.measure()
                .filter(used -> used.bytes() / 1.1 > limits.diskBytes() || used.files() / 1.1 > limits.diskFiles())
                .ifPresent(used -> {
                    passed = true;
                    enough.run();
                });
    }

    boolean passed() {
        return passed;
    }

    @Override
    public void close() {
        running = false;
        LockSupport.unpark(looking);
    }
}
