package io.dormouse.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.AgentSpec;
import io.dormouse.agents.BuiltinTools;
import io.dormouse.agents.McpServer;
import io.dormouse.agents.McpTool;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandResult;
import io.dormouse.hands.Hands;
import io.dormouse.id.EventId;
import io.dormouse.json.Json;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Compaction;
import io.dormouse.prompt.Model;
import io.dormouse.prompt.Model.Reply;
import io.dormouse.prompt.Prompt;
import io.dormouse.session.Context;
import io.dormouse.session.Conversation;
import io.dormouse.session.Fact;
import io.dormouse.session.Posted;
import io.dormouse.session.Stamp;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolCall.Gate;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import io.dormouse.wire.WireEvents;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** What a harness does outside of the log. Each piece of work ends in facts, whatever goes wrong. */
final class Work {
    private static final System.Logger LOG = System.getLogger("io.dormouse.harness");

    private final Ports ports;
    private final Shift shift;
    private final McpWork mcp;
    private final WebWork web;

    Work(Ports ports, Shift shift) {
        this.ports = ports;
        this.shift = shift;
        this.mcp = new McpWork(ports, shift);
        this.web = new WebWork(ports, shift);
    }

    // ---- the model

    List<Fact> ask(EventId request) {
        Cancellation cancellation = shift.beginWork();
        Reply reply = reply(
                () -> Prompt.of(shift.agent(), shift.transcript(), ports.catalog()),
                watcher(cancellation),
                cancellation);
        Usage usage = used(reply);
        return switch (reply) {
            case Reply.Complete r -> List.of(replied(shift.agent(), shift.nonce(), request, r, usage));
            case Reply.Cancelled r -> cancelled(request, usage, cancellation);
            case Reply.Failed r when r.kind() == Model.Failure.PROMPT_TOO_LONG -> tighter(request, r.message(), usage);
            case Reply.Failed r -> failed(request, r, usage);
        };
    }

    /** Nothing of it streams to watchers: it is not said to them. */
    List<Fact> compact(EventId request) {
        Cancellation cancellation = shift.beginWork();
        Conversation before = shift.conversation();
        Compaction compaction = Compaction.of(shift.agent(), shift.transcript(), ports.catalog(), before.context());
        Reply reply = reply(compaction::prompt, Model.Watcher.NOBODY, cancellation);
        Usage usage = used(reply);
        return switch (reply) {
            case Reply.Complete r -> {
                String summary = Compaction.summary(r);
                yield summary == null
                        ? noSummary(request, "The model gave no summary.", usage)
                        : List.of(compaction.fact(request, summary, usage, before, ports.spill()::spill));
            }
            case Reply.Cancelled r -> cancelled(request, usage, cancellation);
            case Reply.Failed r
            when r.kind() == Model.Failure.PROMPT_TOO_LONG -> noSummary(request, r.message(), usage);
            case Reply.Failed r -> failed(request, r, usage);
        };
    }

    private Reply reply(Supplier<Prompt> prompt, Model.Watcher watcher, Cancellation cancellation) {
        boolean begun = false;
        try {
            Prompt within = prompt.get().within(shift.conversation().reserved());
            begun = true;
            try {
                return ports.model().reply(within, watcher, cancellation);
            } finally {
                ports.feed().flush(shift.thread());
            }
        } catch (RuntimeException e) {
            // A bug must not hold a session for ever: it ends the turn, with its name in the log.
            LOG.log(System.Logger.Level.ERROR, "model request of " + shift.thread() + " failed", e);
            return new Reply.Failed(Model.Failure.REFUSED, "internal: " + e, null, Usage.NONE, begun);
        }
    }

    /** With its price. Where a budget has to hold, a request whose end nobody saw counts with the most that it can cost. */
    private Usage used(Reply reply) {
        return switch (reply) {
            case Reply.Complete r -> priced(r.usage());
            case Reply.Cancelled r -> r.begun() ? unended(r.usage()) : priced(r.usage());
            case Reply.Failed r -> r.begun() ? unended(r.usage()) : priced(r.usage());
        };
    }

