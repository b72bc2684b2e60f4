package io.dormouse.testkit.sim;

import io.dormouse.head.Head;
import io.dormouse.head.Lease;
import io.dormouse.head.Snapshot;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.ToolResult;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Heads and entries that no right step, and no right store, would make. */
final class Planted {
    private Planted() {}

    /** Deleted without a look at what runs, and without taking the lease away. */
    static Head stone(Head head, Instant now) {
        return new Head(
                head.workspace(),
                head.session(),
                head.thread(),
                head.version() + 1,
                head.nextSeq(),
                List.of(),
                head.lease(),
                head.snapshot(),
                head.archivedAt(),
                true,
                head.createdAt(),
                now);
    }

    static Head copy(Head head, long version, List<Posted> mail) {
        return copy(head, version, mail, head.lease(), head.snapshot());
    }

    private static Head copy(Head head, long version, List<Posted> mail, Lease lease, Snapshot snapshot) {
        return new Head(
                head.workspace(),
                head.session(),
                head.thread(),
                version,
                head.nextSeq(),
                List.copyOf(mail),
                lease,
                snapshot,
                head.archivedAt(),
                head.deleted(),
                head.createdAt(),
                head.updatedAt());
    }

    /** As a wrong store gives it back. */
    static Head read(Bug bug, Head head) {
        return switch (bug) {
            case MAIL_COMES_REVERSED -> copy(head, head.version(), head.mail().reversed());
            case CLAIM_KEEPS_EPOCH -> {
                Lease lease = head.lease();
                // Who claims it goes one up from here, and so gets the epoch that there is.
                yield lease.epoch() == 0 || head.deleted()
                        ? head
                        : copy(
                                head,
                                head.version(),
                                head.mail(),
                                new Lease(lease.epoch() - 1, lease.owner(), lease.beatAt()),
                                head.snapshot());
            }
            default -> head;
        };
    }

    /** What a wrong harness makes of a head that was changed under it: it keeps the mail that it was looking for. */
    static Head changed(Bug bug, Head head) {
        if (bug != Bug.INTERRUPT_IS_DROPPED || !head.lease().held()) return head;
        List<Posted> mail = head.mail().stream()
                .filter(posted -> !(posted.input() instanceof Input.Interrupt))
                .toList();
        return copy(head, head.version(), mail);
    }

    /** Whether a wrong store swaps although the head is another one by now. */
    static boolean overwrites(Bug bug, Head stored, Head before, Head after) {
        if (stored.version() == before.version()) return false;
        return switch (bug) {
            case SWAP_WITHOUT_VERSION -> true;
            case SETTLE_WITH_MAIL ->
                !after.lease().held()
                        && before.lease().held()
                        && stored.lease().epoch() == after.lease().epoch()
                        && after.lease().epoch() == before.lease().epoch();
            case BEAT_TAKES_LEASE_BACK ->
                after.lease().held()
                        && before.lease().held()
                        && after.lease().epoch() == before.lease().epoch()
                        && stored.lease().held()
                        && stored.lease().epoch() > after.lease().epoch()
                        && stored.nextSeq() == after.nextSeq();
            default -> false;
        };
    }

    /** What a wrong store makes of a swap. */
    static Head stored(Bug bug, Head before, Head after) {
        return switch (bug) {
            case FORGOTTEN_ONCE ->
                after.deleted() && before.deleted()
                        ? copy(
                                after,
                                after.version(),
                                after.mail(),
                                after.lease(),
                                phase(after.snapshot(), Snapshot.Phase.ENDED))
                        : after;
            case SETTLES_TOO_EARLY ->
                after.lease().held()
                                || !before.lease().held()
                                || after.snapshot().phase() != Snapshot.Phase.RUNNING
                        ? after
                        : copy(
                                after,
                                after.version(),
                                after.mail(),
                                after.lease(),
                                phase(after.snapshot(), Snapshot.Phase.RESTING));
            default -> after;
        };
    }

    private static Snapshot phase(Snapshot s, Snapshot.Phase phase) {
        return new Snapshot(
                s.position(), phase, s.questions(), s.taken(), s.usage(), s.activeMillis(), s.runningSince(), null);
    }

    /** What a wrong writer puts into the log. */
    static Entry entry(Bug bug, Entry entry) {
        List<Fact> facts = new ArrayList<>();
        for (Fact fact : entry.facts()) facts.add(fact(bug, fact));
        return facts.equals(entry.facts())
                ? entry
                : new Entry(entry.position(), entry.epoch(), entry.nonce(), entry.time(), facts);
    }

    private static Fact compacted(Fact.Compacted c, long base, List<Posted> kept) {
        return new Fact.Compacted(c.asked(), base, c.summary(), kept, c.contextTokens(), c.usage(), c.before());
    }

    private static Fact fact(Bug bug, Fact fact) {
        return switch (bug) {
            case RESULTS_ARE_DROPPED -> fact instanceof Fact.ToolsReturned ? new Fact.ToolsReturned(List.of()) : fact;
            case RESULT_IS_TOLD_TWICE -> {
                if (!(fact instanceof Fact.ToolsReturned returned)) yield fact;
                List<ToolResult> results = new ArrayList<>(returned.results());
                if (results.size() > 1) results.add(results.getFirst());
                yield new Fact.ToolsReturned(results);
            }
            case BASE_ONE_TOO_FAR -> fact instanceof Fact.Compacted c ? compacted(c, c.base() + 1, c.kept()) : fact;
            case KEPT_MESSAGES_ARE_LOST -> fact instanceof Fact.Compacted c ? compacted(c, c.base(), List.of()) : fact;
            case LOST_REQUESTS_ARE_FREE ->
                fact instanceof Fact.Reserved r
                        ? new Fact.Reserved(r.asked(), r.nanoUsd(), r.maxTokens(), r.by(), 0)
                        : fact;
            case USAGE_COUNTS_TWICE ->
                fact instanceof Fact.ModelReplied r && r.calls().size() > 1
                        ? new Fact.ModelReplied(
                                r.asked(),
                                r.content(),
                                r.calls(),
                                r.stopReason(),
                                r.stopDetails(),
                                r.usage().plus(r.usage()))
                        : fact;
            default -> fact;
        };
    }
}
