package io.dormouse.serve;

import io.dormouse.id.ThreadId;
import io.dormouse.wire.Feed;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * For a process that nobody tells anything: at every tick the log may have grown. All who follow one log in this process
 * hear of the same tick, and share one look. There are no deltas.
 */
final class PolledFeed implements Feed.Untold {
    private static final long TICK_NANOS = Duration.ofMillis(250).toNanos();

    private final long beginning = System.nanoTime();

    @Override
    public Watch watch(ThreadId thread) {
        return new Ticks();
    }

    private final class Ticks implements Watch {
        private long quietSince = System.nanoTime();

        /** A tick, or nothing once in every {@code timeout}, so that whoever follows can show life. */
        @Override
        public News next(Duration timeout) throws InterruptedException {
            long now = System.nanoTime();
            if (now - quietSince >= timeout.toNanos()) {
                quietSince = now;
                return new News.Nothing();
            }
            long tick = (now - beginning) / TICK_NANOS + 1;
            TimeUnit.NANOSECONDS.sleep(beginning + tick * TICK_NANOS - now);
            return new News.Appended(tick);
        }

        @Override
        public void close() {}
    }
}
