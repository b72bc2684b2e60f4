package io.dormouse.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.McpServer;
import io.dormouse.agents.McpTool;
import io.dormouse.outbound.Outbound.Caller;
import io.dormouse.pace.Cancellation;
import java.util.List;

/** MCP servers. Whatever a server or a network does is an answer. */
public interface Servers {
    /** The tools that the server has now, in its order, as it says it: what may be kept of them is for the caller to decide. */
    Listing list(Caller caller, McpServer server, Cancellation cancellation);

    /**
     * Makes the call, once. Returns when the server has answered, or soon after a cancellation was requested.
     *
     * @param tool the server's own name of it
     */
    Answer call(Caller caller, McpServer server, String tool, ObjectNode input, Cancellation cancellation);

    /**
     * The owner's work on the thread is over: what is kept open for it goes. Returns when it has, a few seconds at most. Who
     * calls after all opens anew.
     */
    default void leave(Caller caller) {}

    sealed interface Listing {
        record Listed(List<McpTool> tools) implements Listing {}

        record Failed(Failure kind, String message) implements Listing {}

        record Cancelled() implements Listing {}
    }

    sealed interface Answer {
        /** @param content array of content blocks, as a model may be sent them, of any size @param isError the tool's own word */
        record Result(JsonNode content, boolean isError) implements Answer {}

        /** @param sent whether the call may have reached the tool, and taken effect */
        record Failed(Failure kind, String message, boolean sent) implements Answer {}

        record Cancelled() implements Answer {}
    }

    enum Failure {
        /** Not there, not allowed to be called, or not speaking the protocol. */
        CONNECTION("mcp_connection_failed_error"),
        /** It wants a credential, or another one. */
        AUTHENTICATION("mcp_authentication_failed_error");

        private final String wireName;

        Failure(String wireName) {
            this.wireName = wireName;
        }

        public String wireName() {
            return wireName;
        }
    }

    /** Where there is no way out. */
    Servers NONE = new Servers() {
        private static final String WHY = "MCP servers are not available here.";

        @Override
        public Listing list(Caller caller, McpServer server, Cancellation cancellation) {
            return new Listing.Failed(Failure.CONNECTION, WHY);
        }

        @Override
        public Answer call(Caller caller, McpServer server, String tool, ObjectNode input, Cancellation cancellation) {
            return new Answer.Failed(Failure.CONNECTION, WHY, false);
        }
    };
}