    private Usage priced(Usage usage) {
        return ports.catalog().priced(shift.agent().modelId(), usage);
    }

    private Usage unended(Usage told) {
        Fact.Reserved reserved = shift.conversation().reserved();
        return reserved == null ? priced(told) : ports.catalog().atMost(shift.agent(), told, reserved);
    }

    private static List<Fact> cancelled(EventId request, Usage usage, Cancellation cancellation) {
        // Left to whoever comes next: the request stays open in the log.
        if (cancellation.abandoned()) return List.of();
        return List.of(new Fact.ModelFailed(request, null, null, null, usage));
    }

    private static List<Fact> tighter(EventId request, String message, Usage usage) {
        return List.of(new Fact.ModelFailed(request, null, message, null, usage, true));
    }

    private List<Fact> noSummary(EventId request, String message, Usage usage) {
        if (shift.conversation().context().tighter() + 1 < Context.MAX_TIGHTER) return tighter(request, message, usage);
        return givenUp(request, "compaction_limit_reached_error", message, usage);
    }

    /** @param nonce of the entry that will tell it */
    static Fact.ModelReplied replied(
            AgentSpec agent, String nonce, EventId request, Reply.Complete reply, Usage usage) {
        // A refused turn does nothing, whatever else the reply holds.
        boolean refusal = "refusal".equals(reply.stopReason());
        // There are no ids for events beyond these, and no honest reply comes near.
        List<ObjectNode> content =
                reply.content().subList(0, Math.min(reply.content().size(), Stamp.FIRST_DERIVED));
        List<ToolCall> calls = new ArrayList<>();
        for (int i = 0; i < content.size() && !refusal; i++) {
            ObjectNode block = content.get(i);
            if ("tool_use".equals(block.path("type").asText()))
                calls.add(call(agent, block, WireEvents.blockId(nonce, i), reply.stopReason()));
        }
        String stopReason = reply.stopReason() == null ? "end_turn" : reply.stopReason();
        JsonNode details = reply.stopDetails() == null || reply.stopDetails().isNull() ? null : reply.stopDetails();
        return new Fact.ModelReplied(request, content, calls, stopReason, details, usage);
    }

    private static ToolCall call(AgentSpec agent, ObjectNode block, EventId id, String stopReason) {
        String modelId = block.path("id").asText();
        String name = block.path("name").asText();
        ObjectNode input = block.path("input") instanceof ObjectNode object ? object : Json.object();
        if (block.has("malformed_input")) {
            String why = "max_tokens".equals(stopReason)
                    ? "The reply was cut off by max_tokens inside this tool call, so it was not run. Try smaller steps."
                    : "The input of this tool call is not a JSON object, so it was not run.";
            if (agent.tool(name) instanceof AgentSpec.Tool.Mcp m)
                return mcpCall(id, modelId, m, input, Gate.REFUSED, null, why);
            return new ToolCall(id, modelId, name, input, Gate.REFUSED, null, why);
        }
        return switch (agent.tool(name)) {
            case AgentSpec.Tool.Custom c -> new ToolCall(id, modelId, name, input, Gate.CUSTOM, null, null);
            case AgentSpec.Tool.Builtin b ->
                new ToolCall(
                        id,
                        modelId,
                        name,
                        input,
                        "always_allow".equals(b.policy()) ? Gate.ALLOWED : Gate.ASK,
                        b.policy(),
                        null);
            case AgentSpec.Tool.Mcp m ->
                mcpCall(
                        id,
                        modelId,
                        m,
                        input,
                        "always_allow".equals(m.policy()) ? Gate.ALLOWED : Gate.ASK,
                        m.policy(),
                        null);
            case AgentSpec.Tool.Disabled d -> refused(id, modelId, name, input, "The tool " + name + " is disabled.");
            case null -> refused(id, modelId, name, input, "There is no tool named " + name + ".");
        };
    }

