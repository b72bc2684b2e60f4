package io.dormouse.testkit.ecs;

import java.time.Duration;

/** What becomes of a task that was accepted. */
public sealed interface Fate {
    /** Its process starts after so long. */
    record Runs(Duration after) implements Fate {}

    /** It stays PENDING. */
    record Waits() implements Fate {}

    /** It never has a machine. */
    record NoCapacity() implements Fate {}

    /** The image cannot be pulled. */
    record NoImage() implements Fate {}

    /** Its process ends as soon as it has begun. */
    record Exits(int code) implements Fate {}

    /** It is RUNNING, and nothing listens at its address. */
    record Deaf() implements Fate {}

    Fate USUAL = new Runs(Duration.ofMillis(100));
}
