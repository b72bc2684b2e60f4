package io.dormouse.testkit.protocol;

import io.dormouse.head.Head;
import io.dormouse.session.Fact;
import io.dormouse.session.Step;
import java.util.List;

/**
 * A harness process, between two of its calls.
 *
 * @param head as it knows it; null when it does nothing
 * @param position how far it has read the log; 0 before it has
 * @param outcome what its last piece of work came to, not told yet
 * @param step what it does outside of the log; null unless it acts
 */
record Owner(Doing doing, Head head, long position, List<Fact> outcome, Step step) {
    enum Doing {
        NOTHING,
        CLAIMING,
        READING,
        TELLING,
        ACTING
    }

    static final Owner IDLE = new Owner(Doing.NOTHING, null, 0, List.of(), null);

    long epoch() {
        return head.lease().epoch();
    }

    /** From when it has read the log until it is done. */
    boolean beats() {
        return switch (doing) {
            case NOTHING, CLAIMING, READING -> false;
            case TELLING, ACTING -> true;
        };
    }

    Owner at(long newPosition) {
        return new Owner(doing, head, newPosition, outcome, step);
    }

    Owner reading() {
        return new Owner(Doing.READING, head, 0, List.of(), null);
    }

    Owner knowing(Head newHead) {
        return new Owner(doing, newHead, position, outcome, step);
    }

    Owner telling(long newPosition, List<Fact> newOutcome) {
        return new Owner(Doing.TELLING, head, newPosition, newOutcome, null);
    }

    Owner acting(long newPosition, Step newStep) {
        return new Owner(Doing.ACTING, head, newPosition, List.of(), newStep);
    }
}
