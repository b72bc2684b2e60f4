package io.dormouse.hands;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.dormouse.id.ThreadId;
import java.util.Optional;

/** A hand. Its id follows from its thread's, so that a harness that starts afresh looks for the same one. */
public record HandId(@JsonValue String text) {
    @JsonCreator
    public HandId {}

    /** Of a thread's hand; empty when the text cannot be such an id. */
    public static Optional<HandId> parse(String text) {
        return text.startsWith("hand_")
                ? ThreadId.parse("sthr_" + text.substring("hand_".length())).map(HandId::of)
                : Optional.empty();
    }

    public static HandId of(ThreadId thread) {
        return new HandId("hand_" + thread.suffix());
    }

    /** Of an id that was made from a thread's. */
    public ThreadId thread() {
        return new ThreadId("sthr_" + text.substring("hand_".length()));
    }

    @Override
    public String toString() {
        return text;
    }
}
