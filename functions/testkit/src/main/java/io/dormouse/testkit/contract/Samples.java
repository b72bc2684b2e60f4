package io.dormouse.testkit.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.McpServer;
import io.dormouse.agents.McpTool;
import io.dormouse.id.CredentialId;
import io.dormouse.id.EventId;
import io.dormouse.id.Ids;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.outbound.CredentialUse;
import io.dormouse.session.Budget;
import io.dormouse.session.Checkpoint;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.StopReason;
import io.dormouse.session.Taken;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.IntStream;

/** One of everything that is stored. Whole milliseconds only: that is all a store must keep. */
final class Samples {
    static final Instant NOW = Instant.parse("2026-03-01T12:00:00.123Z");
    /** Used by many threads at a time, so the generator must bear that: the default one makes the same id twice. */
    static final Ids IDS = new Ids(InstantSource.fixed(NOW), new SecureRandom());

    private static final String UNICODE = "grüße 漢字 🐿️ \u0000\u0001\u001f\u007f\u2028\ufeff\ufffd \"\\/ e\u0301";

    private Samples() {}

    static ThreadId thread() {
        return IDS.session().primaryThread();
    }

    /** An entry that says little. */
    static Entry entry(long position) {
        return entry(position, Samples.IDS.next());
    }

    static Entry entry(long position, String nonce) {
        return new Entry(position, 1, nonce, NOW, List.of(new Fact.HandAttached("hand-" + nonce)));
    }

    static Entry entry(long position, List<Fact> facts) {
        return new Entry(position, 7, IDS.next(), NOW, facts);
    }

    static EventId event() {
        return IDS.event();
    }

    static JsonNode text(String text) {
        return ToolResult.text(text);
    }

    /** About a megabyte as JSON, of characters of one to four bytes and those that JSON escapes. */
    static String large() {
        return UNICODE.repeat(1_000_000 / 56);
    }

    static List<Posted> posted(Input... inputs) {
        return IntStream.range(0, inputs.length)
                .mapToObj(i -> new Posted(i + 1L, NOW.plusMillis(i), inputs[i]))
                .toList();
    }

    static List<Input> everyInput() {
        return List.of(
                new Input.UserMessage(event(), text(UNICODE)),
                new Input.SystemMessage(event(), text("be brief")),
                new Input.Interrupt(event()),
                new Input.Confirmation(event(), event(), true, null),
                new Input.Confirmation(event(), event(), false, "not on a Sunday"),
                new Input.CustomResult(event(), event(), Json.array(), false),
                new Input.CustomResult(event(), event(), text("no such row"), true),
                new Input.Updated(event(), json("{'title':null,'metadata':{'a':'b'},'agent':{'x':[1,2.50,1e400]}}")),
                new Input.Archived(event()));
    }

    static List<Fact> everyFact() {
        Usage usage = new Usage(1, 2, 3, 4, 5, 6, 7_000_000_000_000_000L);
        List<ToolCall> calls = IntStream.range(0, ToolCall.Gate.values().length)
                .mapToObj(i -> new ToolCall(
                        event(),
                        "toolu_" + i,
                        "bash",
                        json("{'command':'ls'}"),
                        ToolCall.Gate.values()[i],
                        i == 0 ? "always_allow" : null,
                        i == 3 ? "there is no such tool" : null))
                .toList();
        List<ToolResult> results =
                List.of(new ToolResult(event(), "toolu_1", text(UNICODE), false), ToolResult.error(calls.get(1), "no"));
        List<Posted> posted = posted(everyInput().toArray(Input[]::new));
        ObjectNode thought = json("{'type':'thinking','thinking':'hm','signature':'c2ln'}");
        ObjectNode said = json("{'type':'text','text':'','citations':null}");
        return List.of(
                new Fact.SessionBegan(json("{'id':'agent_1','version':3,'tools':[],'model':{'speed':1.0}}")),
                new Fact.Noted(posted.getFirst()),
                new Fact.TurnBegan(posted),
                new Fact.InputsJoined(posted),
                new Fact.ModelAsked(event(), false),
                new Fact.ModelAsked(event(), true),
                new Fact.ModelReplied(event(), List.of(thought, said), calls, "tool_use", null, usage),
                new Fact.ModelReplied(event(), List.of(), List.of(), "refusal", json("{'category':null}"), Usage.NONE),
                new Fact.ModelFailed(event(), "model_overloaded_error", "busy", NOW.plusSeconds(9), usage),
                new Fact.ModelFailed(event(), "model_request_failed_error", "no", null, Usage.NONE),
                new Fact.ToolsReturned(results),
                new Fact.ClientAwaited(List.of(event(), event()), usage, 1234),
                new Fact.ClientAnswered(posted, results, true),
                new Fact.TurnInterrupted(posted, results, event(), usage),
                new Fact.TurnInterrupted(posted, List.of(), null, Usage.NONE),
                new Fact.TurnEnded(StopReason.END_TURN, null, null, null, usage, 5),
                new Fact.TurnEnded(StopReason.REFUSAL, json("{'a':[{}]}"), "unknown_error", "m", usage, 5),
                new Fact.HandAttached("hand"),
                new Fact.HandLost("hand", "stopped"),
                new Fact.ToolsListed(
                        new McpServer("docs", "https://docs.example/mcp"),
                        List.of(new McpTool("search", "Finds pages.", json("{'type':'object'}"), true))),
                new Fact.ServerFailed("docs", "mcp_connection_failed_error", "not there"),
                new Fact.CallsBegan(List.of(event()), "n1"),
                new Fact.SessionBegan(json("{'id':'agent_1'}"), List.of(), new Budget(250)),
                new Fact.Noted(posted.getFirst(), true),
                new Fact.Reserved(event(), 123_456_789_012L, 0, "n1", 0),
                new Fact.Reserved(event(), 1, 1024, "n1", 9_876_543_210L),
                new Fact.BudgetReached(true, usage, 5, new Budget(1)),
                new Fact.TurnEnded(StopReason.END_TURN, null, null, null, usage, 5, new Budget(250)),
                new Fact.CredentialUsed(new CredentialUse(
                        new CredentialId("vcrd_1"), "api.example.org", "GET", "/v1/*", 200, 17, event())),
                new Fact.Compacted(
                        event(),
                        3,
                        "what was said",
                        posted,
                        700,
                        usage,
                        new Checkpoint(json("{'model':{'id':'m'}}"), Taken.NONE, usage, 5, NOW, 3, 1, 1, 2)));
    }

    /** JSON with single quotes. Parsed, for a node that was built in code need not equal its stored self (5 and 5L). */
    static ObjectNode json(String text) {
        return (ObjectNode) Json.parse(text.replace('\'', '"'));
    }

    /** {@code depth} arrays in one another. */
    static JsonNode nested(int depth) {
        return Json.parse("[".repeat(depth) + "]".repeat(depth));
    }
}
