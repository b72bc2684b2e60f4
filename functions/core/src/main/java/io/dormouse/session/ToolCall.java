package io.dormouse.session;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.EventId;

/**
 * A call that the model asked for.
 *
 * @param id the public event that tells it; also the key under which the hand knows it
 * @param modelId the model's own id of it ({@code toolu_…})
 * @param input as the model gave it; an empty object where that was not a JSON object
 * @param gate what must happen before it runs
 * @param policy the permission policy that led to the gate ({@code always_allow}, {@code always_ask}, {@code auto}); null
 *     where none applies
 * @param refusal null unless the gate is {@code REFUSED}: what the model is told
 */
public record ToolCall(
        EventId id, String modelId, String name, ObjectNode input, Gate gate, String policy, String refusal) {
    /** The same call, after its confirmation. */
    ToolCall allowed() {
        return new ToolCall(id, modelId, name, input, Gate.ALLOWED, policy, null);
    }

    public enum Gate {
        /** Runs in the hand at once. */
        ALLOWED,
        /** Waits for a confirmation by the client. */
        ASK,
        /** Is run by the client, which posts the result. */
        CUSTOM,
        /** Is not run: unknown or disabled tool, input that is no object, cut off. */
        REFUSED
    }
}
