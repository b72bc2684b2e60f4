package io.dormouse.local.bench;

import io.dormouse.hands.Hand;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider;
import io.dormouse.hands.HandResult;
import io.dormouse.hands.Tenure;
import io.dormouse.pace.Cancellation;
import io.dormouse.session.ToolResult;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Hands that take as long to come as tasks on Fargate did: RunTask to RUNNING, 0.5 vCPU, a layer of 140 MB, through VPC endpoints
 * (measured 2026-09). With a pool, for as long as it lasts, they take what binding a task took that ran already; a place is filled
 * again after a start. What is called returns at once.
 */
final class SlowHands implements HandProvider {
    static final double[] START_SECONDS = {22.5, 23.6, 26.1, 27.9};
    private static final double[] START_SHARES = {0, 0.5, 0.95, 1};
    static final double[] BIND_MILLIS = {16, 19};
    /** Measured where a pool was and had nothing left. */
    static final double EMPTY_SECONDS = 35.4;

    final AtomicInteger started = new AtomicInteger();
    final AtomicInteger emptyPool = new AtomicInteger();
    private final AtomicInteger spares;
    private final boolean pooled;
    private final Random random;
    private final Consumer<HandId> called;
    private final ConcurrentMap<HandId, CountDownLatch> there = new ConcurrentHashMap<>();

    /** @param pool how many run beforehand; 0 for no pool @param called hears of each call the moment it arrives */
    SlowHands(int pool, long seed, Consumer<HandId> called) {
        this.spares = new AtomicInteger(pool);
        this.pooled = pool > 0;
        this.random = new Random(seed);
        this.called = called;
    }

    /** By the measured quantiles, straight lines in between. */
    private synchronized double startSeconds() {
        double share = random.nextDouble();
        int i = 1;
        while (START_SHARES[i] < share) i++;
        double within = (share - START_SHARES[i - 1]) / (START_SHARES[i] - START_SHARES[i - 1]);
        return START_SECONDS[i - 1] + within * (START_SECONDS[i] - START_SECONDS[i - 1]);
    }

    private synchronized double bindSeconds() {
        return (BIND_MILLIS[0] + random.nextDouble() * (BIND_MILLIS[1] - BIND_MILLIS[0])) / 1000;
    }

    @Override
    public Provided provide(HandId id, Tenure tenure, Cancellation cancellation) {
        CountDownLatch mine = new CountDownLatch(1);
        CountDownLatch coming = there.putIfAbsent(id, mine);
        try {
            if (coming == null) {
                started.incrementAndGet();
                sleep(waitSeconds());
                mine.countDown();
            } else coming.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while it was starting", e);
        }
        return new Provided.Ready(new AtOnce(id), coming == null);
    }

    private double waitSeconds() {
        if (!pooled) return startSeconds();
        if (spares.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
            emptyPool.incrementAndGet();
            return EMPTY_SECONDS;
        }
        Thread.startVirtualThread(() -> {
            sleep(startSeconds());
            spares.incrementAndGet();
        });
        return bindSeconds();
    }

    static void sleep(double seconds) {
        try {
            TimeUnit.NANOSECONDS.sleep((long) (seconds * 1e9));
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public Optional<Hand> find(HandId id) {
        CountDownLatch coming = there.get(id);
        return coming != null && coming.getCount() == 0 ? Optional.of(new AtOnce(id)) : Optional.empty();
    }

    @Override
    public void discard(HandId id) {
        there.remove(id);
    }

    private final class AtOnce implements Hand {
        private final HandId id;

        AtOnce(HandId id) {
            this.id = id;
        }

        @Override
        public HandResult execute(HandCall call, Cancellation cancellation) {
            called.accept(id);
            return new HandResult.Output(ToolResult.text("done"), false);
        }
    }
}
