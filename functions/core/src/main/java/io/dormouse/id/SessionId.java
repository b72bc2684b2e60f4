package io.dormouse.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Optional;

/** {@code sesn_…}: a session. */
public record SessionId(@JsonValue String text) {
    @JsonCreator
    public SessionId {
        if (!valid(text)) throw new IllegalArgumentException("not a session id");
    }

    /** Empty when the text cannot be a session's id, so that no store is asked for it. */
    public static Optional<SessionId> parse(String text) {
        return valid(text) ? Optional.of(new SessionId(text)) : Optional.empty();
    }

    /** The thread that every session has. Its id follows from the session's, so that no look-up is needed. */
    public ThreadId primaryThread() {
        return new ThreadId("sthr_" + text.substring(5));
    }

    private static boolean valid(String text) {
        return text != null && text.startsWith("sesn_") && text.length() <= 64 && Base58.isText(text.substring(5));
    }

    @Override
    public String toString() {
        return text;
    }
}