    private static ToolCall mcpCall(
            EventId id,
            String modelId,
            AgentSpec.Tool.Mcp mcp,
            ObjectNode input,
            Gate gate,
            String policy,
            String refusal) {
        McpTool tool = mcp.tool();
        String server = mcp.server().name();
        return new ToolCall(id, modelId, tool.name(), input, gate, policy, refusal, server, tool.repeatable());
    }

    private static ToolCall refused(EventId id, String modelId, String name, ObjectNode input, String why) {
        return new ToolCall(id, modelId, name, input, Gate.REFUSED, null, why);
    }

    private List<Fact> failed(EventId request, Reply.Failed failure, Usage usage) {
        int failures = shift.conversation().failures() + 1;
        boolean again =
                failure.kind().worthRetrying() && failures < ports.retries().attempts();
        LOG.log(
                System.Logger.Level.WARNING,
                "model request of {0} failed ({1} in a row): {2} {3}",
                shift.thread(),
                failures,
                failure.kind(),
                failure.message());
        String error = failure.kind().wireName();
        if (again) {
            Duration wait = ports.retries().after(failures, failure.retryAfter(), ports.random());
            return List.of(new Fact.ModelFailed(
                    request, error, failure.message(), shift.now().plus(wait), usage));
        }
        return givenUp(request, error, failure.message(), usage);
    }

    /** Takes the queued messages along: they are in the history, and the next message starts afresh. */
    private List<Fact> givenUp(EventId request, String error, String message, Usage usage) {
        List<Posted> waiting = shift.waitingMessages();
        Fact given = new Fact.ModelFailed(request, error, message, null, usage);
        return waiting.isEmpty() ? List.of(given) : List.of(new Fact.InputsJoined(waiting), given);
    }

    /**
     * Passes what streams in on to whoever watches; the event ids are those that the log will have. A sandbox that takes
     * long to come is sent for as soon as a call opens.
     */
    private Model.Watcher watcher(Cancellation cancellation) {
        String nonce = shift.nonce();
        return new Model.Watcher() {
            private int first = -1;
            private int last = -2;
            private boolean watched;
            private boolean sent;

            @Override
            public void calls(String tool) {
                if (sent || !runsAtOnce(tool)) return;
                sent = true;
                shift.sendForHand(cancellation);
            }

            @Override
            public void opened(int index, String type) {
                boolean text = "text".equals(type);
                boolean continues = text && last == index - 1 && first >= 0;
                last = text ? index : -2;
                if (continues) return;
                first = text ? index : -1;
                watched = (text || type.endsWith("thinking")) && ports.feed().watched(shift.thread());
                if (!watched) return;
                ObjectNode start = Json.object().put("type", "event_start");
                start.putObject("event")
                        .put("type", text ? "agent.message" : "agent.thinking")
                        .put("id", WireEvents.blockId(nonce, index).text());
                ports.feed().delta(shift.thread(), start);
            }

            @Override
            public void text(int index, String delta) {
                // Who was not there when a message began gets it whole, from the log.
                if (!watched || first < 0) return;
                ObjectNode event = Json.object()
                        .put("type", "event_delta")
                        .put("event_id", WireEvents.blockId(nonce, first).text());
                ObjectNode content =
                        event.putObject("delta").put("type", "content_delta").put("index", index - first);
                content.putObject("content").put("type", "text").put("text", delta);
                ports.feed().delta(shift.thread(), event);
            }
        };
    }

    /** In a sandbox: a call that waits for a person's leave may wait for days. */
    private boolean runsAtOnce(String tool) {
        return !BuiltinTools.WEB.contains(tool)
                && shift.agent().tool(tool) instanceof AgentSpec.Tool.Builtin builtin
                && "always_allow".equals(builtin.policy());
    }

    // ---- hands, MCP servers and the web

    List<Fact> list(List<McpServer> servers) {
        return mcp.list(servers);
    }

