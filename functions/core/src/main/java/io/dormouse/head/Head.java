package io.dormouse.head;

import io.dormouse.id.EventId;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.session.Budget;
import io.dormouse.session.Input;
import io.dormouse.session.Lane;
import io.dormouse.session.Posted;
import io.dormouse.session.Taken;
import io.dormouse.session.ToolCall.Gate;
import io.dormouse.session.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The record that decides every race of a thread. All methods are pure; a store swaps one version for the next.
 *
 * @param version rises by one with every swap
 * @param nextSeq the number that the next input gets
 * @param mail inputs that were accepted and are not known to be in the log
 * @param archivedAt null while the session is live
 * @param deleted the session is gone; what is left is this stone, which refuses everything
 * @param updatedAt when an input was accepted or the session came to rest
 */
public record Head(
        WorkspaceId workspace,
        SessionId session,
        ThreadId thread,
        long version,
        long nextSeq,
        List<Posted> mail,
        Lease lease,
        Snapshot snapshot,
        Instant archivedAt,
        boolean deleted,
        Instant createdAt,
        Instant updatedAt) {

    /**
     * A full mailbox refuses; nothing that was accepted is ever dropped. Each lane has room of its own, so that messages
     * never shut out the answer or the interrupt that would let them in.
     */
    public static final int MAX_MAIL = 200;

    /** Of a lane's JSON. Four such lanes and the rest of a head fit into one item of a store. */
    public static final int MAX_MAIL_BYTES = 96 * 1024;

    /** Longer than any harness goes on without a look at its head, though the clocks of two were an hour off, each its way. */
    public static final Duration LATECOMERS = Duration.ofHours(3);

    public static Head fresh(WorkspaceId workspace, SessionId session, Instant now) {
        return fresh(workspace, session, null, now);
    }

    /** @param budget null for none */
    public static Head fresh(WorkspaceId workspace, SessionId session, Budget budget, Instant now) {
        return new Head(
                workspace,
                session,
                session.primaryThread(),
                1,
                1,
                List.of(),
                Lease.NONE,
                Snapshot.fresh(budget),
                null,
                false,
                now,
                now);
    }

    // ---- inputs

    public sealed interface Posting {
        /** Swap to {@code next}; {@code posted} is what the client is told. */
        record Accepted(Head next, List<Posted> posted) implements Posting {}

        /** Nothing changes: a turn that waits for its budget cannot be interrupted. The client is told all the same. */
        record Ignored(List<Posted> posted) implements Posting {}

        record Refused(Why why, String detail) implements Posting {}

        enum Why {
            GONE,
            ARCHIVED,
            MAILBOX_FULL,
            /** A message while answers are awaited. */
            AWAITING_ANSWERS,
            /** An answer whose question this head does not know: the log may. */
            UNKNOWN_QUESTION,
            ANSWERED_ALREADY,
            /** A confirmation where a result is wanted, or the other way round. */
            WRONG_ANSWER,
            /** The update wants a session at rest. */
            RUNNING,
            /** A message while the budget allows nothing new. */
            BUDGET_REACHED,
            /** A session that was made without a budget, or has none any more, gets none. */
            BUDGET_CREATE_ONLY,
            /** A budget that is spent already. */
            BUDGET_NOT_RAISED
        }
    }

    public Posting post(List<Input> inputs, Instant now) {
        return post(inputs, Map.of(), now);
    }

    /**
     * Accepts all of the inputs or none.
     *
     * @param asked questions found in the log past this head's snapshot: they may be answered before the head says so
     */
    public Posting post(List<Input> inputs, Map<EventId, Gate> asked, Instant now) {
        Optional<Posting.Refused> refused = new Admission(this, asked).refusal(inputs);
        if (refused.isPresent()) return refused.get();
        if (paused() && inputs.stream().allMatch(Input.Interrupt.class::isInstance))
            return new Posting.Ignored(numbered(inputs, now));
        List<Posted> posted = numbered(inputs, now);
        List<Posted> all = new ArrayList<>(mail);
        all.addAll(posted);
        boolean archives = inputs.stream().anyMatch(Input.Archived.class::isInstance);
        Head next = new Head(
                workspace,
                session,
                thread,
                version + 1,
                nextSeq + inputs.size(),
                List.copyOf(all),
                lease,
                snapshot,
                archives ? now : archivedAt,
                deleted,
                createdAt,
                now);
        return new Posting.Accepted(next, posted);
    }

    private List<Posted> numbered(List<Input> inputs, Instant now) {
        List<Posted> posted = new ArrayList<>();
        for (Input input : inputs) posted.add(new Posted(nextSeq + posted.size(), now, input));
        return List.copyOf(posted);
    }

    // ---- the budget

    /** What the session may spend, as of the last update that was accepted; null for no limit. */
    public Budget budget() {
        Budget budget = snapshot.budget();
        for (Posted posted : pending()) budget = Budget.after(budget, posted.input());
        return budget;
    }

    /** Whether a turn waits for another budget, and none has been accepted. */
    boolean paused() {
        return snapshot.phase() == Snapshot.Phase.PAUSED
                && pending().stream().noneMatch(posted -> Budget.changedBy(posted.input()));
    }

    /** Ends the session for good; refused while it runs. */
    public Optional<Head> delete(Instant now) {
        if (running()) return Optional.empty();
        return Optional.of(new Head(
                workspace,
                session,
                thread,
                version + 1,
                nextSeq,
                List.of(),
                // The epoch rises, so that a harness that noted something just now cannot write any more.
                new Lease(lease.epoch() + 1, null, null),
                Snapshot.FRESH,
                archivedAt,
                true,
                createdAt,
                now));
    }

    /** Whether the hand and the log of a deleted session are to be dropped now. */
    public boolean toForget(Instant now) {
        return deleted && owes() && (snapshot.dueAt() == null || !now.isBefore(snapshot.dueAt()));
    }

    /**
     * Of a deleted session, once its hand and its log are gone. Who worked on it and knows of nothing may still write an
     * entry or start a hand, so the same is owed once more, {@link #LATECOMERS} later; then nothing is.
     */
    public Head forgotten(Instant now) {
        Instant again = snapshot.dueAt() == null ? now.plus(LATECOMERS) : null;
        Snapshot.Phase phase = again == null ? Snapshot.Phase.ENDED : Snapshot.Phase.RESTING;
        Snapshot over = new Snapshot(0, phase, Map.of(), Taken.NONE, Usage.NONE, 0, null, again);
        return swap(List.of(), new Lease(lease.epoch(), null, null), over, now);
    }

    // ---- the lease

    public sealed interface Claim {
        record Granted(Head next) implements Claim {}

        /** A living owner has it. */
        record Busy() implements Claim {}

        record NothingOwed() implements Claim {}
    }

    public Claim claim(String owner, Instant now) {
        if (deleted || !owes()) return new Claim.NothingOwed();
        if (!lease.claimableBy(owner, now)) return new Claim.Busy();
        return new Claim.Granted(swap(mail, new Lease(lease.epoch() + 1, owner, now), snapshot, updatedAt));
    }

    /** Whether this owner may still write under this epoch. */
    public boolean heldUnder(long epoch) {
        return !deleted && lease.held() && lease.epoch() == epoch;
    }

    /** Shows life, and tells how far the log is. */
    public Head beat(Snapshot now, Instant at) {
        return swap(remaining(now), new Lease(lease.epoch(), lease.owner(), at), now, updatedAt);
    }

    /** Gives up the lease with work left to do: a wake must follow. */
    public Head release(Snapshot now, Instant at) {
        return swap(remaining(now), new Lease(lease.epoch(), null, null), now, at);
    }

    /** Gives up the lease if nothing is left to do; empty when there is mail to act on. */
    public Optional<Head> settle(Snapshot now, Instant at) {
        Head settled = release(now, at);
        return settled.actionable() ? Optional.empty() : Optional.of(settled);
    }

    private Head swap(List<Posted> newMail, Lease newLease, Snapshot newSnapshot, Instant updated) {
        return new Head(
                workspace,
                session,
                thread,
                version + 1,
                nextSeq,
                newMail,
                newLease,
                newSnapshot,
                archivedAt,
                deleted,
                createdAt,
                updated);
    }

    private List<Posted> remaining(Snapshot now) {
        return mail.stream().filter(posted -> !now.taken().covers(posted)).toList();
    }

    /** The same version of this head, with a newer view of the log: for deciding what it does not say yet. */
    public Head knowing(Snapshot newer) {
        return new Head(
                workspace,
                session,
                thread,
                version,
                nextSeq,
                remaining(newer),
                lease,
                newer,
                archivedAt,
                deleted,
                createdAt,
                updatedAt);
    }

    // ---- views

    /** Mail that the snapshot does not know to be in the log. */
    public List<Posted> pending() {
        return remaining(snapshot);
    }

    /** Whether a harness has something to do for this thread, now or when {@link #dueAt} comes. */
    public boolean owes() {
        // What a deleted session owes is to be forgotten.
        if (deleted) return snapshot.phase() != Snapshot.Phase.ENDED;
        return lease.held()
                || snapshot.phase() == Snapshot.Phase.RUNNING
                || snapshot.phase() == Snapshot.Phase.RETRYING
                || actionable();
    }

    /** Whether there is mail that the phase allows to act on: a message that waits for answers, or for a retry, is not. */
    public boolean actionable() {
        boolean messages =
                switch (snapshot.phase()) {
                    case AWAITING, RETRYING, PAUSED, ENDED -> false;
                    case RESTING, RUNNING -> true;
                };
        return snapshot.phase() != Snapshot.Phase.ENDED
                && pending().stream()
                        .anyMatch(posted -> messages || posted.input().lane() != Lane.MESSAGE);
    }

    public enum Status {
        IDLE,
        RUNNING,
        RESCHEDULING,
        TERMINATED
    }

    /** As the wire API tells it. Running from the very swap that accepted the work. */
    public Status status() {
        if (archivedAt != null || snapshot.phase() == Snapshot.Phase.ENDED) return Status.TERMINATED;
        if (snapshot.phase() == Snapshot.Phase.RETRYING) return Status.RESCHEDULING;
        if (snapshot.phase() == Snapshot.Phase.RUNNING) return Status.RUNNING;
        List<Posted> pending = pending();
        boolean interrupted = pending.stream().anyMatch(posted -> posted.input().lane() == Lane.URGENT);
        for (Posted posted : pending) {
            boolean works =
                    switch (posted.input().lane()) {
                        case ANSWER -> true;
                        // An interrupt withdraws the questions that a message would have to wait for.
                        case MESSAGE ->
                            switch (snapshot.phase()) {
                                case AWAITING -> interrupted;
                                // It waits with the turn.
                                case PAUSED -> false;
                                case RESTING, RUNNING, RETRYING, ENDED -> true;
                            };
                        case NOTICE -> snapshot.phase() == Snapshot.Phase.PAUSED && Budget.changedBy(posted.input());
                        case URGENT -> false;
                    };
            if (works) return Status.RUNNING;
        }
        return Status.IDLE;
    }

    boolean running() {
        return status() == Status.RUNNING || status() == Status.RESCHEDULING;
    }

    /** When a sweep should look at this thread; empty when it owes nothing. */
    public Optional<Instant> owedAt() {
        if (!owes()) return Optional.empty();
        if (lease.held()) return Optional.of(lease.beatAt().plus(Lease.STALE_AFTER));
        return Optional.of(parkedUntil().orElse(updatedAt));
    }

    /** Until when nobody need look at what is owed, for it is due only then; empty when that may be any time. */
    public Optional<Instant> parkedUntil() {
        if (!owes() || lease.held() || actionable()) return Optional.empty();
        return Optional.ofNullable(snapshot.dueAt());
    }

    /** How long the session has run, up to a moment. */
    public Duration active(Instant now) {
        Duration active = Duration.ofMillis(snapshot.activeMillis());
        return snapshot.runningSince() == null || now.isBefore(snapshot.runningSince())
                ? active
                : active.plus(Duration.between(snapshot.runningSince(), now));
    }
}
