package io.dormouse.hands;

import io.dormouse.pace.Cancellation;
import java.util.Optional;

/** Makes, finds and ends hands. */
public interface HandProvider {
    /**
     * The hand with this id: found if it lives, started if not, with the workspace it had before. Safe to call twice, and
     * from two processes: there is never a second living hand of one id. Takes as long as a start does, up to minutes.
     *
     * @param tenure whose call it is: one of an earlier owner neither gets nor changes what a later one has
     * @param cancellation ends the wait within a second or two. What was begun goes on, for whoever asks next.
     */
    Provided provide(HandId id, Tenure tenure, Cancellation cancellation);

    /** The note that came with the hand is in the log: until then everybody who asks gets it. Throws what the store throws. */
    default void told(HandId id, Tenure tenure) {}

    /** The hand with this id if it lives. Starts nothing. */
    Optional<Hand> find(HandId id);

    /** Ends the hand and forgets its workspace. Nothing happens if there is none. */
    void discard(HandId id);

    /** Whether what a hand had in its folders is there again when it is started anew after it died. */
    default boolean keepsFiles() {
        return true;
    }

    sealed interface Provided {
        /**
         * @param fresh whether it was started by this call
         * @param note null, or what is lost of an earlier hand with this id, in words for the model; to a client it is an error
         */
        record Ready(Hand hand, boolean fresh, String note) implements Provided {
            public Ready(Hand hand, boolean fresh) {
                this(hand, fresh, null);
            }
        }

        record Unavailable(String reason) implements Provided {}
    }
}
