package io.dormouse.hands;

import java.util.Optional;

/** Makes, finds and ends hands. */
public interface HandProvider {
    /**
     * The hand with this id: found if it lives, started if not, with the workspace it had before. Safe to call twice, and
     * from two processes: there is never a second living hand of one id.
     */
    Provided provide(HandId id);

    /** The hand with this id if it lives. Starts nothing. */
    Optional<Hand> find(HandId id);

    /** Ends the hand and forgets its workspace. Nothing happens if there is none. */
    void discard(HandId id);

    sealed interface Provided {
        /** @param fresh whether it was started by this call */
        record Ready(Hand hand, boolean fresh) implements Provided {}

        record Unavailable(String reason) implements Provided {}
    }
}
