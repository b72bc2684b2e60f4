package io.dormouse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.AgentSpec;
import io.dormouse.id.EventId;
import io.dormouse.id.SessionId;
import io.dormouse.json.Json;
import io.dormouse.prompt.Catalog;
import io.dormouse.session.Budget;
import io.dormouse.session.Conversation;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.Stamp;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolCall.Gate;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Builders of histories. A thing called {@code t1} has the event id {@code sevt_t1}, and a call the model's id
 * {@code toolu_t1}; the model request that is open has the id {@code sevt_ask}.
 */
public final class Given {
    public static final Instant NOON = Instant.parse("2026-01-02T12:00:00Z");
    public static final Stamp STAMP = new Stamp(NOON, "nonce");
    public static final SessionId SESSION = new SessionId("sesn_1111111111111111111111");
    public static final EventId ASKED = id("ask");
    public static final Usage USED = new Usage(10, 5, 3, 2, 1, 0, 4_000);
    public static final JsonNode AGENT = Json.parse(
            "{\"name\":\"Scout\",\"model\":{\"id\":\"some-model\"},\"system\":\"Be brief.\",\"tools\":["
                    + "{\"type\":\"agent_toolset_20260401\",\"configs\":["
                    + "{\"name\":\"write\",\"permission_policy\":{\"type\":\"always_ask\"}},"
                    + "{\"name\":\"edit\",\"permission_policy\":{\"type\":\"auto\"}},"
                    + "{\"name\":\"grep\",\"enabled\":false}]},"
                    + "{\"type\":\"custom\",\"name\":\"weather\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\"}}]}");
    public static final AgentSpec SPEC = new AgentSpec(AGENT);
    public static final Catalog NO_CATALOG = new Catalog(Json.array());

    private Given() {}

    public static EventId id(String name) {
        return new EventId("sevt_" + name);
    }

    public static Instant noonPlus(long seconds) {
        return NOON.plusSeconds(seconds);
    }

    // ---- inputs

    public static Input userSays(String text) {
        return new Input.UserMessage(id("u-" + text), text(text));
    }

    public static Input systemSays(String text) {
        return new Input.SystemMessage(id("s-" + text), text(text));
    }

    public static Input interrupt() {
        return new Input.Interrupt(id("stop"));
    }

    public static Input allow(String call) {
        return new Input.Confirmation(id("a-" + call), id(call), true, null);
    }

    public static Input deny(String call, String why) {
        return new Input.Confirmation(id("a-" + call), id(call), false, why);
    }

    public static Input answer(String call, String text) {
        return new Input.CustomResult(id("a-" + call), id(call), text(text), false);
    }

    public static Input renamed(String title) {
        return new Input.Updated(id("r-" + title), Json.object().put("title", title));
    }

    /** @param budget null to remove it */
    public static Input budget(Budget budget) {
        ObjectNode changes = Json.object();
        changes.set("budget", budget == null ? null : budget.wire());
        return new Input.Updated(id("b-" + (budget == null ? "none" : budget.maxCents())), changes);
    }

    public static Input archived() {
        return new Input.Archived(id("archive"));
    }

    /** Inputs in the mailbox, numbered from 1. */
    public static List<Posted> mail(Input... inputs) {
        return mailFrom(1, inputs);
    }

    public static List<Posted> mailFrom(long seq, Input... inputs) {
        List<Posted> mail = new ArrayList<>();
        for (Input input : inputs) mail.add(new Posted(seq + mail.size(), NOON, input));
        return mail;
    }

    // ---- calls

    public static ToolCall toolUse(String id, String name) {
        return new ToolCall(id(id), "toolu_" + id, name, Json.object(), Gate.ALLOWED, "always_allow", null);
    }

    public static ToolCall asking(String id, String name) {
        return new ToolCall(id(id), "toolu_" + id, name, Json.object(), Gate.ASK, "always_ask", null);
    }

    public static ToolCall custom(String id, String name) {
        return new ToolCall(id(id), "toolu_" + id, name, Json.object(), Gate.CUSTOM, null, null);
    }

    public static ToolCall refused(String id, String name, String why) {
        return new ToolCall(id(id), "toolu_" + id, name, Json.object(), Gate.REFUSED, null, why);
    }

    /** A question of the call after it was allowed. */
    public static ToolCall confirmed(ToolCall call) {
        return new ToolCall(call.id(), call.modelId(), call.name(), call.input(), Gate.ALLOWED, call.policy(), null);
    }

    // ---- facts

    public static Fact sessionBegan() {
        return new Fact.SessionBegan(AGENT);
    }

    /** Of a session that may spend so much. */
    public static Fact limited(long cents) {
        return new Fact.SessionBegan(AGENT, List.of(), new Budget(cents));
    }

    /** A turn about inputs that are numbered from 1. */
    public static Fact turn(Input... inputs) {
        return new Fact.TurnBegan(mail(inputs));
    }

    public static Fact asked() {
        return new Fact.ModelAsked(ASKED, false);
    }

    public static Fact askedAgain() {
        return new Fact.ModelAsked(ASKED, true);
    }

    public static Fact.ModelReplied says(String text) {
        return reply("end_turn", List.of(textBlock(text)));
    }

    public static Fact.ModelReplied replied(ToolCall... calls) {
        List<ObjectNode> content = new ArrayList<>();
        for (ToolCall call : calls) content.add(block(call));
        return reply("tool_use", content, calls);
    }

    public static Fact.ModelReplied reply(String stopReason, List<ObjectNode> content, ToolCall... calls) {
        return new Fact.ModelReplied(ASKED, content, List.of(calls), stopReason, null, USED);
    }

    public static Fact.ModelFailed failed(String error, Instant retryAt) {
        return new Fact.ModelFailed(ASKED, error, "It failed.", retryAt, Usage.NONE);
    }

    /** The model request that an interrupt cut off. */
    public static Fact.ModelFailed cancelled() {
        return new Fact.ModelFailed(ASKED, null, null, null, USED);
    }

    public static Fact returned(ToolCall... calls) {
        List<ToolResult> results = new ArrayList<>();
        for (ToolCall call : calls) results.add(output(call));
        return new Fact.ToolsReturned(results);
    }

    public static ToolResult output(ToolCall call) {
        return new ToolResult(
                call.id(), call.modelId(), text("output of " + call.id().text()), false);
    }

    public static Fact awaited(ToolCall... calls) {
        return new Fact.ClientAwaited(List.of(calls).stream().map(ToolCall::id).toList(), USED, 0);
    }

    // ---- content

    public static JsonNode text(String text) {
        return Json.array().add(textBlock(text));
    }

    public static ObjectNode textBlock(String text) {
        return Json.object().put("type", "text").put("text", text);
    }

    /** @param signature empty for a thought that was cut off */
    public static ObjectNode thinking(String thought, String signature) {
        return Json.object().put("type", "thinking").put("thinking", thought).put("signature", signature);
    }

    public static ObjectNode block(ToolCall call) {
        ObjectNode block =
                Json.object().put("type", "tool_use").put("id", call.modelId()).put("name", call.name());
        block.set("input", call.input());
        return block;
    }

    // ---- folds

    /** All of these facts told at noon, each by an entry of its own. */
    public static Conversation after(Fact... facts) {
        Conversation conversation = Conversation.EMPTY;
        for (Entry entry : log(facts)) conversation = conversation.after(entry);
        return conversation;
    }

    public static List<Entry> log(Fact... facts) {
        List<Entry> log = new ArrayList<>();
        for (Fact fact : facts) log.add(new Entry(log.size() + 1, 1, "n" + log.size(), NOON, List.of(fact)));
        return log;
    }
}
