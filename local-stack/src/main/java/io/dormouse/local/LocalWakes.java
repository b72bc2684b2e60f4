package io.dormouse.local;

import io.dormouse.harness.Harness;
import io.dormouse.harness.Wakes;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.ThreadId;
import io.dormouse.threads.ThreadPace;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;

/** Wakes in this process: a virtual thread for each thread that has work, and one sweep for what was missed. */
final class LocalWakes implements Wakes {
    private static final System.Logger LOG = System.getLogger("io.dormouse.local");
    private static final Duration SWEEP = Duration.ofSeconds(10);
    private static final int SWEPT = 1000;

    private enum State {
        RUNNING,
        /** Mail may have come since this wake looked: look once more. */
        AGAIN
    }

    private final Heads heads;
    private final ThreadPace pace;
    private final String owner;
    private final ConcurrentHashMap<ThreadId, State> states = new ConcurrentHashMap<>();
    private Harness harness;
    private volatile boolean stopped;

    /** @param owner stays the same over restarts on the same data, so that what a crash left behind is taken over at once */
    LocalWakes(Heads heads, ThreadPace pace, String owner) {
        this.heads = heads;
        this.pace = pace;
        this.owner = owner;
    }

    /** Takes up all work that an earlier process left, and sweeps from then on. */
    void start(Harness newHarness) {
        harness = newHarness;
        Instant everything = pace.now().plus(Duration.ofDays(365));
        heads.owing(everything, Integer.MAX_VALUE).forEach(this::send);
        pace.every(SWEEP, () -> heads.owing(pace.now(), SWEPT).forEach(this::send));
    }

    @Override
    public void send(Head stored) {
        send(stored.thread(), stored);
    }

    /** Without a head: whoever sends it has seen none, or an old one. */
    void send(ThreadId thread) {
        send(thread, null);
    }

    private void send(ThreadId thread, Head stored) {
        if (stopped) return;
        State before = states.put(thread, State.AGAIN);
        if (before == null) {
            Thread.ofVirtual().name("wake-" + thread).start(() -> run(thread, stored));
        } else {
            harness.poke(thread);
        }
    }

    @Override
    public void sendAt(ThreadId thread, Instant when) {
        Duration delay = Duration.between(pace.now(), when);
        pace.later(delay.isNegative() ? Duration.ZERO : delay, () -> send(thread));
    }

    private void run(ThreadId thread, Head stored) {
        Head hint = stored;
        do {
            states.put(thread, State.RUNNING);
            try {
                if (hint == null) harness.wake(thread, owner, Instant.MAX);
                else harness.wake(hint, owner, Instant.MAX);
            } catch (RuntimeException | Error e) {
                // The thread stays owing, so the sweep tries again, at its own pace. Also after an error of the
                // machine,
                // too little memory say: this thread must not be taken for one that is being worked on for ever.
                LOG.log(System.Logger.Level.ERROR, "the wake of " + thread + " failed", e);
            }
            hint = null;
            if (stopped) states.remove(thread);
        } while (!stopped && !states.remove(thread, State.RUNNING));
        if (stopped) done();
    }

    private synchronized void done() {
        notifyAll();
    }

    /** Begins no wake any more. */
    void stop() {
        stopped = true;
    }

    /** Waits for the wakes that run, at most for so long: each of them hands over what it has not finished. */
    synchronized void awaitRest(Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!states.isEmpty()) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) return;
            wait(left);
        }
    }
}
