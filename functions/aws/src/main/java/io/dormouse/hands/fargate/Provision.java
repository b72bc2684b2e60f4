package io.dormouse.hands.fargate;

import io.dormouse.hands.Hand;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider.Provided;
import io.dormouse.hands.Tenure;
import io.dormouse.hands.fargate.HandRecord.Checkpoint;
import io.dormouse.hands.fargate.HandRecord.Intent;
import io.dormouse.hands.fargate.HandRecord.Phase;
import io.dormouse.hands.fargate.HandRecords.Swapped;
import io.dormouse.hands.fargate.Place.Stage;
import io.dormouse.hands.fargate.Tasks.Ran;
import io.dormouse.hands.fargate.Tasks.Seen;
import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;

/**
 * One owner's way to a hand that answers. Each round looks at the record and does what its phase asks for, until the hand
 * answers or nothing more is to be done. What stands in the record is done by whoever comes next, too; a task is stopped only
 * after the record has let go of it, so that of two owners the later one keeps what it has.
 */
final class Provision {
    private static final int MOST_RESTORES = 3;
    private static final String ANOTHER_OWNER = "another owner works on this session";

    private final HandId hand;
    private final Tenure tenure;
    private final Cancellation cancellation;
    private final Fleet fleet;
    private final HandRecords records;
    private final Tasks tasks;
    private final Pace pace;
    private final Patience patience;
    private final Instant began;

    private HandRecord record;
    /** Since when the task was seen to run; null before that. */
    private Instant running;
    /** Whether a spare came to nothing here: then a task is asked for, whatever the pool has. */
    private boolean spareFailed;

    private int restores;

    private Provided outcome;

    /** What all provisions share. @param intents makes what was never asked before, for an epoch */
    record Fleet(
            HandRecords records,
            Tasks tasks,
            Pool pool,
            Checkpoints checkpoints,
            Pace pace,
            Patience patience,
            LongFunction<Intent> intents,
            Dial dial) {}

    /** The way to a task's supervisor. */
    interface Dial {
        boolean answers(Intent intent, String host);

        Hand hand(Phase.Reached reached);
    }

    Provision(HandId hand, Tenure tenure, Cancellation cancellation, Fleet fleet) {
        this.hand = hand;
        this.tenure = tenure;
        this.cancellation = cancellation;
        this.fleet = fleet;
        this.records = fleet.records();
        this.tasks = fleet.tasks();
        this.pace = fleet.pace();
        this.patience = fleet.patience();
        this.began = pace.now();
    }

    Provided run() {
        record = records.read(hand).orElse(null);
        while (outcome == null) {
            if (cancellation.requested()) return new Provided.Unavailable("interrupted while it was starting");
            if (record == null) ask(null);
            else if (record.epoch() > tenure.epoch()) return new Provided.Unavailable(ANOTHER_OWNER);
            else
                switch (record.phase()) {
                    case Phase.None none -> ask(record.lost());
                    case Phase.Asked asked -> start(asked.intent());
                    case Phase.Started started -> watch(started);
                    case Phase.Reached reached -> use(reached);
                    case Phase.Saving saving -> phase(saving.reached());
                }
        }
        return outcome;
    }

    // ---- the record

    /**
     * Begins anew: with a spare of the pool, or by asking for a task. Whether it was us. If not, the next round looks at what is
     * there instead, and a spare that was claimed for it is of no use any more.
     */
    private boolean ask(String lost) {
        running = null;
        Optional<Stage.Ready> spare =
                spareFailed ? Optional.empty() : fleet.pool().claim(hand, tenure);
        Intent fresh = fleet.intents().apply(tenure.epoch());
        Phase phase = spare.<Phase>map(s -> new Phase.Started(s.intent().from(fresh), s.task()))
                .orElseGet(() -> new Phase.Asked(fresh));
        HandRecord first = HandRecord.first(hand, tenure, phase);
        boolean ours =
                record == null ? settled(records.create(first), first) : swap(record.next(tenure.epoch(), phase, lost));
        if (spare.isPresent() && !ours) fleet.pool().drop(spare.get().task());
        if (spare.isPresent() && ours) greet((Phase.Started) phase, spare.get().host());
        return ours;
    }

    /** Whether it was us. If not, the next round looks at what is there instead. */
    private boolean swap(HandRecord after) {
        return settled(records.swap(record, after), after);
    }

    private boolean settled(Swapped swapped, HandRecord after) {
        switch (swapped) {
            case Swapped.Done d -> {
                record = after;
                return true;
            }
            case Swapped.Changed changed -> {
                record = changed.current().orElse(null);
                return false;
            }
        }
    }

    private void phase(Phase after) {
        swap(record.next(tenure.epoch(), after));
    }

    /** Lets go of what was asked for. @param task to be stopped; null when there is none, or none that is known */
    private void giveUp(String task, String why) {
        if (record.phase() instanceof Phase.Started spare
                && fleet.pool().lent(spare.intent().token())) {
            // Nobody asked for this very task: it is dropped, and nobody hears of it.
            spareFailed = true;
            if (ask(record.lost())) fleet.pool().drop(spare.task());
            return;
        }
        if (!swap(record.next(tenure.epoch(), new Phase.None()))) return;
        if (task != null) tasks.stop(task, "it did not become a hand");
        outcome = new Provided.Unavailable(why);
    }

