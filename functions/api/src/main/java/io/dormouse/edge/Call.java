package io.dormouse.edge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.Ids;
import io.dormouse.id.WorkspaceId;
import java.time.Instant;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * One authenticated request, parsed.
 *
 * @param workspace from the credential, never from the request
 * @param parameters of the path, by their name in the route's template
 * @param headers value by lower-case name, or null
 * @param body an empty object when the request has none
 * @param ids makes the ids of whatever the handler creates. When the request has an {@code Idempotency-Key}, they follow
 *     from a seed stored with the key: a second attempt after a crash makes the same ids in the same order, finds what the
 *     first one stored, and repeats nothing. So a handler makes its ids here, in a fixed order, on its own thread, and takes
 *     "exists already" under such an id for "done already".
 * @param firstTriedAt null without a key; else when the first attempt began. What any attempt did may be found from then on
 * @param again whether this attempt takes over from another, which may have done it. A first one is taken over from when it
 *     is taken for dead, and need not be: when somebody was faster than it, that may have been another attempt
 */
public record Call(
        String requestId,
        WorkspaceId workspace,
        Map<String, String> parameters,
        Query query,
        UnaryOperator<String> headers,
        ObjectNode body,
        Ids ids,
        Instant firstTriedAt,
        boolean again) {

    /** @param firstTriedAt null for a first attempt that nobody takes over from */
    public Call(
            String requestId,
            WorkspaceId workspace,
            Map<String, String> parameters,
            Query query,
            UnaryOperator<String> headers,
            ObjectNode body,
            Ids ids,
            Instant firstTriedAt) {
        this(requestId, workspace, parameters, query, headers, body, ids, firstTriedAt, firstTriedAt != null);
    }

    /** A parameter of the path. */
    public String parameter(String name) {
        return parameters.get(name);
    }

    public String header(String name) {
        return headers.apply(name);
    }
}
