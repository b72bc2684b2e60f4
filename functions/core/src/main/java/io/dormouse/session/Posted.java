package io.dormouse.session;

import java.time.Instant;

/**
 * An input that was accepted: durable in the mailbox, and later in the log.
 *
 * @param seq its number among all inputs of the thread, from 1
 * @param at when it was accepted
 */
public record Posted(long seq, Instant at, Input input) {}
