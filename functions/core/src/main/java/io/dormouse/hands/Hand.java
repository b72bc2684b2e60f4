package io.dormouse.hands;

import io.dormouse.pace.Cancellation;
import java.util.Optional;

/** One sandbox that is ready. */
public interface Hand {
    /**
     * Runs the call, or takes up its result if this hand was asked before with the same id. Returns when it is done,
     * however long that takes. A requested cancellation ends the work within a second or two, and this returns.
     */
    HandResult execute(HandCall call, Cancellation cancellation);

    /** Empty when files can neither be put into this hand nor taken from it. */
    default Optional<HandFiles> files() {
        return Optional.empty();
    }
}
