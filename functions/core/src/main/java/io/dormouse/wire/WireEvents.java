package io.dormouse.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.EventId;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.session.Budget;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.Stamp;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The log as public events. A pure view: the same entry always gives the same events with the same ids.
 *
 * @param thread whose log it is
 * @param agentName as thread events tell it
 * @param filler brings back content that was put elsewhere because of its size
 */
public record WireEvents(ThreadId thread, String agentName, UnaryOperator<JsonNode> filler) {

    /** The events that this entry tells, in order. */
    public List<ObjectNode> of(Entry entry) {
        View view = new View(entry);
        entry.facts().forEach(view::tell);
        return view.events;
    }

    /** A client's event that is accepted and not in the log yet. */
    public ObjectNode queued(Posted posted) {
        return input(posted, receipt(posted));
    }

    /** Custom results are processed when they are received, everything else when a turn takes it. */
    private static Instant receipt(Posted posted) {
        return posted.input() instanceof Input.CustomResult ? posted.at() : null;
    }

    private ObjectNode input(Posted posted, Instant processedAt) {
        Input input = posted.input();
        ObjectNode event = Json.object().put("id", input.id().text());
        switch (input) {
            case Input.UserMessage m -> event.put("type", "user.message").set("content", filler.apply(m.content()));
            case Input.SystemMessage m -> event.put("type", "system.message").set("content", filler.apply(m.content()));
            case Input.Interrupt m -> event.put("type", "user.interrupt");
            case Input.Confirmation m -> {
                event.put("type", "user.tool_confirmation")
                        .put("tool_use_id", m.call().text())
                        .put("result", m.allow() ? "allow" : "deny");
                if (m.denyMessage() != null) event.put("deny_message", m.denyMessage());
            }
            case Input.CustomResult m -> {
                event.put("type", "user.custom_tool_result")
                        .put("custom_tool_use_id", m.call().text());
                event.set("content", filler.apply(m.content()));
                event.put("is_error", m.isError());
            }
            case Input.Updated m -> {
                event.put("type", "session.updated");
                event.setAll((ObjectNode) m.changes());
            }
            case Input.Archived m -> event.put("type", "session.status_terminated");
        }
        return time(event, processedAt);
    }

    private static ObjectNode time(ObjectNode event, Instant at) {
        if (at == null) return event.putNull("processed_at");
        return event.put("processed_at", at.toString());
    }

    /** The id of the {@code agent.message} or {@code agent.thinking} whose first content block has this index. */
    public static EventId blockId(String nonce, int index) {
        return EventId.of(nonce, index);
    }

    /** Collects the events of one entry. */
    private final class View {
        private final Entry entry;
        private final List<ObjectNode> events = new ArrayList<>();
        private int derived = Stamp.FIRST_DERIVED;

        View(Entry entry) {
            this.entry = entry;
        }

        private ObjectNode event(String type, EventId id) {
            ObjectNode event = time(Json.object().put("id", id.text()).put("type", type), entry.time());
            events.add(event);
            return event;
        }

        private ObjectNode event(String type) {
            return event(type, EventId.of(entry.nonce(), derived++));
        }

        private ObjectNode threadStatus(String status) {
            return event("session.thread_status_" + status)
                    .put("session_thread_id", thread.text())
                    .put("agent_name", agentName);
        }

