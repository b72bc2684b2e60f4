package io.dormouse.outbound;

import io.dormouse.id.EventId;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import java.io.InputStream;
import java.util.List;

/**
 * The only way out: one HTTP request, through the credential proxy. The proxy decides where it may go and adds what it
 * may; whoever calls never sees a credential.
 */
public interface Outbound {
    /** Sends the request and returns when the head of the answer is there. Never throws for what a network can do. */
    Response send(Caller caller, Request request);

    /**
     * Who asks, vouched for by the harness that holds the thread's lease; never told by the sandbox.
     *
     * @param epoch of the lease; once a later one exists, nothing is sent
     * @param call the tool call on whose behalf this is, or null
     */
    record Caller(
            WorkspaceId workspace, SessionId session, ThreadId thread, long epoch, EventId call, Purpose purpose) {}

    enum Purpose {
        /** A program in the sandbox. */
        SANDBOX,
        /** A call of an MCP server, made by the harness. */
        MCP,
        /** A clone or push of a repository that is a resource of the session. */
        GIT,
        /** The web_fetch tool. */
        FETCH
    }

    /**
     * @param url absolute, as the caller wrote it: the proxy parses it, once, strictly
     * @param headers in order, names as written, names may repeat
     * @param body read once, to its end, unless the request is refused; empty, not null, for none
     * @param length of the body in bytes, or -1 when it is not known
     */
    record Request(String method, String url, List<Header> headers, InputStream body, long length) {}

    record Header(String name, String value) {}

    sealed interface Response {
        /**
         * @param body streams; to be closed, also when it was not read to its end
         * @param credential the id of the credential that was used, or null
         */
        record Answered(int status, List<Header> headers, InputStream body, String credential) implements Response {}

        /**
         * Nothing was sent, or no answer came.
         *
         * @param reason a stable word, for example {@code destination_denied}
         * @param message for a person; tells nothing that the caller may not know
         */
        record Refused(String reason, String message) implements Response {}
    }
}
