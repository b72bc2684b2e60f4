package io.dormouse.head;

import io.dormouse.head.Head.Posting.Refused;
import io.dormouse.head.Head.Posting.Why;
import io.dormouse.id.EventId;
import io.dormouse.json.Json;
import io.dormouse.session.Budget;
import io.dormouse.session.Input;
import io.dormouse.session.Lane;
import io.dormouse.session.Posted;
import io.dormouse.session.ToolCall.Gate;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Whether a head lets the inputs of one post in: all of them or none. */
final class Admission {
    private final Head head;
    private final Map<EventId, Gate> open;
    private final Set<EventId> answered = new HashSet<>();
    private boolean interrupted;

    /** @param asked questions that this head does not know of */
    Admission(Head head, Map<EventId, Gate> asked) {
        this.head = head;
        open = new HashMap<>(head.snapshot().questions());
        open.putAll(asked);
        for (Posted posted : head.pending()) {
            if (posted.input() instanceof Input.Answer answer) answered.add(answer.call());
            if (posted.input() instanceof Input.Interrupt) interrupted = true;
        }
    }

    /** Empty when they are let in. */
    Optional<Refused> refusal(List<Input> inputs) {
        if (head.deleted()) return refused(Why.GONE);
        if (head.archivedAt() != null) return refused(Why.ARCHIVED);
        if (overfull(inputs))
            return refused(
                    Why.MAILBOX_FULL,
                    "at most " + Head.MAX_MAIL + " events of a kind, of " + Head.MAX_MAIL_BYTES
                            + " bytes in all, wait at a time");
        for (Input input : inputs) {
            Optional<Refused> refused = refusal(input);
            if (refused.isPresent()) return refused;
        }
        return Optional.empty();
    }

    private Optional<Refused> refused(Why why) {
        return refused(why, head.session().text());
    }

    private static Optional<Refused> refused(Why why, String detail) {
        return Optional.of(new Refused(why, detail));
    }

    private boolean overfull(List<Input> inputs) {
        for (Lane lane : Lane.values()) {
            List<Input> waiting = Stream.concat(head.mail().stream().map(Posted::input), inputs.stream())
                    .filter(input -> input.lane() == lane)
                    .toList();
            // How large a single input may be is for the border to say; alone it is always let in.
            if (waiting.size() < 2 || inputs.stream().noneMatch(input -> input.lane() == lane)) continue;
            if (waiting.size() > Head.MAX_MAIL
                    || waiting.stream()
                                    .mapToLong(input -> Json.bytes(input).length)
                                    .sum()
                            > Head.MAX_MAIL_BYTES) return true;
        }
        return false;
    }

    private Optional<Refused> refusal(Input input) {
        return switch (input) {
            case Input.Interrupt i -> {
                interrupted = true;
                yield Optional.empty();
            }
            case Input.Answer answer -> answer(answer);
            case Input.UserMessage m -> {
                Set<EventId> waiting = waiting();
                if (!interrupted && !waiting.isEmpty()) yield refused(Why.AWAITING_ANSWERS, join(waiting));
                yield spent() ? refused(Why.BUDGET_REACHED) : Optional.empty();
            }
            case Input.SystemMessage m -> spent() ? refused(Why.BUDGET_REACHED) : Optional.empty();
            case Input.Updated update -> update(update);
            case Input.Archived a -> head.running() ? refused(Why.RUNNING) : Optional.empty();
        };
    }

    private Optional<Refused> answer(Input.Answer answer) {
        String call = answer.call().text();
        if (answered.contains(answer.call())) return refused(Why.ANSWERED_ALREADY, call);
        Gate wanted =
                switch (answer) {
                    case Input.Confirmation c -> Gate.ASK;
                    case Input.CustomResult r -> Gate.CUSTOM;
                };
        Gate gate = open.get(answer.call());
        if (gate == null) return refused(Why.UNKNOWN_QUESTION, call);
        if (gate != wanted) return refused(Why.WRONG_ANSWER, call);
        answered.add(answer.call());
        return Optional.empty();
    }

    private Set<EventId> waiting() {
        if (head.snapshot().phase() != Snapshot.Phase.AWAITING) return Set.of();
        Set<EventId> waiting = new HashSet<>(head.snapshot().questions().keySet());
        waiting.removeAll(answered);
        return waiting;
    }

    private static String join(Set<EventId> ids) {
        return String.join(", ", ids.stream().map(EventId::text).sorted().toList());
    }

    private Optional<Refused> update(Input.Updated update) {
        if (Budget.changedBy(update)) {
            Budget before = head.budget();
            Budget after = Budget.after(before, update);
            if (before == null && after != null) return refused(Why.BUDGET_CREATE_ONLY);
            if (after != null && !leaves(after)) return refused(Why.BUDGET_NOT_RAISED);
        }
        boolean restless = update.changes().has("agent") && head.status() != Head.Status.IDLE;
        return restless ? refused(Why.RUNNING) : Optional.empty();
    }

    /** Whether the budget lets nothing new begin. */
    private boolean spent() {
        Budget budget = head.budget();
        return head.paused() || budget != null && !leaves(budget);
    }

    /** Whether this budget leaves anything to spend. */
    private boolean leaves(Budget budget) {
        return budget.nanoUsd() > head.snapshot().usage().listNanoUsd();
    }
}
