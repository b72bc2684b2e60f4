package io.dormouse.hands;

import io.dormouse.id.ThreadId;

/** A hand. Its id follows from its thread's, so that a harness that starts afresh looks for the same one. */
public record HandId(String text) {
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
