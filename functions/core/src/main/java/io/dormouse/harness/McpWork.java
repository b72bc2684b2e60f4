package io.dormouse.harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.agents.McpListing;
import io.dormouse.agents.McpServer;
import io.dormouse.agents.McpTools;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandResult;
import io.dormouse.hands.Hands;
import io.dormouse.id.EventId;
import io.dormouse.mcp.Listings;
import io.dormouse.mcp.Overflow;
import io.dormouse.mcp.Servers;
import io.dormouse.mcp.Servers.Answer;
import io.dormouse.mcp.Servers.Listing;
import io.dormouse.pace.Cancellation;
import io.dormouse.session.Conversation;
import io.dormouse.session.Fact;
import io.dormouse.session.Step;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolResult;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;

/** What a harness does with MCP servers: it lists their tools, and makes each call at most once. */
final class McpWork {
    private static final System.Logger LOG = System.getLogger("io.dormouse.harness");

    /** Of a result that goes into one entry of the log together with others. */
    static final int ENTRY_BYTES = 64 * 1024;

    private static final int MAX_MESSAGE = 1_000;

    private static final String LOST =
            "The answer to this call was lost with the process that made it. The call may or may not have taken effect; it was"
                    + " not made again.";

    private final Ports ports;
    private final Shift shift;
    /** Of calls whose beginning this owner told the log, and which it has not made yet. */
    private final Set<String> marks = new HashSet<>();

    McpWork(Ports ports, Shift shift) {
        this.ports = ports;
        this.shift = shift;
    }

    // ---- tools

    List<Fact> list(List<McpServer> servers) {
        Cancellation cancellation = shift.beginWork();
        List<Callable<Listing>> tasks = new ArrayList<>();
        for (McpServer server : servers) tasks.add(() -> list(server, cancellation));
        List<Listing> listings = ports.pace().all(tasks);
        List<Fact> facts = new ArrayList<>();
        McpTools known = shift.conversation().mcp();
        for (int i = 0; i < servers.size(); i++) {
            McpServer server = servers.get(i);
            switch (listings.get(i)) {
                case Listing.Listed listed -> {
                    Fact.ToolsListed kept = new Fact.ToolsListed(server, Listings.bounded(listed.tools(), known));
                    if (kept.tools().size() < listed.tools().size())
                        LOG.log(
                                System.Logger.Level.WARNING,
                                "{0}: {1} of {2} tools of an MCP server are left out",
                                shift.thread(),
                                listed.tools().size() - kept.tools().size(),
                                listed.tools().size());
                    known = known.with(new McpListing(server, kept.tools()));
                    facts.add(kept);
                }
                case Listing.Failed failed -> facts.add(failed(server.name(), failed.kind(), failed.message()));
                // Whoever cancelled decides what comes next.
                case Listing.Cancelled c -> {
                    if (!cancellation.requested())
                        facts.add(failed(server.name(), Servers.Failure.CONNECTION, "It was given up."));
                }
            }
        }
        shift.refresh();
        return facts;
    }