        void tell(Fact fact) {
            switch (fact) {
                case Fact.SessionBegan f -> f.unreachable().forEach(this::unreachable);
                case Fact.Noted f -> {
                    inputs(List.of(f.note()));
                    if (f.note().input() instanceof Input.Archived) threadStatus("terminated");
                    if (f.resumed()) running();
                }
                case Fact.TurnBegan f -> {
                    inputs(f.inputs());
                    running();
                }
                case Fact.InputsJoined f -> inputs(f.inputs());
                case Fact.ModelAsked f -> {
                    if (f.resumed()) running();
                    event("span.model_request_start", f.id());
                }
                case Fact.ModelReplied f -> {
                    reply(f);
                    spanEnd(f.asked(), false, f.usage());
                }
                case Fact.ModelFailed f -> failed(f);
                case Fact.Compacted f -> {
                    event("agent.thread_context_compacted");
                    spanEnd(f.asked(), false, f.usage());
                }
                case Fact.ToolsReturned f -> results(f.results());
                case Fact.ClientAwaited f -> {
                    ObjectNode reason = Json.object().put("type", "requires_action");
                    ArrayNode ids = reason.putArray("event_ids");
                    f.questions().forEach(id -> ids.add(id.text()));
                    idle(reason, reason, null, f.total(), f.activeMillis(), f.budget());
                }
                case Fact.ClientAnswered f -> {
                    inputs(f.answers());
                    if (f.resumed()) running();
                    // What a custom tool returned is told by the client's own event already.
                    results(f.results().stream()
                            .filter(r -> denied(r, f.answers()))
                            .toList());
                }
                case Fact.TurnInterrupted f -> {
                    inputs(f.interrupts());
                    results(f.results());
                    if (f.asked() != null) spanEnd(f.asked(), true, f.usage());
                }
                case Fact.TurnEnded f -> {
                    if (f.error() != null) error(f.error(), f.message(), "exhausted");
                    ObjectNode reason = Json.object().put("type", f.reason().wireName());
                    // The thread has come to its end, and the session takes nothing new.
                    boolean spent = f.budget() != null
                            && f.total().listNanoUsd() >= f.budget().nanoUsd();
                    idle(
                            reason,
                            spent ? budgetReached() : reason,
                            f.details(),
                            f.total(),
                            f.activeMillis(),
                            f.budget());
                }
                case Fact.HandAttached f -> {
                    // As with a repository that could not be had: the session goes on without it.
                    if (f.problem() != null) error("unknown_error", f.problem(), "retrying");
                }
                case Fact.HandLost f -> {}
                case Fact.CredentialUsed f -> {}
                case Fact.ToolsListed f -> {}
                // The session goes on, and the server is tried again when it next begins to run.
                case Fact.ServerFailed f ->
                    error(f.error(), f.message(), "retrying").put("mcp_server_name", f.server());
                case Fact.CallsBegan f -> {}
                case Fact.Reserved f -> {}
                case Fact.BudgetReached f ->
                    idle(budgetReached(), budgetReached(), null, f.total(), f.activeMillis(), f.budget());
            }
        }

        private void inputs(List<Posted> inputs) {
            for (Posted posted : inputs) {
                Instant receipt = receipt(posted);
                events.add(input(posted, receipt == null ? entry.time() : receipt));
            }
        }

        private void running() {
            event("session.status_running");
            threadStatus("running");
        }

        /** @param session its reason, which is the thread's mostly @param budget null for none */
        private void idle(
                ObjectNode reason,
                ObjectNode session,
                JsonNode details,
                Usage total,
                long activeMillis,
                Budget budget) {
            stopped(threadStatus("idle"), reason, details);
            ObjectNode usage = event("session.usage");
            usage.set("usage", UsageView.of(total, activeMillis));
            usage.set("budget", budget == null ? null : budget.wire());
            stopped(event("session.status_idle"), session, details);
        }

        private static ObjectNode budgetReached() {
            return Json.object().put("type", "budget_reached");
        }

        private void stopped(ObjectNode event, ObjectNode reason, JsonNode details) {
            event.set("stop_reason", reason);
            if (details == null || details.isNull()) event.putNull("stop_details");
            else event.set("stop_details", details);
        }

        private void reply(Fact.ModelReplied reply) {
            Iterator<ToolCall> calls = reply.calls().iterator();
            // Text blocks side by side are one message, with the id of the first: so live deltas announce it.
            int first = -1;
            ObjectNode message = null;
            for (int i = 0; i < reply.content().size(); i++) {
                ObjectNode block = reply.content().get(i);
                String type = block.path("type").asText();
                if (!type.equals("text")) {
                    first = -1;
                    message = null;
                }
                switch (type) {
                    case "text" -> {
                        if (first < 0) first = i;
                        String text = block.path("text").asText();
                        if (text.isBlank()) continue;
                        if (message == null) {
                            message = event("agent.message", blockId(entry.nonce(), first));
                            message.putArray("content");
                        }
                        ((ArrayNode) message.get("content"))
                                .addObject()
                                .put("type", "text")
                                .put("text", text);
                    }
                    case "thinking", "redacted_thinking" -> event("agent.thinking", blockId(entry.nonce(), i));
                    case "tool_use" -> {
                        if (calls.hasNext()) call(calls.next());
                    }
                    case "server_tool_use" -> searchBegan(reply.content(), i);
                    case "web_search_tool_result" -> searchEnded(reply.content(), i);
                    default -> {}
                }
            }
        }

