package io.dormouse.local.e2e;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Waits for a condition and fails at a deadline that a healthy system never comes near to: also not on a processor that gives
 * us a quarter of its time, beside retries that the product itself spreads over minutes. {@code -De2e.patience.seconds=30}
 * brings a failure sooner.
 */
final class Eventually {
    static final Duration PATIENCE = Duration.ofSeconds(Long.getLong("e2e.patience.seconds", 300));

    private Eventually() {}

    static void until(String what, BooleanSupplier condition) {
        value(what, () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty());
    }

    static <T> T value(String what, Supplier<Optional<T>> source) {
        long giveUp = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Optional<T> found = source.get();
            if (found.isPresent()) return found.get();
            if (System.nanoTime() > giveUp)
                throw new AssertionError("did not happen in " + PATIENCE.toSeconds() + " s: " + what);
            try {
                TimeUnit.MILLISECONDS.sleep(20);
            } catch (InterruptedException e) {
                throw new AssertionError("interrupted while waiting: " + what, e);
            }
        }
    }
}