    private void pause(Duration duration) {
        pace.pause(duration, cancellation);
    }

    private boolean over(Instant since, Duration most) {
        return pace.now().isAfter(since.plus(most));
    }

    // ---- the phases

    private void start(Intent intent) {
        // If a task comes of it after all, it is nobody's, and the sweep's.
        if (began.isAfter(intent.at().plus(patience.start()))) {
            // Somebody left it long ago, and nobody has tried since.
            ask(record.lost());
            return;
        }
        // Also where nobody knows.
        if (over(intent.at(), patience.start())) {
            giveUp(null, "it did not start within " + patience.start().toSeconds() + " s");
            return;
        }
        switch (tasks.run(intent, hand, record.session())) {
            case Ran.Started(String task) -> phase(new Phase.Started(intent, task));
            case Ran.Refused(String why, boolean later) -> again(null, why, later);
            case Ran.Unknown unknown -> pause(patience.look());
        }
    }

    /** After a definite no: with another token, since a token may be answered as it was the first time. */
    private void again(String task, String why, boolean later) {
        if (!later || over(began, patience.capacity())) giveUp(task, why);
        else {
            pause(patience.look().multipliedBy(2));
            if (!cancellation.requested()) ask(record.lost());
        }
    }

    private void watch(Phase.Started started) {
        Intent intent = started.intent();
        switch (tasks.see(started.task())) {
            case Seen.Running(String host) -> greet(started, host);
            case Seen.Ended(String why, boolean scarce) ->
                again(null, "it ended before it could be used: " + why, scarce);
            case Seen.Missing m when over(intent.at(), patience.answer()) -> again(null, "it ended at once", false);
            case Seen.Missing m -> pause(patience.look());
            case Seen.Coming c -> waitFor(started);
            case Seen.Unknown u -> waitFor(started);
        }
    }

    private void waitFor(Phase.Started started) {
        if (over(started.intent().at(), patience.start()))
            giveUp(started.task(), "it did not start within " + patience.start().toSeconds() + " s");
        else pause(patience.look());
    }

    private void greet(Phase.Started started, String host) {
        if (!fleet.dial().answers(started.intent(), host)) {
            // It may have ended: the next round looks at it again.
            if (running == null) running = pace.now();
            if (over(running, patience.answer())) giveUp(started.task(), "it runs and does not answer");
            else pause(patience.look());
            return;
        }
        Phase.Reached reached = new Phase.Reached(started.intent(), started.task(), host);
        Hand ready = fleet.dial().hand(reached);
        String lost = record.lost();
        if (record.checkpoint() == null) {
            reached(reached, ready, null, lost == null ? null : Notes.lost(lost));
            return;
        }
        // Should this owner die before the record says so, the next one finds it restored, or new.
        switch (fleet.checkpoints().restore(record.checkpoint(), ready, cancellation)) {
            case Checkpoints.Restored.Done(String problem) ->
                reached(reached, ready, record.checkpoint(), Notes.restored(lost, record.checkpoint(), problem));
            case Checkpoints.Restored.Lost(String why) ->
                reached(reached, ready, null, Notes.lost(lost == null ? why : lost + "; " + why));
            case Checkpoints.Restored.Failed(String why) -> {
                if (++restores == MOST_RESTORES) outcome = new Provided.Unavailable(why);
                else pause(patience.look());
            }
        }
    }

    /** @param kept null when there is nothing that a later task could be given */
    private void reached(Phase.Reached reached, Hand ready, Checkpoint kept, String note) {
        String all = Notes.together(record.note(), note);
        if (swap(record.next(tenure.epoch(), reached, null, kept).noting(all)))
            outcome = new Provided.Ready(ready, true, all);
    }

    private void use(Phase.Reached reached) {
        if (fleet.dial().answers(reached.intent(), reached.host())) {
            // From here on whoever had it before can neither replace nor stop it.
            if (record.epoch() == tenure.epoch() || swap(record.next(tenure.epoch(), reached)))
                outcome = new Provided.Ready(fleet.dial().hand(reached), false, record.note());
            return;
        }
        switch (tasks.see(reached.task())) {
            case Seen.Ended(String why, boolean scarce) -> ask(why);
            case Seen.Missing m -> ask("it is no more");
            case Seen.Running r -> replaceIfSilent(reached);
            case Seen.Coming c -> replaceIfSilent(reached);
            case Seen.Unknown u -> {
                if (!patiently(patience.silence(), () -> fleet.dial().answers(reached.intent(), reached.host()))
                        && !cancellation.requested())
                    outcome = new Provided.Unavailable("it does not answer, and whether it is there cannot be told");
            }
        }
    }

    private void replaceIfSilent(Phase.Reached reached) {
        if (patiently(patience.silence(), () -> fleet.dial().answers(reached.intent(), reached.host()))) return;
        if (!cancellation.requested() && ask("it stopped to answer"))
            tasks.stop(reached.task(), "it stopped to answer");
    }

    /** Asks until it is so, or for so long. */
    private boolean patiently(Duration most, BooleanSupplier holds) {
        Instant since = pace.now();
        while (true) {
            if (holds.getAsBoolean()) return true;
            if (cancellation.requested() || over(since, most)) return false;
            pause(patience.look());
        }
    }
}