        /** A search of the model's provider, where the same reply has what was found. */
        private void searchBegan(List<ObjectNode> content, int index) {
            ObjectNode block = content.get(index);
            String id = block.path("id").asText();
            boolean ended = content.subList(index, content.size()).stream()
                    .anyMatch(later -> later.path("tool_use_id").asText().equals(id));
            if (!ended) return;
            ObjectNode event = event("agent.tool_use", blockId(entry.nonce(), index))
                    .put("name", block.path("name").asText());
            event.set("input", block.path("input") instanceof ObjectNode input ? input : Json.object());
            event.put("evaluated_permission", "allow").putObject("evaluation").put("type", "always_allow");
        }

        private void searchEnded(List<ObjectNode> content, int index) {
            JsonNode found = content.get(index).path("content");
            String id = content.get(index).path("tool_use_id").asText();
            for (int i = 0; i < index; i++) {
                if (!content.get(i).path("type").asText().equals("server_tool_use")
                        || !content.get(i).path("id").asText().equals(id)) continue;
                ObjectNode event = event("agent.tool_result")
                        .put("tool_use_id", blockId(entry.nonce(), i).text());
                ArrayNode shown = event.putArray("content");
                for (JsonNode result : found)
                    if (result.has("url"))
                        shown.add(text(result.path("title").asText() + "\n"
                                + result.path("url").asText()));
                if (!found.isArray())
                    shown.add(text(
                            "The search failed: " + found.path("error_code").asText("unknown")));
                event.put("is_error", !found.isArray());
                return;
            }
        }

        private static ObjectNode text(String text) {
            return Json.object().put("type", "text").put("text", text);
        }

        private void call(ToolCall call) {
            boolean custom = call.gate() == ToolCall.Gate.CUSTOM;
            boolean mcp = call.server() != null;
            ObjectNode event =
                    event(custom ? "agent.custom_tool_use" : mcp ? "agent.mcp_tool_use" : "agent.tool_use", call.id());
            if (mcp) event.put("mcp_server_name", call.server());
            event.put("name", call.name()).set("input", call.input());
            switch (call.gate()) {
                case CUSTOM -> {}
                case ALLOWED -> event.put("evaluated_permission", "allow").set("evaluation", evaluation(call));
                case ASK -> event.put("evaluated_permission", "ask").set("evaluation", evaluation(call));
                case REFUSED -> event.put("evaluated_permission", "deny");
            }
        }

        private ObjectNode evaluation(ToolCall call) {
            ObjectNode evaluation = Json.object().put("type", call.policy());
            if ("auto".equals(call.policy()))
                evaluation.putObject("evaluated_permission").put("type", "ask").put("reason_code", "indeterminate");
            return evaluation;
        }

        private void spanEnd(EventId asked, boolean isError, Usage usage) {
            event("span.model_request_end")
                    .put("model_request_start_id", asked.text())
                    .put("is_error", isError)
                    .putObject("model_usage")
                    .put("input_tokens", usage.input())
                    .put("output_tokens", usage.output())
                    .put("cache_creation_input_tokens", usage.cacheWrite5m() + usage.cacheWrite1h())
                    .put("cache_read_input_tokens", usage.cacheRead());
        }

        private void failed(Fact.ModelFailed failure) {
            spanEnd(failure.asked(), true, failure.usage());
            if (failure.error() == null) return;
            boolean retrying = failure.retryAt() != null;
            error(failure.error(), failure.message(), retrying ? "retrying" : "exhausted");
            if (retrying) {
                event("session.status_rescheduled");
                threadStatus("rescheduled");
            }
        }

        private ObjectNode error(String type, String message, String retryStatus) {
            ObjectNode error =
                    event("session.error").putObject("error").put("type", type).put("message", message);
            error.putObject("retry_status").put("type", retryStatus);
            return error;
        }

        private void unreachable(Fact.Unreachable credential) {
            // Nothing is tried again, and nothing has ended.
            event("session.error")
                    .putObject("error")
                    .put("type", "credential_host_unreachable_error")
                    .put("message", credential.message())
                    .put("credential_id", credential.credential().text())
                    .put("vault_id", credential.vault().text())
                    .putObject("retry_status")
                    .put("type", "exhausted");
        }

        private void results(List<ToolResult> results) {
            for (ToolResult result : results) {
                ObjectNode event = event(result.mcp() ? "agent.mcp_tool_result" : "agent.tool_result")
                        .put(
                                result.mcp() ? "mcp_tool_use_id" : "tool_use_id",
                                result.call().text());
                event.set("content", filler.apply(result.content()));
                event.put("is_error", result.isError());
            }
        }

        private static boolean denied(ToolResult result, List<Posted> answers) {
            return answers.stream()
                    .anyMatch(p -> p.input() instanceof Input.Confirmation c
                            && c.call().equals(result.call()));
        }
    }
}
