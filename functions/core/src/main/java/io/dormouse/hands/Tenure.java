package io.dormouse.hands;

import io.dormouse.id.SessionId;

/**
 * One owner's time with a thread, as far as hands are concerned.
 *
 * @param epoch of its lease: who has a higher one has come later, and whoever has a lower one is to keep his hands off
 */
public record Tenure(SessionId session, long epoch) {}
