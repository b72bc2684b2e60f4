package io.dormouse.hands;

import io.dormouse.id.ThreadId;
import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** The hand of a thread, provisioned when the first call needs it. */
public final class Hands {
    private final HandProvider provider;
    private final Pace pace;

    public Hands(HandProvider provider, Pace pace) {
        this.provider = provider;
        this.pace = pace;
    }

    /**
     * @param attached whether a hand was started for these calls
     * @param results one for each call, in their order
     */
    public record Done(HandId hand, boolean attached, List<HandResult> results) {}

    /** Runs the calls side by side. Returns when all are done. Whatever goes wrong is a result. */
    public Done use(ThreadId thread, List<HandCall> calls, Cancellation cancellation) {
        HandId id = HandId.of(thread);
        return switch (cancellation.requested() ? living(id) : provide(id)) {
            case HandProvider.Provided.Unavailable unavailable -> {
                List<HandResult> failed = new ArrayList<>();
                for (HandCall call : calls)
                    failed.add(new HandResult.Failed("No sandbox could be started: " + unavailable.reason()));
                yield new Done(id, false, failed);
            }
            case HandProvider.Provided.Ready ready -> {
                List<Callable<HandResult>> tasks = new ArrayList<>();
                for (HandCall call : calls) tasks.add(() -> execute(ready.hand(), call, cancellation));
                yield new Done(id, ready.fresh(), pace.all(tasks));
            }
        };
    }

    /** For calls that are to be stopped: where no hand lives, none of them runs. */
    private HandProvider.Provided living(HandId id) {
        return provider.find(id)
                .<HandProvider.Provided>map(hand -> new HandProvider.Provided.Ready(hand, false))
                .orElse(new HandProvider.Provided.Unavailable("interrupted before it began"));
    }

    private HandProvider.Provided provide(HandId id) {
        try {
            return provider.provide(id);
        } catch (RuntimeException e) {
            return new HandProvider.Provided.Unavailable(e.toString());
        }
    }

    private static HandResult execute(Hand hand, HandCall call, Cancellation cancellation) {
        try {
            return hand.execute(call, cancellation);
        } catch (RuntimeException e) {
            // A hand that breaks its contract must not take the session with it.
            return new HandResult.Lost(e.toString());
        }
    }

    /** Ends the hand of a thread that is gone, with its workspace. */
    public void discard(ThreadId thread) {
        provider.discard(HandId.of(thread));
    }
}
