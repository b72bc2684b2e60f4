package io.dormouse.testkit.sim;

import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.ThreadId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The heads as one process sees them. */
final class FaultyHeads implements Heads {
    private final Simulation sim;

    FaultyHeads(Simulation sim) {
        this.sim = sim;
    }

    @Override
    public Optional<Head> read(ThreadId thread) {
        return alone(() -> sim.calls.read("reads the head of " + thread, () -> seen(sim.heads.read(thread))));
    }

    private Optional<Head> seen(Optional<Head> stored) {
        return sim.bug == Bug.MAIL_COMES_REVERSED
                ? stored.map(h -> Planted.copy(h, h.version(), h.mail().reversed()))
                : stored;
    }

    @Override
    public boolean create(Head head) {
        throw new UnsupportedOperationException("sessions are there before the simulation begins");
    }

    @Override
    public Swapped swap(Head before, Head after) {
        return alone(() -> sim.calls.write(
                "swaps the head from " + before.version() + " to " + after.lease() + " "
                        + after.snapshot().phase(),
                () -> swapNow(before, after)));
    }

    private Swapped swapNow(Head before, Head after) {
        Head stored = sim.heads.read(before.thread()).orElseThrow();
        boolean changed = stored.version() != before.version();
        boolean overwrites = changed
                && switch (sim.bug) {
                    case SWAP_WITHOUT_VERSION -> true;
                    case SETTLE_WITH_MAIL ->
                        !after.lease().held()
                                && before.lease().held()
                                && stored.lease().epoch() == after.lease().epoch()
                                && after.lease().epoch() == before.lease().epoch();
                    default -> false;
                };
        if (overwrites) sim.heads.swap(stored, Planted.copy(after, stored.version() + 1, after.mail()));
        Swapped swapped = overwrites ? new Swapped.Done() : sim.heads.swap(before, after);
        if (swapped instanceof Swapped.Done) sim.checks.swapped(stored, after);
        return swapped;
    }

    @Override
    public List<ThreadId> owing(Instant by, int limit) {
        return sim.calls.read("looks who owes", () -> {
            if (sim.bug == Bug.INDEX_KNOWS_LEASES_ONLY)
                return sim.heads.owing(by, limit).stream()
                        .filter(thread ->
                                sim.heads.read(thread).orElseThrow().lease().held())
                        .toList();
            return sim.heads.owing(by, limit);
        });
    }

    /** The harness swaps under a monitor: while this call lasts nobody of its crew may come near. */
    private <T> T alone(Supplier<T> call) {
        Schedule.Actor me = sim.schedule.me();
        if (me.crew() == null) return call.get();
        me.crew().atHead(me);
        try {
            return call.get();
        } finally {
            me.crew().atHead(null);
        }
    }
}
