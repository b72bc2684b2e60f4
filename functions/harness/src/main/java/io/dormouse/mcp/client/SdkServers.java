package io.dormouse.mcp.client;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.McpServer;
import io.dormouse.agents.McpTool;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.mcp.Servers;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Outbound.Caller;
import io.dormouse.pace.Cancellation;
import io.dormouse.session.ToolResult;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;

/** MCP servers by the protocol's Java SDK. Thread-safe. Blocks its threads, which should be virtual. */
public final class SdkServers implements Servers {
    private static final TypeReference<Map<String, Object>> ARGUMENTS = new TypeReference<>() {};

    /** A listing is looked at no further than this. */
    private static final int MAX_TOOLS = 1_000;

    private static final int MAX_PAGES = 50;

    private final Outbound outbound;
    private final Timeouts timeouts;
    private final Duration farewell;
    private final Map<Key, Connection> connections = new ConcurrentHashMap<>();

    private record Key(ThreadId thread, long epoch, McpServer server) {}

    public SdkServers(Outbound outbound, Timeouts timeouts) {
        this(outbound, timeouts, Connection.FAREWELL);
    }

    /** @param farewell how long it may take to end what is open at a server */
    SdkServers(Outbound outbound, Timeouts timeouts, Duration farewell) {
        this.outbound = outbound;
        this.timeouts = timeouts;
        this.farewell = farewell;
    }

    private Connection connection(Caller caller, McpServer server) {
        return connections.computeIfAbsent(
                new Key(caller.thread(), caller.epoch(), server),
                key -> new Connection(outbound, caller, server, timeouts, farewell));
    }

    /** The next one connects anew. */
    private void drop(Caller caller, McpServer server, Connection connection) {
        if (connections.remove(new Key(caller.thread(), caller.epoch(), server), connection)) connection.close();
    }

    @Override
    public void leave(Caller caller) {
        List<Thread> ends = new ArrayList<>();
        connections.forEach((key, connection) -> {
            boolean theirs = key.thread().equals(caller.thread()) && key.epoch() == caller.epoch();
            if (theirs && connections.remove(key, connection)) ends.add(connection.close());
        });
        try {
            for (Thread end : ends) end.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- tools

    @Override
    public Listing list(Caller caller, McpServer server, Cancellation cancellation) {
        Connection connection = connection(caller, server);
        try {
            return new Listing.Listed(tools(connection.client(cancellation), caller, cancellation));
        } catch (CancellationException e) {
            return new Listing.Cancelled();
        } catch (McpError e) {
            return new Listing.Failed(Failure.CONNECTION, refusal(e));
        } catch (Fault e) {
            drop(caller, server, connection);
            return cancellation.requested() ? new Listing.Cancelled() : new Listing.Failed(e.kind(), e.getMessage());
        }
    }

    private List<McpTool> tools(McpAsyncClient client, Caller caller, Cancellation cancellation) {
        List<McpTool> tools = new ArrayList<>();
        // A server without tools has none, and does not know the question.
        if (client.getServerCapabilities() == null
                || client.getServerCapabilities().tools() == null) return tools;
        String cursor = null;
        for (int page = 0; page < MAX_PAGES && tools.size() < MAX_TOOLS; page++) {
            McpSchema.ListToolsResult result =
                    Connection.await(client.listTools(cursor), new Errand(caller), timeouts.list(), cancellation);
            if (result.tools() != null)
                for (McpSchema.Tool tool : result.tools()) if (tools.size() < MAX_TOOLS) tools.add(Contents.tool(tool));
            cursor = result.nextCursor();
            if (cursor == null || cursor.isEmpty()) return tools;
        }
        return tools;
    }

    // ---- calls

    @Override
    public Answer call(Caller caller, McpServer server, String tool, ObjectNode input, Cancellation cancellation) {
        Answer answer = attempt(caller, server, tool, input, cancellation, true);
        // The session was gone, and the call with it: it was not heard.
        return answer == null ? attempt(caller, server, tool, input, cancellation, false) : answer;
    }

    /** @param first whether null may be answered, for a session that the server has forgotten */
    private Answer attempt(
            Caller caller, McpServer server, String tool, ObjectNode input, Cancellation cancellation, boolean first) {
        Connection connection = connection(caller, server);
        Errand errand = new Errand(caller);
        try {
            McpAsyncClient client = connection.client(cancellation);
            McpSchema.CallToolRequest request = McpSchema.CallToolRequest.builder(tool)
                    .arguments(Json.MAPPER.convertValue(input, ARGUMENTS))
                    .build();
            return Contents.result(Connection.await(client.callTool(request), errand, timeouts.call(), cancellation));
        } catch (CancellationException e) {
            connection.cancel(errand.sent());
            return new Answer.Cancelled();
        } catch (McpError e) {
            // The server's own answer: for the model.
            return new Answer.Result(ToolResult.text(refusal(e)), true);
        } catch (Fault e) {
            boolean forgotten = first && connection.forgotten(e);
            if (errand.sent() != null && e.status() == 0) connection.cancel(errand.sent());
            drop(caller, server, connection);
            if (cancellation.requested()) return new Answer.Cancelled();
            if (forgotten) return null;
            // A client's error says that nothing was done.
            boolean sent = errand.sent() != null && (e.status() < 400 || e.status() >= 500);
            return new Answer.Failed(e.kind(), e.getMessage(), sent);
        }
    }

    private static String refusal(McpError e) {
        String said = e.getJsonRpcError() == null
                ? e.getMessage()
                : e.getJsonRpcError().message();
        return Fault.connection(said == null ? "The server refused." : said).getMessage();
    }
}
