package io.dormouse.id;

import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * Makes identifiers of 128 bits: 48 bits of milliseconds, then 80 random bits, as 22 characters of base 58. They sort by
 * the time they were made. Thread-safe when the generator is.
 */
public final class Ids {
    private final InstantSource clock;
    private final RandomGenerator random;

    public Ids(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    /** 22 characters, unique, sorting by time. */
    public String next() {
        long high = (clock.millis() << 16) | (random.nextLong() & 0xffff);
        return Base58.of128(high, random.nextLong());
    }

    /** An id of a kind that has no type of its own, for example {@code next("agent_")}. */
    public String next(String prefix) {
        return prefix + next();
    }

    public SessionId session() {
        return new SessionId("sesn_" + next());
    }

    /** An id for an event that a client sent. */
    public EventId event() {
        return EventId.of(next(), 0);
    }
}
