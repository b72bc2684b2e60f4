package io.dormouse.hands.egress;

import io.dormouse.hands.Hand;
import io.dormouse.outbound.Outbound;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Keeps lanes to one hand open until it is closed: some to spare at first, one more whenever all are busy. A lane that ends
 * is dialled again, wherever the hand listens by then.
 */
public final class Attachment implements Hand.Attached {
    private static final int SPARE = 2;
    private static final int MOST = 48;
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    /** What is cut comes to its end at once; nobody waits longer for one that does not. */
    private static final Duration END = Duration.ofSeconds(2);

    private final Supplier<Optional<Door>> door;
    private final Function<Outbound.Request, Outbound.Response> way;
    private final long epoch;
    private final Set<Lane> open = new HashSet<>();
    private int kept;
    private int busy;
    private boolean closed;

    /** @param door where lanes are opened now; nothing while the hand cannot be asked */
    public Attachment(Supplier<Optional<Door>> door, Function<Outbound.Request, Outbound.Response> way, long epoch) {
        this.door = door;
        this.way = way;
        this.epoch = epoch;
        synchronized (this) {
            for (int i = 0; i < SPARE; i++) another();
        }
    }

    /** Call with the lock. */
    private void another() {
        kept++;
        Thread.ofVirtual().name("egress-lane").start(this::keep);
    }

    /** One lane after the other, for as long as this one is needed. */
    private void keep() {
        Duration pause = SHORTEST_PAUSE;
        while (true) {
            pause = once() ? SHORTEST_PAUSE : longer(pause);
            if (leave(pause)) return;
        }
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
    }

    /** Whether there was a lane. */
    private boolean once() {
        Optional<Door> where = door.get();
        if (where.isEmpty()) return false;
        try (Lane lane = Lane.dial(where.get(), epoch)) {
            if (!entered(lane)) return false;
            try {
                lane.serve(way, this::begins, this::ends);
            } finally {
                left(lane);
            }
            return true;
        } catch (IOException unreachable) {
            return false;
        }
    }

    private synchronized boolean entered(Lane lane) {
        return !closed && open.add(lane);
    }

    private synchronized void left(Lane lane) {
        open.remove(lane);
    }

    private synchronized void begins() {
        busy++;
        if (busy >= kept && kept < MOST && !closed) another();
    }

    private synchronized void ends() {
        busy--;
        notifyAll();
    }

    /** Waits a little before the next lane. True when no more is needed. */
    private synchronized boolean leave(Duration pause) {
        try {
            if (!closed && kept <= SPARE) wait(pause.toMillis());
        } catch (InterruptedException stopped) {
            closed = true;
        }
        if (!closed && kept <= SPARE) return false;
        kept--;
        return true;
    }

    @Override
    public void close() {
        List<Lane> last;
        synchronized (this) {
            closed = true;
            last = List.copyOf(open);
            notifyAll();
        }
        last.forEach(Lane::close);
        awaitEnds();
    }

    private synchronized void awaitEnds() {
        long end = System.nanoTime() + END.toNanos();
        try {
            while (busy > 0) {
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (left <= 0) return;
                wait(left);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
