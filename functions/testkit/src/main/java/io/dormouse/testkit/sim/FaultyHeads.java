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
        return alone(() -> sim.calls.read(
                "reads the head of " + thread, () -> sim.heads.read(thread).map(head -> Planted.read(sim.bug, head))));
    }

    @Override
    public boolean create(Head head) {
        throw new UnsupportedOperationException("sessions are there before the simulation begins");
    }

    @Override
    public Swapped swap(Head before, Head after) {
        long asked = sim.schedule.now();
        Swapped swapped = alone(() -> sim.calls.write(
                "swaps the head from " + before.version() + " to epoch "
                        + after.lease().epoch() + " of " + after.lease().owner() + ", "
                        + after.snapshot().phase(),
                () -> swapNow(before, after)));
        Crew crew = sim.schedule.me().crew();
        boolean claims =
                after.lease().held() && after.lease().epoch() > before.lease().epoch();
        if (crew != null && swapped instanceof Swapped.Done) {
            crew.beaten(asked);
            if (claims) crew.claimed(after.lease().epoch());
        }
        return swapped;
    }

    private Swapped swapNow(Head before, Head after) {
        Head stored = sim.heads.read(before.thread()).orElseThrow();
        if (Planted.overwrites(sim.bug, stored, before, after))
            return done(stored, Planted.copy(after, stored.version() + 1, after.mail()));
        if (stored.version() != before.version()) {
            boolean owner = sim.schedule.me().crew() != null;
            return new Swapped.Changed(owner ? Planted.changed(sim.bug, stored) : stored);
        }
        return done(stored, Planted.stored(sim.bug, stored, after));
    }

    private Swapped done(Head stored, Head after) {
        Swapped swapped = sim.heads.swap(stored, after);
        sim.checks.swapped(stored, after);
        return swapped;
    }

    @Override
    public List<ThreadId> owing(Instant by, int limit) {
        return sim.calls.read("looks who owes", () -> {
            List<ThreadId> owing = sim.heads.owing(by, limit);
            return switch (sim.bug) {
                case INDEX_KNOWS_LEASES_ONLY ->
                    owing.stream().filter(thread -> head(thread).lease().held()).toList();
                case INDEX_FORGETS_PARKED ->
                    owing.stream()
                            .filter(thread -> head(thread).snapshot().dueAt() == null)
                            .toList();
                default -> owing;
            };
        });
    }

    private Head head(ThreadId thread) {
        return sim.heads.read(thread).orElseThrow();
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
