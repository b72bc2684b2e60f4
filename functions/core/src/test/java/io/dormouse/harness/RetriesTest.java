package io.dormouse.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class RetriesTest {
    private static final RandomGenerator LOW = () -> 0;
    private static final RandomGenerator HIGH = () -> -1;

    @Test
    void the_mean_wait_doubles_and_is_bounded() {
        for (int failures = 1; failures <= 100; failures++) {
            long mean = 1000L << Math.min(failures - 1, 20);
            long longest = Retries.DEFAULT.longest().toMillis();
            assertThat(Retries.DEFAULT.after(failures, null, LOW).toMillis()).isEqualTo(Math.min(mean / 2, longest));
            assertThat(Retries.DEFAULT.after(failures, null, HIGH).toMillis())
                    .isBetween(Math.min(mean, longest), longest);
        }
    }

    @Test
    void a_server_may_ask_for_a_longer_wait_and_not_for_a_shorter_one() {
        assertThat(Retries.DEFAULT.after(1, Duration.ofSeconds(60), LOW)).isEqualTo(Duration.ofSeconds(60));
        assertThat(Retries.DEFAULT.after(1, Duration.ZERO, LOW)).isEqualTo(Duration.ofMillis(500));
        assertThat(Retries.DEFAULT.after(1, Duration.ofDays(1), LOW)).isEqualTo(Retries.DEFAULT.longest());
    }
}
