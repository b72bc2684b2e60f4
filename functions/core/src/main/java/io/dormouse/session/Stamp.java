package io.dormouse.session;

import io.dormouse.id.EventId;
import java.time.Instant;

/** What a fact needs from outside: the time, and the nonce of the entry that will tell it. Values, so that deciding stays pure. */
public record Stamp(Instant now, String nonce) {
    /** Content blocks of a reply have the indexes below this, events without an index of their own those from here on. */
    public static final int FIRST_DERIVED = 1000;

    private static final int REQUEST = 3300;

    /** The id of the model request that this entry opens: there is one at most. */
    EventId request() {
        return EventId.of(nonce, REQUEST);
    }
}
