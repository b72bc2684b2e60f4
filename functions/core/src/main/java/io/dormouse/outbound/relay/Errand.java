package io.dormouse.outbound.relay;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.outbound.Outbound;
import io.dormouse.resource.Contents;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;

/** What a proxy is asked to do, as JSON. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "errand")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Errand.Send.class, name = "send"),
    @JsonSubTypes.Type(value = Errand.Placeholders.class, name = "placeholders"),
    @JsonSubTypes.Type(value = Errand.Store.class, name = "store"),
})
public sealed interface Errand {
    /**
     * A request of a session.
     *
     * @param body all of it, or empty when it is in pieces
     * @param length as the request has it: -1 when it is not known
     * @param full whether credentials may not be used now: too many uses are untold
     */
    record Send(
            Outbound.Caller caller,
            String method,
            String url,
            List<Outbound.Header> headers,
            byte[] body,
            List<Piece> pieces,
            long length,
            boolean full)
            implements Errand {
        public Outbound.Request request(Contents contents) {
            InputStream stream = pieces.isEmpty() ? new ByteArrayInputStream(body) : new Pieces(contents, pieces);
            return new Outbound.Request(method, url, headers, stream, length);
        }

        /** Without what the request says. */
        @Override
        public String toString() {
            return "Send[" + caller + "]";
        }
    }

    /** What stands in a session's sandboxes for its credentials. */
    record Placeholders(WorkspaceId workspace, SessionId session) implements Errand {}

    /** A call of the safe. */
    record Store(SafeCall call) implements Errand {}

    default byte[] bytes() {
        return Json.bytes(this);
    }

    /** @throws java.io.UncheckedIOException that may quote what is in it */
    static Errand of(byte[] event) {
        return Json.read(event, Errand.class);
    }
}
