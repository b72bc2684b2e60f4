package io.dormouse.sandbox.files;

import java.time.Duration;

/**
 * When a walk or a search has to end. Regular expressions can take for ever on a short text, and look at nothing but
 * the characters they match; so {@link #text} makes each look at a character a look at the clock too.
 */
final class Deadline {

    /** Out of time, or interrupted: the only way out of the middle of a regular expression or a walk. */
    static final class Passed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Passed() {
            super("out of time", null, false, false);
        }
    }

    private final long atNanos;

    private Deadline(long atNanos) {
        this.atNanos = atNanos;
    }

    static Deadline in(Duration time) {
        return new Deadline(System.nanoTime() + time.toNanos());
    }

    boolean passed() {
        return System.nanoTime() - atNanos > 0 || Thread.currentThread().isInterrupted();
    }

    void check() {
        if (passed()) {
            throw new Passed();
        }
    }

    /** The same characters; reading them throws {@link Passed} once it is time. */
    CharSequence text(CharSequence characters) {
        return new Timed(characters);
    }

    private final class Timed implements CharSequence {
        private final CharSequence characters;
        private int looks;

        Timed(CharSequence characters) {
            this.characters = characters;
        }

        @Override
        public int length() {
            return characters.length();
        }

        @Override
        public char charAt(int index) {
            if ((++looks & 0xFFF) == 0) {
                check();
            }
            return characters.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return characters.subSequence(start, end);
        }

        @Override
        public String toString() {
            return characters.toString();
        }
    }
}
