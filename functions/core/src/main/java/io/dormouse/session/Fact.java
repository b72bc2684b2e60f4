package io.dormouse.session;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.McpServer;
import io.dormouse.agents.McpTool;
import io.dormouse.id.CredentialId;
import io.dormouse.id.EventId;
import io.dormouse.id.VaultId;
import io.dormouse.outbound.CredentialUse;
import java.time.Instant;
import java.util.List;

/**
 * What happened, as the log keeps it for ever. A stored name is a promise: names and fields are only ever added, and
 * {@code FactGoldenTest} holds a line of each.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "fact")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Fact.SessionBegan.class, name = "session_began"),
    @JsonSubTypes.Type(value = Fact.Noted.class, name = "noted"),
    @JsonSubTypes.Type(value = Fact.TurnBegan.class, name = "turn_began"),
    @JsonSubTypes.Type(value = Fact.InputsJoined.class, name = "inputs_joined"),
    @JsonSubTypes.Type(value = Fact.ModelAsked.class, name = "model_asked"),
    @JsonSubTypes.Type(value = Fact.ModelReplied.class, name = "model_replied"),
    @JsonSubTypes.Type(value = Fact.ModelFailed.class, name = "model_failed"),
    @JsonSubTypes.Type(value = Fact.ToolsReturned.class, name = "tools_returned"),
    @JsonSubTypes.Type(value = Fact.ClientAwaited.class, name = "client_awaited"),
    @JsonSubTypes.Type(value = Fact.ClientAnswered.class, name = "client_answered"),
    @JsonSubTypes.Type(value = Fact.TurnInterrupted.class, name = "turn_interrupted"),
    @JsonSubTypes.Type(value = Fact.TurnEnded.class, name = "turn_ended"),
    @JsonSubTypes.Type(value = Fact.HandAttached.class, name = "hand_attached"),
    @JsonSubTypes.Type(value = Fact.HandLost.class, name = "hand_lost"),
    @JsonSubTypes.Type(value = Fact.Compacted.class, name = "compacted"),
    @JsonSubTypes.Type(value = Fact.CredentialUsed.class, name = "credential_used"),
    @JsonSubTypes.Type(value = Fact.ToolsListed.class, name = "tools_listed"),
    @JsonSubTypes.Type(value = Fact.ServerFailed.class, name = "server_failed"),
    @JsonSubTypes.Type(value = Fact.CallsBegan.class, name = "calls_began"),
    @JsonSubTypes.Type(value = Fact.Reserved.class, name = "reserved"),
    @JsonSubTypes.Type(value = Fact.BudgetReached.class, name = "budget_reached"),
})
public sealed interface Fact {

    /** The inputs that came into the log by this fact. */
    default List<Posted> inputs() {
        return switch (this) {
            case Noted f -> List.of(f.note());
            case TurnBegan f -> f.inputs();
            case InputsJoined f -> f.inputs();
            case ClientAnswered f -> f.answers();
            case TurnInterrupted f -> f.interrupts();
            case SessionBegan f -> List.of();
            case ModelAsked f -> List.of();
            case ModelReplied f -> List.of();
            case ModelFailed f -> List.of();
            case ToolsReturned f -> List.of();
            case ClientAwaited f -> List.of();
            case TurnEnded f -> List.of();
            case HandAttached f -> List.of();
            case HandLost f -> List.of();
            case CredentialUsed f -> List.of();
            // What it keeps came in before.
            case Compacted f -> List.of();
            case ToolsListed f -> List.of();
            case ServerFailed f -> List.of();
            case CallsBegan f -> List.of();
            case Reserved f -> List.of();
            case BudgetReached f -> List.of();
        };
    }

    /**
     * The first fact of every log.
     *
     * @param agent the resolved snapshot, as the session shows it
     * @param unreachable credentials that the session cannot use everywhere they are for; absent means none
     * @param budget null for none
     */
    record SessionBegan(
            JsonNode agent,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Unreachable> unreachable,
            Budget budget) implements Fact {
        public SessionBegan {
            unreachable = unreachable == null ? List.of() : List.copyOf(unreachable);
        }

        public SessionBegan(JsonNode agent, List<Unreachable> unreachable) {
            this(agent, unreachable, null);
        }

        public SessionBegan(JsonNode agent) {
            this(agent, List.of());
        }
    }

    /** A credential that is meant for hosts which the session's environment does not allow. */
    record Unreachable(VaultId vault, CredentialId credential, String message) {}

    /**
     * The session was updated or archived.
     *
     * @param resumed whether the turn that the budget had stopped goes on; absent means false
     */
    record Noted(
            Posted note,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean resumed) implements Fact {
        public Noted(Posted note) {
            this(note, false);
        }
    }

    record TurnBegan(List<Posted> inputs) implements Fact {}

    /** Queued messages entered a running turn at a model boundary. */
    record InputsJoined(List<Posted> inputs) implements Fact {}

    /**
     * A model request is about to be made.
     *
     * @param resumed true after a pause for a retry
     * @param compacts whether it asks for a summary of the history; absent means false
     */
    record ModelAsked(
            EventId id,
            boolean resumed,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean compacts) implements Fact {
        public ModelAsked(EventId id, boolean resumed) {
            this(id, resumed, false);
        }
    }

    /**
     * @param asked the {@link ModelAsked} that this answers
     * @param content content blocks as the model gave them, in order, thinking with its signature
     * @param calls one for each {@code tool_use} block, in order
     * @param stopReason the model's own word
     * @param stopDetails null, or the model's details of a refusal
     */
    record ModelReplied(
            EventId asked,
            List<ObjectNode> content,
            List<ToolCall> calls,
            String stopReason,
            JsonNode stopDetails,
            Usage usage)
            implements Fact {}

    /**
     * @param error one of the wire API's error types, for example {@code model_overloaded_error}
     * @param retryAt when it is tried again; null when it is not
     * @param usage what the failed request consumed all the same
     * @param tighter the prompt was too long, or a summary was asked for and none came: the next request is to be smaller
     *     and plainer, and is made at once; absent means false
     */
    record ModelFailed(
            EventId asked,
            String error,
            String message,
            Instant retryAt,
            Usage usage,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean tighter)
            implements Fact {
        public ModelFailed(EventId asked, String error, String message, Instant retryAt, Usage usage) {
            this(asked, error, message, retryAt, usage, false);
        }
    }

    /**
     * For the model, a summary stands for the history from here on. The history stays what it is. The first fact of its
     * entry, so that a fold can begin with it.
     *
     * @param asked the {@link ModelAsked} that this answers
     * @param base position of the last entry that the summary stands for; prompts go on with the entries behind it
     * @param kept inputs of those entries that prompts repeat word for word: what system messages and the running turn say
     * @param contextTokens estimate of the prompt that this leaves
     * @param usage what the summary consumed
     * @param before what the log says up to here
     */
    record Compacted(
            EventId asked,
            long base,
            String summary,
            List<Posted> kept,
            long contextTokens,
            Usage usage,
            Checkpoint before)
            implements Fact {}

    record ToolsReturned(List<ToolResult> results) implements Fact {}

    /**
     * The session waits for its client, holding no compute.
     *
     * @param questions the calls that want an answer
     * @param budget null for none
     */
    record ClientAwaited(List<EventId> questions, Usage total, long activeMillis, Budget budget) implements Fact {
        public ClientAwaited(List<EventId> questions, Usage total, long activeMillis) {
            this(questions, total, activeMillis, null);
        }
    }

    /** @param resumed whether the session was idle and this was the last answer it waited for */
    record ClientAnswered(List<Posted> answers, List<ToolResult> results, boolean resumed) implements Fact {}

    /**
     * @param results for every call that was open
     * @param asked the model request that was cut off, or null
     * @param usage what that request consumed, or may have
     */
    record TurnInterrupted(List<Posted> interrupts, List<ToolResult> results, EventId asked, Usage usage)
            implements Fact {}

    /**
     * @param error null, or the type of the {@code session.error} that is told before the end
     * @param details null, or {@code stop_details}
     * @param budget null for none
     */
    record TurnEnded(
            StopReason reason,
            JsonNode details,
            String error,
            String message,
            Usage total,
            long activeMillis,
            Budget budget)
            implements Fact {
        public TurnEnded(
                StopReason reason, JsonNode details, String error, String message, Usage total, long activeMillis) {
            this(reason, details, error, message, total, activeMillis, null);
        }
    }

    /** @param problem null, or what the hand could not be given: it works all the same */
    record HandAttached(
            String hand,
            @JsonInclude(JsonInclude.Include.NON_NULL) String problem) implements Fact {
        public HandAttached(String hand) {
            this(hand, null);
        }
    }

    record HandLost(String hand, String reason) implements Fact {}

    /** A credential left for a host. Told with the outcome of the call that caused it, or soon after. */
    record CredentialUsed(CredentialUse use) implements Fact {}

    /** An MCP server listed its tools, which the session has from here on. @param tools as many as a session may have */
    record ToolsListed(McpServer server, List<McpTool> tools) implements Fact {}

    /**
     * An MCP server could not be listed or called; the session goes on without it.
     *
     * @param server its name in the agent
     * @param error one of the wire API's error types, for example {@code mcp_connection_failed_error}
     */
    record ServerFailed(String server, String error, String message) implements Fact {}

    /**
     * Calls of MCP servers are about to be made that must not be made twice.
     *
     * @param by a mark of whoever makes them: nobody else may
     */
    record CallsBegan(List<EventId> calls, String by) implements Fact {}

    /**
     * This may be spent on the open request, which is made once for it: right after this is in the log, by whoever put it
     * there. Who finds it later does not know what came of that, and reserves anew.
     *
     * @param asked the {@link ModelAsked} that it is for
     * @param nanoUsd the most that it can cost, in billionths of a US dollar
     * @param maxTokens of the reply, when the budget leaves less than usual; absent means as many as usual
     * @param by the nonce of the entry that tells this
     * @param lostNanoUsd what was reserved for it before, by somebody who was not heard of again, and counts as spent; absent
     *     means nothing
     */
    record Reserved(
            EventId asked,
            long nanoUsd,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) int maxTokens,
            String by,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) long lostNanoUsd)
            implements Fact {}

    /**
     * The budget does not allow what comes next: the turn waits for another one, holding no compute.
     *
     * @param cut whether the last reply was cut short, so that the model is to be told; absent means false
     */
    record BudgetReached(
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean cut, Usage total, long activeMillis, Budget budget)
            implements Fact {}
}
