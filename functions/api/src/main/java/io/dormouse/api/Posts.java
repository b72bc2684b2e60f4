package io.dormouse.api;

import io.dormouse.edge.Call;
import io.dormouse.harness.Wakes;
import io.dormouse.head.Head;
import io.dormouse.head.Head.Posting;
import io.dormouse.head.Heads;
import io.dormouse.head.Heads.Swapped;
import io.dormouse.id.EventId;
import io.dormouse.session.Entry;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.Questions;
import io.dormouse.session.SessionLog;
import io.dormouse.session.ToolCall.Gate;
import io.dormouse.wire.ApiError;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Puts inputs into a thread's mailbox and asks for a wake: durable, whole or not at all, before it returns. */
@Singleton
final class Posts {
    private static final int PAGE = 500;
    private static final Duration SKEW = Duration.ofMinutes(1);

    private final Heads heads;
    private final SessionLog log;
    private final Wakes wakes;
    private final InstantSource clock;

    Posts(Heads heads, SessionLog log, Wakes wakes, InstantSource clock) {
        this.heads = heads;
        this.log = log;
        this.wakes = wakes;
        this.clock = clock;
    }

    /** @param head as it was read for this request; what was accepted is what the client is told */
    List<Posted> post(Call call, Head head, List<Input> inputs) {
        Head current = head;
        Map<EventId, Gate> asked = Map.of();
        boolean mayBeDone = call.again();
        while (true) {
            List<Posted> before = mayBeDone ? before(call, current, inputs) : List.of();
            if (!before.isEmpty()) {
                if (current.owes()) wakes.send(current);
                return before;
            }
            switch (current.post(inputs, asked, clock.instant())) {
                case Posting.Accepted accepted -> {
                    switch (heads.swap(current, accepted.next())) {
                        case Swapped.Done done -> {
                            if (accepted.next().owes()) wakes.send(accepted.next());
                            return accepted.posted();
                        }
                        case Swapped.Changed changed -> {
                            current = changed.current();
                            // Perhaps by an attempt that took this one for dead.
                            mayBeDone = call.firstTriedAt() != null;
                        }
                    }
                }
                case Posting.Ignored ignored -> {
                    return ignored.posted();
                }
                case Posting.Refused refused -> {
                    if (refused.why() != Posting.Why.UNKNOWN_QUESTION || !asked.isEmpty()) throw refusal(refused);
                    // The question may be in the log although the head does not say so yet.
                    asked = questionsInLog(current);
                    if (asked.isEmpty()) throw refusal(refused);
                }
            }
        }
    }

    /**
     * What another attempt with the same ids has posted: all of it, or nothing. By now it may be in the log, or one lane
     * of it may.
     */
    private List<Posted> before(Call call, Head head, List<Input> inputs) {
        Set<EventId> ids = inputs.stream().map(Input::id).collect(Collectors.toSet());
        SortedMap<Long, Posted> found = new TreeMap<>();
        Consumer<Posted> match = posted -> {
            if (ids.contains(posted.input().id())) found.put(posted.seq(), posted);
        };
        head.mail().forEach(match);
        // Who writes the log has another clock.
        Instant since = call.firstTriedAt().minus(SKEW);
        long end = EventPages.end(log, head.thread(), head.snapshot().position());
        while (end > 0 && found.size() < inputs.size()) {
            int size = (int) Math.min(PAGE, end);
            List<Entry> page = log.read(head.thread(), end - size, size);
            for (Entry entry : page) entry.inputs().forEach(match);
            if (page.isEmpty() || page.getFirst().time().isBefore(since)) break;
            end -= size;
        }
        return List.copyOf(found.values());
    }

    private Map<EventId, Gate> questionsInLog(Head head) {
        List<Entry> entries = new ArrayList<>();
        long after = head.snapshot().position();
        List<Entry> page;
        do {
            page = log.read(head.thread(), after, PAGE);
            entries.addAll(page);
            after += page.size();
        } while (page.size() == PAGE);
        return Questions.in(entries);
    }

    static Refused refusal(Posting.Refused refused) {
        String detail = refused.detail();
        return new Refused(
                switch (refused.why()) {
                    case GONE -> new ApiError.NotFound("No session " + detail);
                    case ARCHIVED -> new ApiError.Invalid("Cannot send events to archived session: " + detail);
                    case MAILBOX_FULL -> new ApiError.RateLimited("Too many events wait to be processed: " + detail, 1);
                    case AWAITING_ANSWERS ->
                        new ApiError.Invalid("This session is waiting on responses to events " + detail
                                + ". Send user.tool_confirmation, user.custom_tool_result, user.tool_result or"
                                + " user.interrupt first.");
                    case UNKNOWN_QUESTION ->
                        new ApiError.Invalid("The event " + detail + " is not waiting for a response");
                    case ANSWERED_ALREADY -> new ApiError.Invalid("The event " + detail + " has a response already");
                    case WRONG_ANSWER ->
                        new ApiError.Invalid("The event " + detail
                                + " wants the other kind of response: user.tool_confirmation for agent.tool_use,"
                                + " user.custom_tool_result for agent.custom_tool_use");
                    case RUNNING ->
                        new ApiError.Invalid(
                                "The session " + detail + " is running. Interrupt it, or wait until it is idle.");
                    case BUDGET_REACHED ->
                        new ApiError.Invalid("The session " + detail + " has reached its budget and accepts only "
                                + "user.tool_confirmation, user.tool_result, user.custom_tool_result and user.interrupt."
                                + " Change or remove the budget first.");
                    case BUDGET_CREATE_ONLY ->
                        new ApiError.Invalid(
                                "budget: can only be given when a session is made; one that was removed does not come back",
                                "budget_create_only");
                    case BUDGET_NOT_RAISED ->
                        new ApiError.Invalid(
                                "budget.max_list_cost must be greater than the session's consumed list cost",
                                "budget_not_raised");
                });
    }
}
