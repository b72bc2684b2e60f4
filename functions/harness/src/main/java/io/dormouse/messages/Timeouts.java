package io.dormouse.messages;

import java.time.Duration;

/**
 * How long a request may take.
 *
 * @param connect until the connection stands
 * @param firstByte from sending until the answer's headers
 * @param idle between bytes of the answer; a ping is bytes too
 * @param whole all in all: a stream of nothing but pings must end as well
 */
public record Timeouts(Duration connect, Duration firstByte, Duration idle, Duration whole) {
    public static final Timeouts DEFAULT = new Timeouts(
            Duration.ofSeconds(10), Duration.ofSeconds(600), Duration.ofSeconds(120), Duration.ofMinutes(60));
}
