package io.dormouse.harness;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/**
 * When a failed model request is repeated: exponential backoff with jitter.
 *
 * @param attempts requests in all before a turn gives up
 * @param first the mean wait after the first failure, doubled after each further one
 * @param longest no wait is longer, whatever a server asks for
 * @param parked a wait longer than this holds no compute: the lease is given up and a wake is scheduled
 */
public record Retries(int attempts, Duration first, Duration longest, Duration parked) {
    public static final Retries DEFAULT =
            new Retries(8, Duration.ofSeconds(1), Duration.ofMinutes(5), Duration.ofSeconds(10));

    /** Whether nobody is to wait for this moment with a lease in his hands. */
    boolean tooLong(Instant now, Instant until) {
        return until.isAfter(now.plus(parked));
    }

    /**
     * @param failures failed requests in a row so far, at least 1
     * @param asked null, or what the server asked to wait
     */
    Duration after(int failures, Duration asked, RandomGenerator random) {
        long ceiling = first.toMillis() << Math.min(failures - 1, 20);
        long millis = ceiling / 2 + (long) (random.nextDouble() * ceiling);
        if (asked != null) millis = Math.max(millis, asked.toMillis());
        return Duration.ofMillis(Math.min(millis, longest.toMillis()));
    }
}