    List<Fact> use(List<ToolCall> calls) {
        Cancellation cancellation = shift.beginWork();
        Fact begun = cancellation.requested() ? null : mcp.begin(calls);
        if (begun != null) return List.of(begun);
        List<ToolCall> forHands = new ArrayList<>();
        List<ToolCall> forServers = new ArrayList<>();
        List<ToolCall> forWeb = new ArrayList<>();
        for (ToolCall call : calls)
            if (call.server() != null) forServers.add(call);
            else (BuiltinTools.WEB.contains(call.name()) ? forWeb : forHands).add(call);
        List<Callable<Outcome>> tasks = new ArrayList<>();
        if (!forHands.isEmpty()) tasks.add(() -> useHands(forHands, cancellation));
        if (!forServers.isEmpty()) tasks.add(() -> useServers(forServers, cancellation));
        if (!forWeb.isEmpty()) tasks.add(() -> new Outcome(List.of(), web.use(forWeb, cancellation)));
        List<Fact> facts = new ArrayList<>();
        Map<EventId, ToolResult> results = new HashMap<>();
        for (Outcome outcome : ports.pace().all(tasks)) {
            facts.addAll(outcome.facts());
            results.putAll(outcome.results());
        }
        // What nobody waited for is not told: whoever comes next takes it up by its key.
        if (results.isEmpty()) return List.of();
        facts.add(new Fact.ToolsReturned(calls.stream()
                .map(call -> results.get(call.id()))
                .filter(Objects::nonNull)
                .toList()));
        // Messages that came meanwhile enter at this boundary, and not a whole turn later.
        shift.refresh();
        return facts;
    }

    private record Outcome(List<Fact> facts, Map<EventId, ToolResult> results) {}

    private Outcome useServers(List<ToolCall> calls, Cancellation cancellation) {
        McpWork.Done done = mcp.use(calls, cancellation);
        return new Outcome(done.facts(), done.results());
    }

    private Outcome useHands(List<ToolCall> calls, Cancellation cancellation) {
        List<HandCall> handCalls = calls.stream()
                .map(call -> new HandCall(call.id().text(), call.name(), call.input()))
                .toList();
        shift.handsUsed();
        shift.renew();
        Hands.Done done = shift.reach().use(handCalls, cancellation);
        boolean whole = done.results().stream().allMatch(HandResult.Output.class::isInstance);
        if (cancellation.abandoned() && !whole) return new Outcome(List.of(), Map.of());
        Map<EventId, ToolResult> results = new HashMap<>();
        List<Fact> facts = new ArrayList<>();
        attached(done, facts);
        for (int i = 0; i < calls.size(); i++) {
            ToolCall call = calls.get(i);
            switch (done.results().get(i)) {
                case HandResult.Output o -> {
                    JsonNode content = results.isEmpty() ? noting(done.problem(), array(o)) : array(o);
                    results.put(call.id(), ToolResult.of(call, content, o.isError()));
                }
                case HandResult.Failed f -> results.put(call.id(), ToolResult.error(call, f.reason()));
                case HandResult.Lost l -> {
                    facts.add(new Fact.HandLost(done.hand().text(), l.reason()));
                    results.put(call.id(), ToolResult.error(call, l.reason()));
                }
            }
        }
        return new Outcome(facts, results);
    }

    /** Adds what there is to tell of a sandbox that came with this use, or of what it lacks. */
    static void attached(Hands.Done done, List<Fact> facts) {
        if (done.attached() || done.problem() != null)
            facts.add(new Fact.HandAttached(done.hand().text(), done.problem()));
    }

    /** The model is told what its sandbox lacks where it sees it first. */
    private static JsonNode noting(String problem, JsonNode content) {
        if (problem == null) return content;
        ArrayNode noted = Json.array().addAll((ArrayNode) content);
        noted.addObject().put("type", "text").put("text", "[" + problem + "]");
        return noted;
    }

    private static JsonNode array(HandResult.Output output) {
        return output.content().isArray() ? output.content() : Json.array();
    }

    // ---- waiting

    void pause(Instant until) {
        Duration left = Duration.between(shift.now(), until);
        if (left.isPositive()) ports.pace().pause(left, shift.beginWork());
    }
}
