package io.dormouse.harness;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.McpServer;
import io.dormouse.agents.McpTool;
import io.dormouse.json.Json;
import io.dormouse.mcp.Servers;
import io.dormouse.outbound.Outbound.Caller;
import io.dormouse.pace.Cancellation;
import io.dormouse.session.ToolResult;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** MCP servers that do as the test says, and remember what they were asked. */
final class FakeServers implements Servers {
    static final String DOCS = "[{'type':'url','name':'docs','url':'https://docs.example/mcp'}]";

    /** A toolset of that server with this policy. */
    static String toolset(String policy) {
        return "{'type':'mcp_toolset','mcp_server_name':'docs','default_config':{'enabled':true,"
                + "'permission_policy':{'type':'" + policy + "'}},'configs':[]}";
    }

    final List<String> listed = new ArrayList<>();
    final List<String> calls = new ArrayList<>();
    final List<Caller> callers = new ArrayList<>();
    final List<Long> left = new ArrayList<>();
    Consumer<Caller> leaving = caller -> {};
    BiFunction<McpServer, Cancellation, Listing> listing = (server, cancellation) -> new Listing.Listed(List.of(
            new McpTool("put", "Puts.", Json.object().put("type", "object"), false),
            new McpTool("get", "Gets.", Json.object().put("type", "object"), true)));
    BiFunction<String, Cancellation, Answer> answer =
            (tool, cancellation) -> new Answer.Result(ToolResult.text("did " + tool), false);

    @Override
    public Listing list(Caller caller, McpServer server, Cancellation cancellation) {
        synchronized (this) {
            listed.add(server.name());
        }
        return listing.apply(server, cancellation);
    }

    @Override
    public Answer call(Caller caller, McpServer server, String tool, ObjectNode input, Cancellation cancellation) {
        synchronized (this) {
            calls.add(tool);
            callers.add(caller);
        }
        return answer.apply(tool, cancellation);
    }

    @Override
    public void leave(Caller caller) {
        left.add(caller.epoch());
        leaving.accept(caller);
    }
}
