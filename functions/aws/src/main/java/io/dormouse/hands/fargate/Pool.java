package io.dormouse.hands.fargate;

import io.dormouse.hands.HandId;
import io.dormouse.hands.Tenure;
import io.dormouse.hands.fargate.HandRecord.Intent;
import io.dormouse.hands.fargate.Place.Stage;
import io.dormouse.hands.fargate.Tasks.Ran;
import io.dormouse.hands.fargate.Tasks.Seen;
import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.LongFunction;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Tasks that run before anybody needs one, and are nobody's: they know a token and a hash. Two records decide everything. A
 * place's swap decides who fills it, so there are never more spares than places; the claim on a token decides what its task is
 * used for, and there is no second one. A claimed task leaves its place only after its claim is there.
 */
final class Pool {
    private static final System.Logger LOG = System.getLogger("io.dormouse.hands.fargate");

    /** From a claim until its hand's record has the task: three round trips to the table, by a process that may be slow. */
    static final Duration GRACE = Duration.ofMinutes(2);

    /** A claim is kept for so long at least, so that also a late claimer learns that what ended was a spare. */
    private static final Duration REMEMBERED = Duration.ofHours(1);

    private final Spares spares;
    private final int size;
    private final Tasks tasks;
    private final Pace pace;
    private final Patience patience;
    private final LongFunction<Intent> intents;
    private final BiPredicate<Intent, String> answers;

    /** @param intents makes what was never asked before @param answers whether the intent's supervisor answers at a host */
    Pool(
            Stock stock,
            Tasks tasks,
            Pace pace,
            Patience patience,
            LongFunction<Intent> intents,
            BiPredicate<Intent, String> answers) {
        this.spares = stock.spares();
        this.size = stock.size();
        this.tasks = tasks;
        this.pace = pace;
        this.patience = patience;
        this.intents = intents;
        this.answers = answers;
    }

    // ---- taking

    /** A spare that answers and is this hand's alone from here on; nothing when there is none. Its place is filled on the side. */
    Optional<Stage.Ready> claim(HandId hand, Tenure tenure) {
        if (size == 0) return Optional.empty();
        try {
            List<Place> places = new ArrayList<>(spares.places());
            // Those who come at once begin at different places.
            Collections.rotate(places, hand.hashCode());
            for (Place place : places)
                if (place.stage() instanceof Stage.Ready ready
                        && current(ready.as())
                        && spares.claim(new Claim(
                                ready.intent().token(),
                                ready.task(),
                                hand,
                                tenure.session(),
                                tenure.epoch(),
                                pace.now()))) {
                    pace.begin(() -> refill(place));
                    if (answers.test(ready.intent(), ready.host())) return Optional.of(ready);
                    drop(ready.task());
                }
        } catch (SdkException e) {
            log("no spare could be claimed", e);
        }
        return Optional.empty();
    }

    /** Whether the task of this token was a spare. */
    boolean lent(String token) {
        return size > 0 && spares.claimed(token).isPresent();
    }

    /** Ends a task that was claimed and is of no use. */
    void drop(String task) {
        tasks.stop(task, "this spare was of no use");
    }

    /** Of a place whose task was claimed. What this process does not live to see, the sweep does. */
    private Void refill(Place place) {
        try {
            Optional<Place> at = tend(place, true);
            while (at.isPresent() && at.get().stage() instanceof Stage.Started started) {
                pace.pause(patience.look(), new Cancellation());
                // One that came to nothing is not asked for again here: the sweep does, once a minute.
                at = watch(at.get(), started)
                        .filter(next -> next.owns(started.intent().token()));
            }
        } catch (RuntimeException e) {
            log("a place of the pool was not filled", e);
        }
        return null;
    }

    // ---- the sweep

    /** Places and claims by token, as they were after some tasks were listed. */
    record Books(List<Place> places, Map<String, Claim> claims) {
        boolean spare(String token) {
            return places.stream().anyMatch(place -> place.owns(token));
        }
    }

    /** Nothing when nothing can be in them. @param listed whether the list of tasks has spares */
    Optional<Books> books(boolean listed) {
        if (size == 0 && !listed) return Optional.empty();
        // In this order: a token is in its place until after it is among the claims.
        List<Place> places = spares.places();
        Map<String, Claim> claims = new HashMap<>();
        for (Claim claim : spares.claims()) claims.put(claim.token(), claim);
        return Optional.of(new Books(places, claims));
    }

    /** Fills and empties places. @param listed tokens of all tasks that are not ending, as of before the books were read */
    void tend(Books books, Set<String> listed) {
        for (int number = 0; number < size; number++) {
            int missing = number;
            if (books.places().stream().noneMatch(place -> place.number() == missing))
                safely(() -> {
                    Place first = Place.first(missing);
                    if (spares.create(first)) tend(first, false);
                });
        }
        for (Place place : books.places())
            safely(() -> tend(place, books.claims().keySet().stream().anyMatch(place::owns)));
        for (Claim claim : books.claims().values())
            if (!listed.contains(claim.token()) && over(claim.at(), REMEMBERED))
                safely(() -> {
                    if (ended(claim.task())) spares.forget(claim);
                });
    }

