package io.dormouse.session;

import io.dormouse.id.EventId;
import java.time.Instant;

/**
 * What a decision needs from outside. Values, so that deciding stays pure.
 *
 * @param nonce of the entry that will tell it
 * @param contextLimit tokens of a prompt above which the history is to be summarised first
 */
public record Stamp(Instant now, String nonce, long contextLimit) {
    /** Content blocks of a reply have the indexes below this, events without an index of their own those from here on. */
    public static final int FIRST_DERIVED = 1000;

    private static final int REQUEST = 3300;

    /** With all the room in the world. */
    public Stamp(Instant now, String nonce) {
        this(now, nonce, Long.MAX_VALUE);
    }

    /** The id of the model request that this entry opens: there is one at most. */
    EventId request() {
        return EventId.of(nonce, REQUEST);
    }
}
