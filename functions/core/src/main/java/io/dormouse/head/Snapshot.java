package io.dormouse.head;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.dormouse.id.EventId;
import io.dormouse.session.Budget;
import io.dormouse.session.Conversation;
import io.dormouse.session.Taken;
import io.dormouse.session.ToolCall;
import io.dormouse.session.Usage;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the log said at {@code position}. A cache of the fold: whoever doubts it reads the log.
 *
 * @param questions calls that wait for an answer of the client, each with the kind of answer
 * @param runningSince when the session last began to run; null while it rests
 * @param dueAt when a rescheduled session goes on; null otherwise
 * @param base position behind which a fold can begin to read, for a summary stands for what came before; absent means 0, all
 * @param budget what the session may spend; null for no limit
 */
public record Snapshot(
        long position,
        Phase phase,
        Map<EventId, ToolCall.Gate> questions,
        Taken taken,
        Usage usage,
        long activeMillis,
        Instant runningSince,
        Instant dueAt,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) long base,
        Budget budget) {

    /** Of a log without a summary, and of a session without a budget. */
    public Snapshot(
            long position,
            Phase phase,
            Map<EventId, ToolCall.Gate> questions,
            Taken taken,
            Usage usage,
            long activeMillis,
            Instant runningSince,
            Instant dueAt) {
        this(position, phase, questions, taken, usage, activeMillis, runningSince, dueAt, 0, null);
    }

    public enum Phase {
        RESTING,
        RUNNING,
        AWAITING,
        RETRYING,
        /** The budget is reached; what the turn comes to waits for another one. */
        PAUSED,
        ENDED
    }

    /** Of a log with its first entry only. */
    public static final Snapshot FRESH = fresh(null);

    /** The same of a session with this budget. */
    public static Snapshot fresh(Budget budget) {
        return new Snapshot(1, Phase.RESTING, Map.of(), Taken.NONE, Usage.NONE, 0, null, null, 0, budget);
    }

    public static Snapshot of(Conversation c) {
        return switch (c.phase()) {
            case Conversation.Phase.Resting p -> of(c, Phase.RESTING, List.of(), null);
            case Conversation.Phase.Paused p -> of(c, Phase.PAUSED, List.of(), null);
            case Conversation.Phase.Ended p -> of(c, Phase.ENDED, List.of(), null);
            case Conversation.Phase.Closing p -> of(c, Phase.RUNNING, List.of(), null);
            case Conversation.Phase.Asking p ->
                of(c, p.notBefore() == null ? Phase.RUNNING : Phase.RETRYING, List.of(), p.notBefore());
            case Conversation.Phase.Acting p ->
                of(c, p.awaited() == null ? Phase.RUNNING : Phase.AWAITING, p.calls(), null);
        };
    }

    private static Snapshot of(Conversation c, Phase phase, List<ToolCall> calls, Instant dueAt) {
        Map<EventId, ToolCall.Gate> questions = new LinkedHashMap<>();
        for (ToolCall call : calls)
            switch (call.gate()) {
                case ASK, CUSTOM -> questions.put(call.id(), call.gate());
                case ALLOWED, REFUSED -> {}
            }
        return new Snapshot(
                c.position(),
                phase,
                questions,
                c.taken(),
                c.usage(),
                c.activeMillis(),
                c.runningSince(),
                dueAt,
                c.context().base(),
                c.allowance().budget());
    }
}