    private Listing list(McpServer server, Cancellation cancellation) {
        shift.renew();
        try {
            return ports.servers().list(shift.caller(null), server, cancellation);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "listing the tools of an MCP server for " + shift.thread(), e);
            return new Listing.Failed(Servers.Failure.CONNECTION, "internal: " + e);
        }
    }

    private static Fact failed(String server, Servers.Failure kind, String message) {
        return new Fact.ServerFailed(
                server, kind.wireName(), message.substring(0, Math.min(message.length(), MAX_MESSAGE)));
    }

    // ---- calls

    /**
     * Calls that the log is to say are begun, before they are: so that whoever finds them open knows that they may have been
     * made. Null when there is nothing to say.
     */
    Fact begin(List<ToolCall> calls) {
        Map<EventId, String> begun = begun();
        List<EventId> unsafe = calls.stream()
                .filter(call -> call.server() != null && !call.repeatable() && !begun.containsKey(call.id()))
                .map(ToolCall::id)
                .toList();
        if (unsafe.isEmpty()) return null;
        // The nonce is this attempt's alone: an older owner's entry that lands instead has another mark.
        marks.add(shift.nonce());
        return new Fact.CallsBegan(unsafe, shift.nonce());
    }

    private Map<EventId, String> begun() {
        return shift.conversation().phase() instanceof Conversation.Phase.Acting acting ? acting.begun() : Map.of();
    }

    /** @param facts what is to be told before the results */
    record Done(Map<EventId, ToolResult> results, List<Fact> facts) {}

    /** Makes those of the calls that are for MCP servers, side by side. A call without a result is left to whoever comes next. */
    Done use(List<ToolCall> calls, Cancellation cancellation) {
        Map<EventId, String> begun = begun();
        List<Callable<Answer>> tasks = new ArrayList<>();
        for (ToolCall call : calls) {
            String mark = begun.get(call.id());
            boolean mine = call.repeatable() || mark != null && marks.contains(mark);
            tasks.add(() -> mine ? call(call, cancellation) : notMade(mark != null));
        }
        marks.clear();
        List<Answer> answers = ports.pace().all(tasks);
        Map<EventId, ToolResult> results = new LinkedHashMap<>();
        Map<String, Fact> failures = new LinkedHashMap<>();
        List<Fact> facts = new ArrayList<>();
        for (int i = 0; i < calls.size(); i++) {
            ToolCall call = calls.get(i);
            switch (answers.get(i)) {
                case Answer.Result r -> {
                    JsonNode content = kept(call, r.content(), calls.size(), facts, cancellation);
                    results.put(call.id(), ToolResult.of(call, content, r.isError()));
                }
                case Answer.Failed f -> {
                    if (f.kind() != null)
                        failures.putIfAbsent(call.server(), failed(call.server(), f.kind(), f.message()));
                    results.put(call.id(), ToolResult.error(call, told(f)));
                }
                case Answer.Cancelled c -> {
                    if (!cancellation.abandoned())
                        results.put(
                                call.id(),
                                ToolResult.error(call, Step.INTERRUPTED + " It may or may not have taken effect."));
                }
            }
        }
        facts.addAll(failures.values());
        return new Done(results, facts);
    }

    /** Not by this owner. */
    private static Answer notMade(boolean begun) {
        return begun ? new Answer.Failed(null, LOST, true) : new Answer.Cancelled();
    }

    private Answer call(ToolCall call, Cancellation cancellation) {
        shift.renew();
        McpServer server = McpTools.server(shift.conversation().agent(), call.server());
        if (server == null || shift.conversation().mcp().of(server) == null)
            return new Answer.Failed(null, "The session does not have this MCP server any more.", false);
        try {
            return ports.servers().call(shift.caller(call.id()), server, call.name(), call.input(), cancellation);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a call of an MCP server for " + shift.thread(), e);
            return new Answer.Failed(Servers.Failure.CONNECTION, "internal: " + e, true);
        }
    }

    private static String told(Answer.Failed failed) {
        if (failed.kind() == null) return failed.message();
        String effect = failed.sent()
                ? " The call may or may not have taken effect; it was not made again."
                : " The call was not made.";
        return "The MCP server failed: " + failed.message() + effect;
    }

    /** What the log keeps of a result: too much text goes to a file of the sandbox, large content to the blobs. */
    private JsonNode kept(ToolCall call, JsonNode content, int together, List<Fact> facts, Cancellation cancellation) {
        Overflow overflow = Overflow.of(call.id().text(), content);
        JsonNode shown = overflow == null ? content : overflow.preview(written(call, overflow, facts, cancellation));
        return ports.spill().spill(shown, ENTRY_BYTES / together);
    }

    /** Null, or why the file is not there. */
    private String written(ToolCall call, Overflow overflow, List<Fact> facts, Cancellation cancellation) {
        HandCall write = new HandCall(call.id().text(), "write", overflow.input());
        Hands.Done done = shift.reach().use(List.of(write), cancellation);
        Work.attached(done, facts);
        return switch (done.results().getFirst()) {
            case HandResult.Output o ->
                o.isError() ? o.content().path(0).path("text").asText() : null;
            case HandResult.Failed f -> f.reason();
            case HandResult.Lost l -> {
                facts.add(new Fact.HandLost(done.hand().text(), l.reason()));
                yield l.reason();
            }
        };
    }
}
