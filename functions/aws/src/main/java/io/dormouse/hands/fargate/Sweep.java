package io.dormouse.hands.fargate;

import io.dormouse.hands.Hand;
import io.dormouse.hands.HandId;
import io.dormouse.hands.fargate.FargateHands.Swept;
import io.dormouse.hands.fargate.HandRecord.Checkpoint;
import io.dormouse.hands.fargate.HandRecord.Phase;
import io.dormouse.hands.fargate.HandRecords.Swapped;
import io.dormouse.hands.fargate.Pool.Books;
import io.dormouse.hands.fargate.Tasks.Tagged;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.pace.Pace;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Looks at every task that carries a hand's tags, or a spare's. The list comes first and the record after it: a record is
 * written before its task is asked for, and a token never comes back, so a task whose token no record has is nobody's for good.
 */
final class Sweep {
    private static final System.Logger LOG = System.getLogger("io.dormouse.hands.fargate");

    /** Each holds two parts of its archive in memory. */
    private static final int SAVES_AT_ONCE = 4;

    /** From the first attempt to save a workspace until it is given up. */
    private static final Duration PATIENCE = Duration.ofMinutes(30);

    private final HandRecords records;
    private final Tasks tasks;
    private final Pool pool;
    private final Heads heads;
    private final Checkpoints checkpoints;
    private final Pace pace;
    private final BiFunction<HandId, Phase.Reached, Hand> hands;
    private final Semaphore together = new Semaphore(SAVES_AT_ONCE);

    Sweep(
            HandRecords records,
            Tasks tasks,
            Pool pool,
            Heads heads,
            Checkpoints checkpoints,
            Pace pace,
            BiFunction<HandId, Phase.Reached, Hand> hands) {
        this.records = records;
        this.tasks = tasks;
        this.pool = pool;
        this.heads = heads;
        this.checkpoints = checkpoints;
        this.pace = pace;
        this.hands = hands;
    }

    enum Verdict {
        KEEP,
        /** No record has it. */
        ORPHAN,
        /** Its session is gone, or will never run again. */
        FORGOTTEN,
        /** Its session rests. */
        IDLE
    }

    /** @param head of the thread, read after the record */
    static Verdict judge(Tagged task, Optional<HandRecord> record, Optional<Head> head, Instant now, Duration idle) {
        if (record.isEmpty() || !record.get().owns(task.token())) return Verdict.ORPHAN;
        if (head.isEmpty() || head.get().deleted()) return Verdict.FORGOTTEN;
        Head thread = head.get();
        // Held, even by an owner who is long dead, means that a hand may be at work: whoever takes over may want it.
        if (thread.lease().held() || thread.owes()) return Verdict.KEEP;
        if (thread.archivedAt() != null) return Verdict.FORGOTTEN;
        return now.isBefore(thread.updatedAt().plus(idle)) ? Verdict.KEEP : Verdict.IDLE;
    }

    private enum Done {
        KEPT,
        /** To be looked at once more: it may take long. */
        RESTS,
        ORPHAN_STOPPED,
        IDLE_STOPPED,
        FAILED
    }

    Swept run(Duration idle, Instant deadline) {
        List<Tagged> all;
        try {
            all = tasks.all();
        } catch (SdkException e) {
            LOG.log(System.Logger.Level.WARNING, "the tasks of hands cannot be listed: {0}", e);
            return new Swept(0, 0, 0, 1);
        }
        Map<Done, Integer> counts = new EnumMap<>(Done.class);
        Optional<Books> books = books(all);
        List<Callable<Done>> resting = new ArrayList<>();
        for (Tagged task : all) {
            Optional<Claim> claim = books.map(known -> known.claims().get(task.token()));
            Tagged known = claim.map(its -> new Tagged(task.task(), its.hand(), task.token()))
                    .orElse(task);
            Done done = claim.filter(this::isFresh).isPresent()
                    ? Done.KEPT
                    : guarded(known, () -> known.hand() == null ? lookAtSpare(known, books) : look(known, idle));
            if (done == Done.RESTS) resting.add(() -> guarded(known, () -> rest(known, idle, deadline)));
            else counts.merge(done, 1, Integer::sum);
        }
        pace.all(resting).forEach(done -> counts.merge(done, 1, Integer::sum));
        books.ifPresent(b -> pool.tend(b, all.stream().map(Tagged::token).collect(Collectors.toSet())));
        return new Swept(
                all.size(),
                counts.getOrDefault(Done.ORPHAN_STOPPED, 0),
                counts.getOrDefault(Done.IDLE_STOPPED, 0),
                counts.getOrDefault(Done.FAILED, 0));
    }

    private Optional<Books> books(List<Tagged> all) {
        try {
            return pool.books(all.stream().anyMatch(task -> task.hand() == null));
        } catch (SdkException e) {
            LOG.log(System.Logger.Level.WARNING, "the places of the pool cannot be read: {0}", e);
            return Optional.empty();
        }
    }

