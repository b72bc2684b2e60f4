package io.dormouse.sandbox.egress;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The lanes that are open now. All of them are of one epoch of the holder: who took over closes those of whoever was before. */
final class Lanes {
    /** A holder that is just coming, or taking over, is there within this time. */
    static final Duration ATTACHED_WITHIN = Duration.ofSeconds(3);

    /** For so long a request waits while all lanes are busy. */
    static final Duration FREE_WITHIN = Duration.ofSeconds(60);

    private static final int MOST = 64;

    sealed interface Taken {
        record Granted(Lane lane) implements Taken {}

        /** Nobody holds the hand, so there is no network. */
        record Detached() implements Taken {}

        /** All lanes stayed busy. */
        record Busy() implements Taken {}
    }

    private final Duration attachedWithin;
    private final ReentrantLock lock = new ReentrantLock(true);
    private final Condition changed = lock.newCondition();
    private final Set<Lane> all = new HashSet<>();
    private final Deque<Lane> free = new ArrayDeque<>();
    private long epoch;
    private long detachedNanos = System.nanoTime();

    Lanes(Duration attachedWithin) {
        this.attachedWithin = attachedWithin;
    }

    /** False when the lane is of an earlier epoch than others were, or one too many. */
    boolean add(Lane lane) {
        List<Lane> replaced = List.of();
        lock.lock();
        try {
            if (lane.epoch() < epoch) {
                return false;
            }
            if (lane.epoch() > epoch) {
                epoch = lane.epoch();
                replaced = List.copyOf(all);
                all.clear();
                free.clear();
            }
            if (all.size() == MOST) {
                return false;
            }
            all.add(lane);
            free.addLast(lane);
            changed.signal();
            return true;
        } finally {
            lock.unlock();
            replaced.forEach(Lane::close);
        }
    }

    /** The lane's connection has ended. */
    void remove(Lane lane) {
        lock.lock();
        try {
            all.remove(lane);
            free.remove(lane);
            if (all.isEmpty()) {
                detachedNanos = System.nanoTime();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits its turn for a lane. */
    Taken take() throws InterruptedException {
        lock.lock();
        try {
            long began = System.nanoTime();
            while (free.isEmpty()) {
                boolean detached = all.isEmpty();
                long until = detached
                        ? Math.max(began - detachedNanos, 0) + detachedNanos + attachedWithin.toNanos()
                        : began + FREE_WITHIN.toNanos();
                long left = until - System.nanoTime();
                if (left <= 0) {
                    return detached ? new Taken.Detached() : new Taken.Busy();
                }
                // A look from time to time: the last lane may go while this waits.
                boolean signalled = changed.await(Math.min(left, 500_000_000L), TimeUnit.NANOSECONDS);
                assert signalled || left > 0;
            }
            Lane lane = free.pollFirst();
            lane.take();
            return new Taken.Granted(lane);
        } finally {
            lock.unlock();
        }
    }

    /** After an exchange that ran to its end both ways. */
    void giveBack(Lane lane) {
        lock.lock();
        try {
            if (all.contains(lane) && lane.giveBack()) {
                free.addFirst(lane);
                changed.signal();
            } else {
                lane.close();
            }
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        List<Lane> last;
        try {
            epoch = Long.MAX_VALUE;
            last = List.copyOf(all);
        } finally {
            lock.unlock();
        }
        last.forEach(Lane::close);
    }
}
