package io.dormouse.session;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.agents.McpListing;
import io.dormouse.agents.McpTools;
import io.dormouse.id.EventId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * What a log says, folded: enough to decide what comes next. The prompt is another fold of the same facts.
 *
 * @param position of the last entry
 * @param epoch the highest seen
 * @param agent the agent's snapshot as it stands
 * @param taken which inputs are in the log
 * @param runningSince null while the session rests, waits or is rescheduled
 * @param failures model requests that failed in a row
 * @param asks model requests of this turn
 * @param cuts replies in a row that were cut off inside a tool call
 * @param context how full the model's window is
 * @param mcp what is known of the agent's MCP servers
 * @param allowance the budget, and what is known to keep it
 */
public record Conversation(
        long position,
        long epoch,
        JsonNode agent,
        Phase phase,
        Taken taken,
        Usage usage,
        long activeMillis,
        Instant runningSince,
        int failures,
        int asks,
        int cuts,
        Context context,
        McpTools mcp,
        Allowance allowance) {

    /** Each phase carries only what exists in it. */
    public sealed interface Phase {
        /** Between turns. */
        record Resting() implements Phase {}

        /**
         * The model is to be asked.
         *
         * @param open the request that the log says is being made, or null
         * @param notBefore null, or when a failed request may be repeated
         * @param compacts whether the open request is for a summary
         * @param reserved null, or what was set aside last for the open request
         */
        record Asking(EventId open, Instant notBefore, boolean compacts, Fact.Reserved reserved) implements Phase {
            public Asking(EventId open, Instant notBefore) {
                this(open, notBefore, false, null);
            }
        }

        /** The budget does not allow to ask the model. */
        record Paused() implements Phase {}

        /**
         * Calls are open.
         *
         * @param calls without a result so far, in order
         * @param awaited null while running; else what the client was last told to answer
         * @param begun calls that one owner may be making, each with that owner's mark
         */
        record Acting(List<ToolCall> calls, Set<EventId> awaited, Map<EventId, String> begun) implements Phase {
            public Acting(List<ToolCall> calls, Set<EventId> awaited) {
                this(calls, awaited, Map.of());
            }

            Acting begun(Fact.CallsBegan fact) {
                Map<EventId, String> more = new HashMap<>(begun);
                fact.calls().forEach(call -> more.put(call, fact.by()));
                return new Acting(calls, awaited, more);
            }

            Set<EventId> questions() {
                Set<EventId> questions = new LinkedHashSet<>();
                for (ToolCall call : calls)
                    switch (call.gate()) {
                        case ASK, CUSTOM -> questions.add(call.id());
                        case ALLOWED, REFUSED -> {}
                    }
                return questions;
            }

            List<ToolCall> through(ToolCall.Gate gate) {
                return calls.stream().filter(call -> call.gate() == gate).toList();
            }
        }

        /** The turn is over, and the log is to say so. */
        record Closing(StopReason reason, JsonNode details, String error, String message) implements Phase {}

        /** Archived. */
        record Ended() implements Phase {}
    }

    public static final Conversation EMPTY = new Conversation(
            0,
            0,
            null,
            new Phase.Resting(),
            Taken.NONE,
            Usage.NONE,
            0,
            null,
            0,
            0,
            0,
            Context.EMPTY,
            McpTools.NONE,
            Allowance.UNLIMITED);

    private static final Phase ASK = new Phase.Asking(null, null);

    public Conversation after(Entry entry) {
        Conversation next = this;
        for (Fact fact : entry.facts()) next = next.with(fact, entry.time());
        return next.at(entry.position(), Math.max(epoch, entry.epoch()));
    }

    /** This fact folded in, the position unchanged: what the log would say if it told it at that time. */
    public Conversation with(Fact fact, Instant time) {
        return switch (fact) {
            case Fact.SessionBegan f -> agent(f.agent()).allowance(Allowance.of(f.budget()));
            case Fact.Noted f -> noted(f, time);
            case Fact.TurnBegan f ->
                taking(f.inputs())
                        .phase(ASK)
                        .running(time)
                        .counts(0, 0, 0)
                        .mcp(mcp.fresh())
                        .context(context.fresh().plus(Tokens.of(f.inputs())))
                        .allowance(allowance.fresh().plus(f.inputs()));
            case Fact.InputsJoined f ->
                taking(f.inputs()).context(context.plus(Tokens.of(f.inputs()))).allowance(allowance.plus(f.inputs()));
            case Fact.ModelAsked f -> {
                Conversation asked = phase(new Phase.Asking(f.id(), null, f.compacts(), null))
                        .counts(failures, asks + 1, cuts);
                yield f.resumed() ? asked.running(time) : asked;
            }
            case Fact.ModelReplied f -> replied(f);
            case Fact.ModelFailed f -> failed(f, time);
            case Fact.Compacted f ->
                usage(f.usage())
                        .phase(ASK)
                        .counts(0, asks, cuts)
                        .context(context.compacted(f.base(), f.contextTokens()))
                        .allowance(allowance.unknown());
            case Fact.ToolsReturned f -> resolved(f.results());
            case Fact.ClientAwaited f ->
                phase(new Phase.Acting(acting().calls(), new HashSet<>(f.questions()), acting().begun()))
                        .stopped(time);
            case Fact.ClientAnswered f -> answered(f, time);
            case Fact.TurnInterrupted f -> interrupted(f);
            case Fact.TurnEnded f -> phase(new Phase.Resting()).stopped(time);
            case Fact.HandAttached f -> this;
            case Fact.HandLost f -> this;
            case Fact.CredentialUsed f -> this;
            case Fact.ToolsListed f ->
                mcp(mcp.with(new McpListing(f.server(), f.tools())))
                        .context(context.plus(Tokens.ofTools(f.tools())))
                        .allowance(allowance.plusTools(f.tools()));
            case Fact.ServerFailed f -> mcp(mcp.without(f.server()));
            case Fact.CallsBegan f -> phase(acting().begun(f));
            case Fact.Reserved f ->
                usage(Usage.NONE.priced(f.lostNanoUsd()))
                        .phase(new Phase.Asking(f.asked(), null, asking().compacts(), f));
            case Fact.BudgetReached f -> phase(new Phase.Paused()).stopped(time);
        };
    }

    private Conversation noted(Fact.Noted fact, Instant time) {
        Conversation next = taking(List.of(fact.note()));
        if (fact.resumed()) next = next.phase(ASK).running(time).mcp(mcp.fresh());
        return switch (fact.note().input()) {
            case Input.Updated updated -> next.updated(updated.changes());
            case Input.Archived archived -> next.phase(new Phase.Ended());
            case Input.UserMessage m -> next;
            case Input.SystemMessage m -> next;
            case Input.Interrupt m -> next;
            case Input.Answer m -> next;
        };
    }

    private Conversation updated(JsonNode changes) {
        Conversation next = this;
        if (changes.has("budget")) next = next.allowance(allowance.with(Budget.of(changes.get("budget"))));
        return changes.has("agent") ? next.agent(changes.get("agent")).allowance(next.allowance.otherAgent()) : next;
    }

    private Conversation replied(Fact.ModelReplied reply) {
        boolean cutOff = "max_tokens".equals(reply.stopReason());
        boolean shortened = cutOff && reserved() != null && reserved().maxTokens() > 0;
        boolean cut = cutOff && !shortened && !reply.calls().isEmpty();
        Conversation next = usage(reply.usage())
                .counts(0, asks, cut ? cuts + 1 : 0)
                .context(context.replied(reply.usage(), reply.content()))
                .allowance(allowance.replied(reply.usage(), reply.content(), shortened));
        if (!reply.calls().isEmpty()) return next.phase(new Phase.Acting(reply.calls(), null));
        // It is not over: the model goes on when there is a larger budget.
        if (shortened) return next.phase(ASK);
        return switch (reply.stopReason()) {
            case "pause_turn" -> next.phase(ASK);
            case "refusal" -> next.phase(new Phase.Closing(StopReason.REFUSAL, reply.stopDetails(), null, null));
            case "model_context_window_exceeded" ->
                next.phase(new Phase.Closing(
                        StopReason.END_TURN,
                        null,
                        "unknown_error",
                        "The conversation fills the model's context window."));
            default -> next.phase(new Phase.Closing(StopReason.END_TURN, null, null, null));
        };
    }

    private Conversation failed(Fact.ModelFailed failure, Instant time) {
        Conversation next = usage(failure.usage()).counts(failures + 1, asks, cuts);
        if (failure.tighter()) return next.phase(ASK).context(context.refused()).allowance(allowance.unknown());
        if (failure.retryAt() != null)
            return next.phase(new Phase.Asking(null, failure.retryAt())).stopped(time);
        // Cut off by an interrupt: that is told next, and decides.
        if (failure.error() == null) return next.phase(ASK);
        return next.phase(new Phase.Closing(StopReason.RETRIES_EXHAUSTED, null, null, null));
    }

    private Conversation resolved(List<ToolResult> results) {
        if (!(phase instanceof Phase.Acting acting)) return this;
        Conversation next = context(context.plus(Tokens.ofResults(results))).allowance(allowance.plusResults(results));
        Set<EventId> done = new HashSet<>();
        for (ToolResult result : results) done.add(result.call());
        List<ToolCall> open = acting.calls().stream()
                .filter(call -> !done.contains(call.id()))
                .toList();
        return open.isEmpty() ? next.phase(ASK) : next.phase(new Phase.Acting(open, acting.awaited(), acting.begun()));
    }

    private Conversation answered(Fact.ClientAnswered fact, Instant time) {
        Conversation next = taking(fact.answers());
        if (fact.resumed()) next = next.running(time).mcp(mcp.fresh());
        if (!(phase instanceof Phase.Acting acting)) return next;
        Set<EventId> allowed = new HashSet<>();
        for (Posted posted : fact.answers())
            if (posted.input() instanceof Input.Confirmation c && c.allow()) allowed.add(c.call());
        List<ToolCall> calls = new ArrayList<>();
        for (ToolCall call : acting.calls()) calls.add(allowed.contains(call.id()) ? call.allowed() : call);
        return next.phase(new Phase.Acting(calls, fact.resumed() ? null : acting.awaited(), acting.begun()))
                .resolved(fact.results());
    }

    private Conversation interrupted(Fact.TurnInterrupted fact) {
        Conversation next = usage(fact.usage())
                .taking(fact.interrupts())
                .context(context.plus(Tokens.ofResults(fact.results())))
                .allowance(allowance.plusResults(fact.results()));
        return switch (phase) {
            case Phase.Asking p -> next.phase(new Phase.Closing(StopReason.END_TURN, null, null, null));
            case Phase.Acting p -> next.phase(new Phase.Closing(StopReason.END_TURN, null, null, null));
            case Phase.Closing p -> next;
            case Phase.Resting p -> next;
            // Only another budget lets it go on.
            case Phase.Paused p -> next;
            case Phase.Ended p -> next;
        };
    }

    private Phase.Acting acting() {
        return phase instanceof Phase.Acting acting ? acting : new Phase.Acting(List.of(), null);
    }

    private Phase.Asking asking() {
        return phase instanceof Phase.Asking asking ? asking : new Phase.Asking(null, null);
    }

    // ---- beginning at a summary

    /** What a fact that begins a fold has to say of what came before it. @param spill puts large content elsewhere */
    public Checkpoint checkpoint(UnaryOperator<JsonNode> spill) {
        return Checkpoint.of(this, spill);
    }

    /**
     * The fold of a log from a summary on, the same as the fold of all of it.
     *
     * @param entry one with a {@link Fact.Compacted}
     * @param filler brings back what was put elsewhere
     */
    public static Conversation from(Entry entry, UnaryOperator<JsonNode> filler) {
        return entry.compacted().before().before(entry.position(), filler).after(entry);
    }

    /** What was set aside last for the open request; null for nothing. */
    public Fact.Reserved reserved() {
        return asking().reserved();
    }

    /** How long the session has run, up to a moment, in milliseconds. */
    public long activeMillis(Instant now) {
        return runningSince == null
                ? activeMillis
                : activeMillis + Math.max(0, Duration.between(runningSince, now).toMillis());
    }

    // ---- copies with one thing changed

    private Conversation at(long newPosition, long newEpoch) {
        return new Conversation(
                newPosition,
                newEpoch,
                agent,
                phase,
                taken,
                usage,
                activeMillis,
                runningSince,
                failures,
                asks,
                cuts,
                context,
                mcp,
                allowance);
    }

    private Conversation agent(JsonNode newAgent) {
        return copy(newAgent, phase, taken, usage, context, mcp, allowance);
    }

    private Conversation phase(Phase newPhase) {
        return copy(agent, newPhase, taken, usage, context, mcp, allowance);
    }

    private Conversation taking(List<Posted> inputs) {
        return copy(agent, phase, taken.with(inputs), usage, context, mcp, allowance);
    }

    private Conversation usage(Usage more) {
        return copy(agent, phase, taken, usage.plus(more), context, mcp, allowance);
    }

    private Conversation context(Context newContext) {
        return copy(agent, phase, taken, usage, newContext, mcp, allowance);
    }

    private Conversation mcp(McpTools newMcp) {
        return copy(agent, phase, taken, usage, context, newMcp, allowance);
    }

    private Conversation allowance(Allowance newAllowance) {
        return newAllowance == allowance ? this : copy(agent, phase, taken, usage, context, mcp, newAllowance);
    }

    private Conversation copy(JsonNode a, Phase p, Taken t, Usage u, Context c, McpTools m, Allowance l) {
        return new Conversation(position, epoch, a, p, t, u, activeMillis, runningSince, failures, asks, cuts, c, m, l);
    }

    private Conversation counts(int newFailures, int newAsks, int newCuts) {
        return new Conversation(
                position,
                epoch,
                agent,
                phase,
                taken,
                usage,
                activeMillis,
                runningSince,
                newFailures,
                newAsks,
                newCuts,
                context,
                mcp,
                allowance);
    }

    private Conversation running(Instant since) {
        return runningSince != null ? this : clocked(activeMillis, since);
    }

    private Conversation stopped(Instant at) {
        return clocked(activeMillis(at), null);
    }

    private Conversation clocked(long millis, Instant since) {
        return new Conversation(
                position, epoch, agent, phase, taken, usage, millis, since, failures, asks, cuts, context, mcp,
                allowance);
    }
}
