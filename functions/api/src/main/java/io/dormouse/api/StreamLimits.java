package io.dormouse.api;

import java.time.Duration;

/**
 * When a stream of events ends though more may come, as it must where its time is billed and nobody tells that the client has
 * gone (Lambda). Nothing is lost by it: a client that wants more comes back with {@code Last-Event-ID}.
 *
 * @param life of a stream, whatever happens; it is looked at with every heartbeat
 * @param rest without an event, while the session is idle and waits for no answer
 */
public record StreamLimits(Duration life, Duration rest) {
    private static final Duration EVER = Duration.ofSeconds(Long.MAX_VALUE);

    /** Until the client goes. */
    public static final StreamLimits NONE = new StreamLimits(EVER, EVER);

    /** How often to look: a rest is over late by a quarter at most. */
    Duration pulse(Duration most) {
        Duration quarter = rest.dividedBy(4);
        return quarter.compareTo(most) < 0 ? quarter : most;
    }
}