    private static void safely(Runnable work) {
        try {
            work.run();
        } catch (SdkException e) {
            log("the pool was not looked after", e);
        }
    }

    private boolean ended(String task) {
        return switch (tasks.see(task)) {
            case Seen.Ended e -> true;
            case Seen.Missing m -> true;
            case Seen.Coming c -> false;
            case Seen.Running r -> false;
            case Seen.Unknown u -> false;
        };
    }

    // ---- one place

    /** One step. @return what the place is now; empty when somebody else is at it */
    private Optional<Place> tend(Place place, boolean claimed) {
        if (place.number() >= size) return empty(place, claimed);
        return switch (place.stage()) {
            case Stage.Empty e -> ask(place);
            case Stage.Asked asked
            when current(asked.as()) && !over(asked.intent().at(), patience.start()) -> start(place, asked);
            // If a task comes of it after all, it is nobody's, and the sweep's.
            case Stage.Asked asked -> ask(place);
            case Stage.Started started when current(started.as()) -> watch(place, started);
            case Stage.Started started -> replace(place, started);
            case Stage.Ready ready -> {
                if (!claimed && current(ready.as()) && good(ready)) yield Optional.of(place);
                if (!claimed) retire(ready);
                yield ask(place);
            }
        };
    }

    /** It is asked twice, since one that is lost costs half a minute of a machine. */
    private boolean good(Stage.Ready ready) {
        if (answers.test(ready.intent(), ready.host())) return true;
        if (ended(ready.task())) return false;
        pace.pause(patience.look(), new Cancellation());
        return answers.test(ready.intent(), ready.host());
    }

    /** The pool has become smaller. */
    private Optional<Place> empty(Place place, boolean claimed) {
        if (place.stage() instanceof Stage.Empty) return Optional.of(place);
        if (place.stage() instanceof Stage.Ready ready && !claimed) retire(ready);
        Optional<Place> emptied = to(place, new Stage.Empty());
        if (emptied.isPresent() && place.stage() instanceof Stage.Started started) drop(started.task());
        return emptied;
    }

    /** Whoever claimed it first keeps it. */
    private void retire(Stage.Ready ready) {
        if (spares.claim(new Claim(ready.intent().token(), ready.task(), null, null, null, pace.now())))
            drop(ready.task());
    }

    private Optional<Place> ask(Place place) {
        Stage.Asked asked = new Stage.Asked(intents.apply(0), tasks.placement());
        return to(place, asked).flatMap(next -> start(next, asked));
    }

    private Optional<Place> start(Place place, Stage.Asked asked) {
        return switch (tasks.run(asked.intent(), place)) {
            case Ran.Started(String task) -> to(place, new Stage.Started(asked.intent(), asked.as(), task));
            case Ran.Refused refused -> to(place, new Stage.Empty());
            case Ran.Unknown unknown -> Optional.of(place);
        };
    }

    private Optional<Place> watch(Place place, Stage.Started started) {
        Intent intent = started.intent();
        return switch (tasks.see(started.task())) {
            case Seen.Running(String host)
            when answers.test(intent, host) -> to(place, new Stage.Ready(intent, started.as(), started.task(), host));
            case Seen.Ended e -> ask(place);
            case Seen.Missing m when over(intent.at(), patience.answer()) -> ask(place);
            case Seen.Running r when over(intent.at(), patience.start()) -> replace(place, started);
            case Seen.Coming c when over(intent.at(), patience.start()) -> replace(place, started);
            case Seen.Unknown u when over(intent.at(), patience.start()) -> replace(place, started);
            case Seen.Running r -> Optional.of(place);
            case Seen.Missing m -> Optional.of(place);
            case Seen.Coming c -> Optional.of(place);
            case Seen.Unknown u -> Optional.of(place);
        };
    }

    private Optional<Place> replace(Place place, Stage.Started started) {
        Optional<Place> asked = ask(place);
        if (asked.isPresent()) drop(started.task());
        return asked;
    }

    private Optional<Place> to(Place place, Stage stage) {
        Place after = place.next(stage);
        return spares.swap(place, after) ? Optional.of(after) : Optional.empty();
    }

    private boolean current(Placement as) {
        return as.equals(tasks.placement());
    }

    private boolean over(Instant since, Duration most) {
        return pace.now().isAfter(since.plus(most));
    }

    private static void log(String what, RuntimeException why) {
        LOG.log(System.Logger.Level.WARNING, what, why);
    }
}
