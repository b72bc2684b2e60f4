package io.dormouse.session;

import io.dormouse.id.EventId;
import java.time.Instant;

/**
 * What a decision needs from outside. Values, so that deciding stays pure.
 *
 * @param nonce of the entry that will tell it
 * @param contextLimit tokens of a prompt above which the history is to be summarised first
 * @param tariff what the model costs at most; null when nobody knows. Only asked for where there is a budget
 * @param begins false for who is about to hand over: a request may be told, but money is set aside for it by who makes it
 */
public record Stamp(Instant now, String nonce, long contextLimit, Tariff tariff, boolean begins) {
    /** Content blocks of a reply have the indexes below this, events without an index of their own those from here on. */
    public static final int FIRST_DERIVED = 1000;

    private static final int REQUEST = 3300;

    /** With all the room in the world. */
    public Stamp(Instant now, String nonce) {
        this(now, nonce, Long.MAX_VALUE);
    }

    /** Where money is no matter. */
    public Stamp(Instant now, String nonce, long contextLimit) {
        this(now, nonce, contextLimit, Tariff.FREE, true);
    }

    /** The id of the model request that this entry opens: there is one at most. */
    EventId request() {
        return EventId.of(nonce, REQUEST);
    }
}
