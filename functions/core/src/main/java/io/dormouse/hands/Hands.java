package io.dormouse.hands;

import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.outbound.Outbound;
import io.dormouse.pace.Pace;
import java.util.List;

/** The hands of all threads. */
public final class Hands {
    private final HandProvider provider;
    private final Pace pace;
    private final Shelf shelf;
    private final Outbound outbound;
    private final Recipes recipes;

    /** Hands without a network and without files. */
    public Hands(HandProvider provider, Pace pace) {
        this(provider, pace, Shelf.NONE);
    }

    /** Hands without a network. */
    public Hands(HandProvider provider, Pace pace, Shelf shelf) {
        this(provider, pace, shelf, null, (workspace, session) -> Recipe.EMPTY);
    }

    /** @param outbound where requests of the hands' programs go; null for nowhere */
    public Hands(HandProvider provider, Pace pace, Shelf shelf, Outbound outbound, Recipes recipes) {
        this.provider = provider;
        this.pace = pace;
        this.shelf = shelf;
        this.outbound = outbound;
        this.recipes = recipes;
    }

    /**
     * @param attached whether a hand was started for these calls
     * @param problem null, or what a fresh hand could not be given
     * @param results one for each call, in their order
     */
    public record Done(HandId hand, boolean attached, String problem, List<HandResult> results) {}

    /** For one owner's time with a thread. @param epoch of its lease */
    public Reach reach(WorkspaceId workspace, SessionId session, ThreadId thread, long epoch) {
        Reach.Holder holder = new Reach.Holder(workspace, session, thread, epoch);
        return new Reach(provider, pace, shelf, outbound, () -> recipes.of(workspace, session), holder);
    }

    /** Ends the hand of a thread that is gone, with its workspace. */
    public void discard(ThreadId thread) {
        provider.discard(HandId.of(thread));
        shelf.forget(thread);
    }
}
