package io.dormouse.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** {@code sevt_…}: a public event. Made from the nonce of the log entry that tells it and its place in there. */
public record EventId(@JsonValue String text) {
    @JsonCreator
    public EventId {
        if (text == null || text.isEmpty()) throw new IllegalArgumentException("an event id is not empty");
    }

    /** The id of the {@code index}-th event (below 3364) of the entry with this nonce. */
    public static EventId of(String nonce, int index) {
        return new EventId("sevt_" + nonce + Base58.of2(index));
    }

    @Override
    public String toString() {
        return text;
    }
}
