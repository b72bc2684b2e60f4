package io.dormouse.wake;

import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.ThreadId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The wakes for certainty: from the table's stream and by the sweep. Neither works on a thread, since a turn would hold up
 * a shard, or the threads behind it: each has the harness invoked once more.
 */
final class Rounds {
    private static final System.Logger LOG = System.getLogger("io.dormouse.wake");
    private static final int SWEPT = 1000;
    /** Whoever owes for so long, although it was swept many times, is stuck. */
    static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Heads heads;
    private final Consumer<ThreadId> invoke;
    private final InstantSource clock;

    /** @param invoke has the harness look at a thread, for sure, or throws */
    Rounds(Heads heads, Consumer<ThreadId> invoke, InstantSource clock) {
        this.heads = heads;
        this.invoke = invoke;
        this.clock = clock;
    }

    /** @return the sequence numbers of those that are to be handed in again */
    List<String> follow(List<Event.Change> changes) {
        List<String> failed = new ArrayList<>();
        for (Event.Change change : changes) {
            try {
                change.ready().filter(this::waits).ifPresent(invoke);
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.WARNING, "no wake for " + change, e);
                failed.add(change.sequenceNumber());
            }
        }
        return failed;
    }

    /** Mostly the wake for speed has come first. */
    private boolean waits(ThreadId thread) {
        Instant now = clock.instant();
        Optional<Head> head = heads.read(thread);
        return head.flatMap(Head::owedAt).filter(at -> !at.isAfter(now)).isPresent();
    }

    /** @return how many threads are stuck */
    int sweep() {
        Instant now = clock.instant();
        List<ThreadId> owing = heads.owing(now, SWEPT);
        owing.forEach(this::tryToWake);
        return owing.isEmpty() ? 0 : heads.owing(now.minus(PATIENCE), SWEPT).size();
    }

    private void tryToWake(ThreadId thread) {
        try {
            invoke.accept(thread);
        } catch (RuntimeException e) {
            // The next sweep finds it again.
            LOG.log(System.Logger.Level.WARNING, "no wake for " + thread, e);
        }
    }
}
