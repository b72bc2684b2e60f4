package io.dormouse.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Optional;

/** {@code sthr_…}: a thread of a session: one log, one head. */
public record ThreadId(@JsonValue String text) {
    @JsonCreator
    public ThreadId {
        if (!valid(text)) throw new IllegalArgumentException("not a thread id");
    }

    /** Empty when the text cannot be a thread's id. */
    public static Optional<ThreadId> parse(String text) {
        return valid(text) ? Optional.of(new ThreadId(text)) : Optional.empty();
    }

    /** The part that a primary thread shares with its session and with its hand. */
    public String suffix() {
        return text.substring(5);
    }

    private static boolean valid(String text) {
        return text != null && text.startsWith("sthr_") && text.length() <= 64 && Base58.isText(text.substring(5));
    }

    @Override
    public String toString() {
        return text;
    }
}
