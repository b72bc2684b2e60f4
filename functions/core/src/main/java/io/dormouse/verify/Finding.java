package io.dormouse.verify;

/**
 * A rule that a log breaks.
 *
 * @param position of the entry where it shows; 0 for what is wrong before the first entry; for what only its end shows, the
 *     position of the last entry
 * @param message what is wrong, in words
 */
public record Finding(long position, Rule rule, String message) {}
