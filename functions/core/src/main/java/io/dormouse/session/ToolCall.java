package io.dormouse.session;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.EventId;

/**
 * A call that the model asked for.
 *
 * @param id the public event that tells it; also the key under which the hand knows it
 * @param modelId the model's own id of it ({@code toolu_…})
 * @param name of the tool; of one of an MCP server the server's own, which is not what the model calls it
 * @param input as the model gave it; an empty object where that was not a JSON object
 * @param gate what must happen before it runs
 * @param policy the permission policy that led to the gate ({@code always_allow}, {@code always_ask}, {@code auto}); null
 *     where none applies
 * @param refusal null unless the gate is {@code REFUSED}: what the model is told
 * @param server the MCP server that runs it; null or absent for all other calls
 * @param repeatable whether that server says that it may run twice; absent means false
 */
public record ToolCall(
        EventId id,
        String modelId,
        String name,
        ObjectNode input,
        Gate gate,
        String policy,
        String refusal,
        String server,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean repeatable) {
    /** Of a tool that no MCP server runs. */
    public ToolCall(
            EventId id, String modelId, String name, ObjectNode input, Gate gate, String policy, String refusal) {
        this(id, modelId, name, input, gate, policy, refusal, null, false);
    }

    /** The same call, after its confirmation. */
    ToolCall allowed() {
        return new ToolCall(id, modelId, name, input, Gate.ALLOWED, policy, null, server, repeatable);
    }

    public enum Gate {
        /** Runs at once, in the hand or at its MCP server. */
        ALLOWED,
        /** Waits for a confirmation by the client. */
        ASK,
        /** Is run by the client, which posts the result. */
        CUSTOM,
        /** Is not run: unknown or disabled tool, input that is no object, cut off. */
        REFUSED
    }
}
