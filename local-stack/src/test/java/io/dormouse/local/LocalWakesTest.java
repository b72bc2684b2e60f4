package io.dormouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.harness.Harness;
import io.dormouse.harness.Ports;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.ThreadId;
import io.dormouse.threads.ThreadPace;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LocalWakesTest {
    private static final ThreadId THREAD = new ThreadId("sthr_1");

    /** Nothing is owed, and the first look at it ends in an error of the JVM. */
    private static final class Heavy implements Heads {
        final LinkedBlockingQueue<ThreadId> looked = new LinkedBlockingQueue<>();
        private boolean first = true;

        @Override
        public Optional<Head> read(ThreadId thread) {
            looked.add(thread);
            if (!first) return Optional.empty();
            first = false;
            throw new StackOverflowError("too deep");
        }

        @Override
        public boolean create(Head head) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Swapped swap(Head before, Head after) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<ThreadId> owing(Instant until, int limit) {
            return List.of();
        }
    }

    @Test
    void a_wake_that_ends_in_an_error_of_the_machine_is_not_the_last_of_its_thread() throws InterruptedException {
        Heavy heads = new Heavy();
        try (ThreadPace pace = new ThreadPace()) {
            LocalWakes wakes = new LocalWakes(heads, pace, "test");
            wakes.start(
                    new Harness(new Ports(heads, null, null, null, null, wakes, null, null, null, pace, null, null)));
            for (int i = 0; i < 3; i++) {
                wakes.send(THREAD);
                assertThat(heads.looked.poll(60, TimeUnit.SECONDS)).isEqualTo(THREAD);
            }
            wakes.stop();
        }
    }
}
