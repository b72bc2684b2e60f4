package io.dormouse.threads;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ThreadPaceTest {
    private static final Duration HOUR = Duration.ofHours(1);

    @Test
    void a_fast_clock_tells_one_time_in_all_processes_and_an_hour_of_it_is_soon_over() throws InterruptedException {
        try (ThreadPace one = new ThreadPace(90);
                ThreadPace other = new ThreadPace(90)) {
            Instant now = one.now();
            assertThat(other.now()).isBetween(now, now.plus(HOUR));
            assertThat(now).isAfter(Instant.now().plus(HOUR));
            one.pause(Duration.ofSeconds(9), new Cancellation());
            assertThat(one.now()).isAfterOrEqualTo(now.plusSeconds(9));

            CountDownLatch beats = new CountDownLatch(3);
            CountDownLatch later = new CountDownLatch(1);
            one.later(Duration.ofSeconds(30), later::countDown);
            Pace.Beat beat = one.every(Duration.ofSeconds(30), beats::countDown);
            try (beat) {
                assertThat(beats.await(60, TimeUnit.SECONDS)).isTrue();
                assertThat(later.await(60, TimeUnit.SECONDS)).isTrue();
                assertThat(one.now()).isAfterOrEqualTo(now.plusSeconds(90));
            }
        }
    }

    @Test
    void a_beat_that_ends_in_an_error_can_be_closed_and_beats_again() throws InterruptedException {
        try (ThreadPace pace = new ThreadPace()) {
            CountDownLatch beats = new CountDownLatch(2);
            Pace.Beat beat = pace.every(HOUR, () -> {
                beats.countDown();
                throw new StackOverflowError("in a beat");
            });
            beat.now();
            beat.now();
            boolean again = beats.await(60, TimeUnit.SECONDS);
            // Not by this thread: one that never returned could not be interrupted either.
            Thread closing = Thread.startVirtualThread(beat::close);
            assertThat(closing.join(Duration.ofMinutes(1))).isTrue();
            assertThat(again).isTrue();
        }
    }
}
