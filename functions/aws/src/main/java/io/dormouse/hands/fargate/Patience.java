package io.dormouse.hands.fargate;

import java.time.Duration;

/**
 * How long is waited for what.
 *
 * @param start from the first request until a task runs, over all owners
 * @param capacity for a machine, by one owner; the model may try again later
 * @param answer from a running task until its supervisor answers
 * @param silence of a supervisor that has answered before
 * @param look between two looks at a task
 */
public record Patience(Duration start, Duration capacity, Duration answer, Duration silence, Duration look) {
    /** Half of the tasks run after 24 s, nearly all after 28 s; one that cannot pull its image says so after five minutes. */
    public static final Patience USUAL = new Patience(
            Duration.ofMinutes(6),
            Duration.ofMinutes(1),
            Duration.ofSeconds(45),
            Duration.ofSeconds(10),
            Duration.ofSeconds(1));
}
