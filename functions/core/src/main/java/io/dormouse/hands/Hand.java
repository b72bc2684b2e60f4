package io.dormouse.hands;

import io.dormouse.outbound.Outbound;
import io.dormouse.pace.Cancellation;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** One sandbox that is ready. */
public interface Hand {
    /**
     * Runs the call, or takes up its result if this hand was asked before with the same id. Returns when it is done,
     * however long that takes. A requested cancellation ends the work within a second or two, and this returns.
     */
    HandResult execute(HandCall call, Cancellation cancellation);

    /**
     * Lets the hand's programs out until closed: each of their HTTP requests goes to {@code way}, many at a time, on threads
     * of their own. A hand without a line for that has no network.
     *
     * @param epoch whoever attaches with a higher one shuts out those with a lower one
     */
    default Attached attach(Function<Outbound.Request, Outbound.Response> way, long epoch) {
        return Attached.NOTHING;
    }

    /**
     * Gives a hand that is new, or was started again, what it is to have; does nothing for another. Attach first: packages
     * come by the same way out.
     *
     * @return what could not be done, in words for the model; the hand works all the same
     */
    default Optional<String> prepare(Supplier<Recipe> recipe, Cancellation cancellation) {
        return Optional.empty();
    }

    /** Empty when files can neither be put into this hand nor taken from it. */
    default Optional<HandFiles> files() {
        return Optional.empty();
    }

    /** Empty when this hand cannot be stopped and come back elsewhere. */
    default Optional<Workspace> workspace() {
        return Optional.empty();
    }

    interface Attached extends AutoCloseable {
        Attached NOTHING = () -> {};

        /** Cuts what is under way, and returns when it has come to its end, a few seconds at most. */
        @Override
        void close();
    }
}