    /** Who claimed it may be about to write so into its hand's record. */
    private boolean isFresh(Claim claim) {
        return claim.hand() != null && pace.now().isBefore(claim.at().plus(Pool.GRACE));
    }

    /** A task that was started as a spare, and has become no hand: it is the pool's, or nobody's. */
    private Done lookAtSpare(Tagged task, Optional<Books> books) {
        if (books.isEmpty()) return Done.FAILED;
        if (!books.get().claims().containsKey(task.token()) && books.get().spare(task.token())) return Done.KEPT;
        return tasks.stop(task.task(), "it is no spare") ? Done.ORPHAN_STOPPED : Done.FAILED;
    }

    private static Done guarded(Tagged task, Supplier<Done> work) {
        try {
            return work.get();
        } catch (SdkException | UncheckedIOException e) {
            LOG.log(System.Logger.Level.WARNING, "could not look after {0}: {1}", task.hand(), e);
            return Done.FAILED;
        }
    }

    private Done look(Tagged task, Duration idle) {
        Optional<HandRecord> record = records.read(task.hand());
        Optional<Head> head = heads.read(task.hand().thread());
        return switch (judge(task, record, head, pace.now(), idle)) {
            case KEEP -> Done.KEPT;
            case ORPHAN -> tasks.stop(task.task(), "it is no hand") ? Done.ORPHAN_STOPPED : Done.FAILED;
            case FORGOTTEN -> forget(task, record.orElseThrow());
            case IDLE -> Done.RESTS;
        };
    }

    private Done forget(Tagged task, HandRecord record) {
        checkpoints.delete(record.contents());
        records.delete(task.hand());
        return tasks.stop(task.task(), "its session is gone") ? Done.IDLE_STOPPED : Done.FAILED;
    }

    // ---- rest

    /** Others may have had their turn first, and the thread may have woken. */
    private Done rest(Tagged task, Duration idle, Instant deadline) {
        together.acquireUninterruptibly();
        try {
            Instant now = pace.now();
            if (now.plus(Checkpoints.LIMIT).isAfter(deadline)) return Done.KEPT;
            Optional<HandRecord> record = records.read(task.hand());
            Optional<Head> head = heads.read(task.hand().thread());
            return judge(task, record, head, now, idle) == Verdict.IDLE ? rest(task, record.get(), now) : Done.KEPT;
        } finally {
            together.release();
        }
    }

    private Done rest(Tagged task, HandRecord record, Instant now) {
        return switch (record.phase()) {
            case Phase.None n -> Done.KEPT;
            case Phase.Asked a -> stop(task, record, record.lost());
            case Phase.Started s -> stop(task, record, record.lost());
            case Phase.Reached reached -> save(task, record, reached, now, now);
            case Phase.Saving saving when now.isBefore(saving.until()) -> Done.KEPT;
            case Phase.Saving saving
            when now.isAfter(saving.since().plus(PATIENCE)) ->
                stop(task, record, "nobody used it for a while, and its files could not be saved");
            case Phase.Saving saving -> save(task, record, saving.reached(), saving.since(), now);
        };
    }

    private Done stop(Tagged task, HandRecord record, String lost) {
        return swapped(record, record.next(record.epoch(), new Phase.None(), lost)) ? stopped(task) : Done.KEPT;
    }

    private Done stopped(Tagged task) {
        return tasks.stop(task.task(), "nobody uses it") ? Done.IDLE_STOPPED : Done.FAILED;
    }

    /** Who wakes in the meantime swaps the record, and keeps the hand. Who dies here leaves a record that says so. */
    private Done save(Tagged task, HandRecord record, Phase.Reached hand, Instant since, Instant now) {
        String into = hand.intent().token() + "-" + record.version();
        Phase.Saving saving = new Phase.Saving(
                hand.intent(), hand.task(), hand.host(), into, since, now.plus(Checkpoints.LIMIT.plusMinutes(1)));
        HandRecord begun = record.next(record.epoch(), saving);
        if (!swapped(record, begun)) return Done.KEPT;
        Optional<Checkpoint> kept = checkpoints.save(hands.apply(task.hand(), hand), into);
        if (kept.isEmpty()) {
            swapped(begun, begun.next(begun.epoch(), saving.failed(pace.now())));
            return Done.FAILED;
        }
        HandRecord saved = begun.next(begun.epoch(), new Phase.None(), begun.lost(), kept.get());
        if (!swapped(begun, saved)) {
            checkpoints.delete(List.of(into));
            return Done.KEPT;
        }
        Done done = stopped(task);
        if (!saved.stale().isEmpty()) {
            checkpoints.delete(saved.stale());
            swapped(saved, saved.tidied());
        }
        return done;
    }

    private boolean swapped(HandRecord before, HandRecord after) {
        return switch (records.swap(before, after)) {
            case Swapped.Done d -> true;
            case Swapped.Changed c -> false;
        };
    }
}
