package io.dormouse.hands.fargate;

import io.dormouse.hands.fargate.FargateHands.Swept;
import io.dormouse.hands.fargate.HandRecord.Phase;
import io.dormouse.hands.fargate.HandRecords.Swapped;
import io.dormouse.hands.fargate.Tasks.Tagged;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.pace.Pace;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Looks at every task that carries a hand's tags. The list comes first and the record after it: a record is written before its
 * task is asked for, and a token never comes back, so a task whose token no record has is nobody's for good.
 */
final class Sweep {
    private static final System.Logger LOG = System.getLogger("io.dormouse.hands.fargate");

    private final HandRecords records;
    private final Tasks tasks;
    private final Heads heads;
    private final Pace pace;

    Sweep(HandRecords records, Tasks tasks, Heads heads, Pace pace) {
        this.records = records;
        this.tasks = tasks;
        this.heads = heads;
        this.pace = pace;
    }

    enum Verdict {
        KEEP,
        /** No record has it. */
        ORPHAN,
        /** Its session is gone. */
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
        if (thread.archivedAt() != null) return Verdict.IDLE;
        return now.isBefore(thread.updatedAt().plus(idle)) ? Verdict.KEEP : Verdict.IDLE;
    }

    private enum Done {
        KEPT,
        ORPHAN_STOPPED,
        IDLE_STOPPED,
        FAILED
    }

    Swept run(Duration idle) {
        List<Tagged> all;
        try {
            all = tasks.all();
        } catch (SdkException e) {
            LOG.log(System.Logger.Level.WARNING, "the tasks of hands cannot be listed: {0}", e);
            return new Swept(0, 0, 0, 1);
        }
        Map<Done, Integer> counts = new EnumMap<>(Done.class);
        for (Tagged task : all) counts.merge(look(task, idle), 1, Integer::sum);
        return new Swept(
                all.size(),
                counts.getOrDefault(Done.ORPHAN_STOPPED, 0),
                counts.getOrDefault(Done.IDLE_STOPPED, 0),
                counts.getOrDefault(Done.FAILED, 0));
    }

    private Done look(Tagged task, Duration idle) {
        try {
            Optional<HandRecord> record = records.read(task.hand());
            Optional<Head> head = heads.read(task.hand().thread());
            return switch (judge(task, record, head, pace.now(), idle)) {
                case KEEP -> Done.KEPT;
                case ORPHAN -> tasks.stop(task.task(), "it is no hand") ? Done.ORPHAN_STOPPED : Done.FAILED;
                case FORGOTTEN -> forget(task);
                case IDLE -> rest(task, record.orElseThrow());
            };
        } catch (SdkException e) {
            LOG.log(System.Logger.Level.WARNING, "could not look after {0}: {1}", task.hand(), e);
            return Done.FAILED;
        }
    }

    private Done forget(Tagged task) {
        records.delete(task.hand());
        return tasks.stop(task.task(), "its session is gone") ? Done.IDLE_STOPPED : Done.FAILED;
    }

    /** Who woke in the meantime has swapped the record, and keeps the hand. */
    private Done rest(Tagged task, HandRecord record) {
        String lost = record.phase() instanceof Phase.Reached ? "nobody used it for a while" : record.lost();
        return switch (records.swap(record, record.next(record.epoch(), new Phase.None(), lost))) {
            case Swapped.Done d -> tasks.stop(task.task(), "nobody uses it") ? Done.IDLE_STOPPED : Done.FAILED;
            case Swapped.Changed c -> Done.KEPT;
        };
    }
}
