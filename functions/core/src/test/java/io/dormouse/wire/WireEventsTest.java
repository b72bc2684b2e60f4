package io.dormouse.wire;

import static io.dormouse.Given.AGENT;
import static io.dormouse.Given.ASKED;
import static io.dormouse.Given.NOON;
import static io.dormouse.Given.SESSION;
import static io.dormouse.Given.USED;
import static io.dormouse.Given.allow;
import static io.dormouse.Given.answer;
import static io.dormouse.Given.archived;
import static io.dormouse.Given.asked;
import static io.dormouse.Given.askedAgain;
import static io.dormouse.Given.asking;
import static io.dormouse.Given.block;
import static io.dormouse.Given.budget;
import static io.dormouse.Given.cancelled;
import static io.dormouse.Given.custom;
import static io.dormouse.Given.deny;
import static io.dormouse.Given.failed;
import static io.dormouse.Given.id;
import static io.dormouse.Given.interrupt;
import static io.dormouse.Given.mail;
import static io.dormouse.Given.noonPlus;
import static io.dormouse.Given.refused;
import static io.dormouse.Given.renamed;
import static io.dormouse.Given.replied;
import static io.dormouse.Given.reply;
import static io.dormouse.Given.returned;
import static io.dormouse.Given.says;
import static io.dormouse.Given.sessionBegan;
import static io.dormouse.Given.systemSays;
import static io.dormouse.Given.text;
import static io.dormouse.Given.textBlock;
import static io.dormouse.Given.thinking;
import static io.dormouse.Given.toolUse;
import static io.dormouse.Given.turn;
import static io.dormouse.Given.userSays;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.Histories;
import io.dormouse.Play;
import io.dormouse.head.Head;
import io.dormouse.id.EventId;
import io.dormouse.json.Json;
import io.dormouse.session.Budget;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.Stamp;
import io.dormouse.session.Step;
import io.dormouse.session.StopReason;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class WireEventsTest {
    private static final WireEvents VIEW = new WireEvents(SESSION.primaryThread(), "Scout", UnaryOperator.identity());
    private static final ToolCall BASH = toolUse("t1", "bash");
    private static final ToolCall WRITE = asking("q1", "write");
    private static final ToolCall WEATHER = custom("c1", "weather");

    private static final String USAGE =
            "{\"input_tokens\":10,\"output_tokens\":5,\"cache_read_input_tokens\":3,\"cache_creation\":{"
                    + "\"ephemeral_5m_input_tokens\":2,\"ephemeral_1h_input_tokens\":1},\"server_tool_use\":{"
                    + "\"web_search_requests\":0,\"web_fetch_requests\":0},\"active_seconds\":1.5,"
                    + "\"list_cost\":{\"amount\":\"0\",\"currency\":\"USD\"}}";
    private static final String THREAD =
            "\"session_thread_id\":\"sthr_1111111111111111111111\",\"agent_name\":\"Scout\"";

    /** Events of one entry with these facts, each as JSON without its id and time, which are looked at elsewhere. */
    private static List<String> events(Fact... facts) {
        List<String> events = new ArrayList<>();
        for (ObjectNode event : VIEW.of(entry(facts))) {
            assertThat(event.path("id").asText()).startsWith("sevt_");
            assertThat(event.path("processed_at").asText()).isEqualTo("2026-01-02T12:00:00Z");
            event.remove("id");
            event.remove("processed_at");
            events.add(event.toString());
        }
        return events;
    }

    private static Entry entry(Fact... facts) {
        return new Entry(7, 3, "nonce", NOON, List.of(facts));
    }

    private static List<String> types(Play play) {
        return all(play).stream().map(event -> event.path("type").asText()).toList();
    }

    private static List<ObjectNode> all(Play play) {
        List<ObjectNode> events = new ArrayList<>();
        for (Entry entry : play.log()) events.addAll(VIEW.of(entry));
        return events;
    }

    // ---- each fact

    @Test
    void what_clients_sent() {
        assertThat(events(turn(userSays("hi"), systemSays("hm"))).subList(0, 2))
                .containsExactly(
                        "{\"type\":\"user.message\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}",
                        "{\"type\":\"system.message\",\"content\":[{\"type\":\"text\",\"text\":\"hm\"}]}");
        assertThat(events(new Fact.InputsJoined(mail(userSays("hi")))))
                .containsExactly("{\"type\":\"user.message\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}");
        assertThat(events(new Fact.TurnInterrupted(mail(interrupt()), List.of(), null, Usage.NONE)))
                .containsExactly("{\"type\":\"user.interrupt\"}");
        assertThat(events(new Fact.ClientAnswered(
                        mail(allow("q1"), deny("q2", "No."), answer("c1", "sunny")), List.of(), false)))
                .containsExactly(
                        "{\"type\":\"user.tool_confirmation\",\"tool_use_id\":\"sevt_q1\",\"result\":\"allow\"}",
                        "{\"type\":\"user.tool_confirmation\",\"tool_use_id\":\"sevt_q2\",\"result\":\"deny\",\"deny_message\":\"No.\"}",
                        "{\"type\":\"user.custom_tool_result\",\"custom_tool_use_id\":\"sevt_c1\","
                                + "\"content\":[{\"type\":\"text\",\"text\":\"sunny\"}],\"is_error\":false}");
        assertThat(events(new Fact.Noted(mail(renamed("x")).getFirst())))
                .containsExactly("{\"type\":\"session.updated\",\"title\":\"x\"}");
        assertThat(events(new Fact.Noted(mail(archived()).getFirst())))
                .containsExactly(
                        "{\"type\":\"session.status_terminated\"}",
                        "{\"type\":\"session.thread_status_terminated\"," + THREAD + "}");
    }

    @Test
    void a_turn_that_begins_runs_the_session_and_its_thread() {
        assertThat(events(turn(userSays("hi"))).subList(1, 3))
                .containsExactly(
                        "{\"type\":\"session.status_running\"}",
                        "{\"type\":\"session.thread_status_running\"," + THREAD + "}");
    }

    @Test
    void a_model_request_is_a_span() {
        assertThat(events(asked())).containsExactly("{\"type\":\"span.model_request_start\"}");
        assertThat(VIEW.of(entry(asked())).getFirst().path("id").asText()).isEqualTo(ASKED.text());
        assertThat(events(askedAgain()))
                .containsExactly(
                        "{\"type\":\"session.status_running\"}",
                        "{\"type\":\"session.thread_status_running\"," + THREAD + "}",
                        "{\"type\":\"span.model_request_start\"}");
        assertThat(events(says("hello")).getLast())
                .isEqualTo(
                        "{\"type\":\"span.model_request_end\",\"model_request_start_id\":\"sevt_ask\",\"is_error\":false,"
                                + "\"model_usage\":{\"input_tokens\":10,\"output_tokens\":5,\"cache_creation_input_tokens\":3,\"cache_read_input_tokens\":3}}");
    }

    @Test
    void texts_side_by_side_are_one_message_and_thoughts_are_signs() {
        List<String> told = events(reply(
                "end_turn",
                List.of(thinking("hm", "sig"), textBlock("a"), textBlock("b"), thinking("so", "sig"), textBlock("c"))));
        assertThat(told.subList(0, 4))
                .containsExactly(
                        "{\"type\":\"agent.thinking\"}",
                        "{\"type\":\"agent.message\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}",
                        "{\"type\":\"agent.thinking\"}",
                        "{\"type\":\"agent.message\",\"content\":[{\"type\":\"text\",\"text\":\"c\"}]}");
    }

    @Test
    void calls_are_told_with_their_permission() {
        ToolCall auto =
                new ToolCall(id("q2"), "toolu_q2", "edit", Json.object().put("a", 1), ToolCall.Gate.ASK, "auto", null);
        ToolCall nonsense = refused("r1", "nonsense", "There is no such tool.");
        List<String> told = events(replied(BASH, WRITE, auto, WEATHER, nonsense));
        assertThat(told.subList(0, 5))
                .containsExactly(
                        "{\"type\":\"agent.tool_use\",\"name\":\"bash\",\"input\":{},\"evaluated_permission\":\"allow\",\"evaluation\":{\"type\":\"always_allow\"}}",
                        "{\"type\":\"agent.tool_use\",\"name\":\"write\",\"input\":{},\"evaluated_permission\":\"ask\",\"evaluation\":{\"type\":\"always_ask\"}}",
                        "{\"type\":\"agent.tool_use\",\"name\":\"edit\",\"input\":{\"a\":1},\"evaluated_permission\":\"ask\","
                                + "\"evaluation\":{\"type\":\"auto\",\"evaluated_permission\":{\"type\":\"ask\",\"reason_code\":\"indeterminate\"}}}",
                        "{\"type\":\"agent.custom_tool_use\",\"name\":\"weather\",\"input\":{}}",
                        "{\"type\":\"agent.tool_use\",\"name\":\"nonsense\",\"input\":{},\"evaluated_permission\":\"deny\"}");
        assertThat(VIEW.of(entry(replied(BASH))).getFirst().path("id").asText()).isEqualTo("sevt_t1");
    }

    @Test
    void results_of_tools() {
        assertThat(events(returned(BASH)))
                .containsExactly("{\"type\":\"agent.tool_result\",\"tool_use_id\":\"sevt_t1\","
                        + "\"content\":[{\"type\":\"text\",\"text\":\"output of sevt_t1\"}],\"is_error\":false}");
        assertThat(events(new Fact.TurnInterrupted(
                        mail(interrupt()), List.of(ToolResult.error(BASH, Step.INTERRUPTED)), ASKED, Usage.NONE)))
                .containsExactly(
                        "{\"type\":\"user.interrupt\"}",
                        "{\"type\":\"agent.tool_result\",\"tool_use_id\":\"sevt_t1\","
                                + "\"content\":[{\"type\":\"text\",\"text\":\"Interrupted by the user before it finished.\"}],\"is_error\":true}",
                        "{\"type\":\"span.model_request_end\",\"model_request_start_id\":\"sevt_ask\",\"is_error\":true,"
                                + "\"model_usage\":{\"input_tokens\":0,\"output_tokens\":0,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0}}");
    }

    @Test
    void the_last_answer_runs_the_session_and_a_denial_is_a_result() {
        List<String> told = events(new Fact.ClientAnswered(
                mail(deny("q1", null), answer("c1", "sunny")),
                List.of(ToolResult.error(WRITE, "denied"), new ToolResult(id("c1"), "toolu_c1", text("sunny"), false)),
                true));
        assertThat(told.subList(2, 5))
                .containsExactly(
                        "{\"type\":\"session.status_running\"}",
                        "{\"type\":\"session.thread_status_running\"," + THREAD + "}",
                        "{\"type\":\"agent.tool_result\",\"tool_use_id\":\"sevt_q1\",\"content\":[{\"type\":\"text\",\"text\":\"denied\"}],\"is_error\":true}");
        assertThat(told).hasSize(5);
    }

    @Test
    void idle_is_told_of_the_thread_then_the_usage_then_of_the_session() {
        assertThat(events(new Fact.ClientAwaited(List.of(id("q1"), id("c1")), USED, 1_500)))
                .containsExactly(
                        "{\"type\":\"session.thread_status_idle\"," + THREAD
                                + ",\"stop_reason\":{\"type\":\"requires_action\",\"event_ids\":[\"sevt_q1\",\"sevt_c1\"]},\"stop_details\":null}",
                        "{\"type\":\"session.usage\",\"usage\":" + USAGE + ",\"budget\":null}",
                        "{\"type\":\"session.status_idle\",\"stop_reason\":{\"type\":\"requires_action\",\"event_ids\":[\"sevt_q1\",\"sevt_c1\"]},\"stop_details\":null}");
        JsonNode details = Json.parse("{\"type\":\"refusal\",\"category\":\"x\",\"explanation\":\"y\"}");
        assertThat(events(new Fact.TurnEnded(StopReason.REFUSAL, details, null, null, USED, 1_500))
                        .getLast())
                .isEqualTo("{\"type\":\"session.status_idle\",\"stop_reason\":{\"type\":\"refusal\"},\"stop_details\":"
                        + details + "}");
    }

    private static final String LIMIT =
            "{\"type\":\"limit\",\"max_list_cost\":{\"amount\":\"250\",\"currency\":\"USD\"}}";
    private static final String REACHED = "\"stop_reason\":{\"type\":\"budget_reached\"},\"stop_details\":null}";

    @Test
    void a_turn_that_waits_for_its_budget_is_idle() {
        assertThat(events(new Fact.BudgetReached(false, USED, 1_500, new Budget(250))))
                .containsExactly(
                        "{\"type\":\"session.thread_status_idle\"," + THREAD + "," + REACHED,
                        "{\"type\":\"session.usage\",\"usage\":" + USAGE + ",\"budget\":" + LIMIT + "}",
                        "{\"type\":\"session.status_idle\"," + REACHED);
        assertThat(events(new Fact.Reserved(id("ask"), 7, 0, "n", 0))).isEmpty();
    }

    @Test
    void another_budget_is_told_and_lets_the_session_run() {
        Posted raised = mail(budget(new Budget(250))).getFirst();
        assertThat(events(new Fact.Noted(raised, true)))
                .containsExactly(
                        "{\"type\":\"session.updated\",\"budget\":" + LIMIT + "}",
                        "{\"type\":\"session.status_running\"}",
                        "{\"type\":\"session.thread_status_running\"," + THREAD + "}");
        assertThat(events(new Fact.Noted(mail(budget(null)).getFirst())))
                .containsExactly("{\"type\":\"session.updated\",\"budget\":null}");
    }

    @Test
    void usage_shows_the_budget_and_the_end_of_a_turn_that_took_all_of_it_is_the_sessions() {
        Fact ended = new Fact.TurnEnded(StopReason.END_TURN, null, null, null, USED, 1_500, new Budget(250));
        assertThat(events(ended).get(1)).endsWith(",\"budget\":" + LIMIT + "}");
        assertThat(events(ended).getLast()).contains("\"stop_reason\":{\"type\":\"end_turn\"}");
        Usage all = USED.priced(2_500_000_000L);
        List<String> spent =
                events(new Fact.TurnEnded(StopReason.END_TURN, null, null, null, all, 1_500, new Budget(250)));
        assertThat(spent.getFirst()).contains("\"stop_reason\":{\"type\":\"end_turn\"}");
        assertThat(spent.getLast()).isEqualTo("{\"type\":\"session.status_idle\"," + REACHED);
        assertThat(events(new Fact.ClientAwaited(List.of(id("q1")), all, 1_500, new Budget(250)))
                        .getLast())
                .contains("\"type\":\"requires_action\"");
    }

    @Test
    void failures_are_told_before_the_status_they_lead_to() {
        String end = "{\"type\":\"span.model_request_end\",\"model_request_start_id\":\"sevt_ask\",\"is_error\":true,"
                + "\"model_usage\":{\"input_tokens\":0,\"output_tokens\":0,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0}}";
        assertThat(events(failed("model_overloaded_error", noonPlus(5))))
                .containsExactly(
                        end,
                        "{\"type\":\"session.error\",\"error\":{\"type\":\"model_overloaded_error\",\"message\":\"It failed.\",\"retry_status\":{\"type\":\"retrying\"}}}",
                        "{\"type\":\"session.status_rescheduled\"}",
                        "{\"type\":\"session.thread_status_rescheduled\"," + THREAD + "}");
        assertThat(events(failed("billing_error", null)))
                .containsExactly(
                        end,
                        "{\"type\":\"session.error\",\"error\":{\"type\":\"billing_error\",\"message\":\"It failed.\",\"retry_status\":{\"type\":\"exhausted\"}}}");
        assertThat(events(cancelled())).hasSize(1);
        assertThat(events(new Fact.TurnEnded(StopReason.END_TURN, null, "unknown_error", "So.", USED, 1_500))
                        .getFirst())
                .isEqualTo(
                        "{\"type\":\"session.error\",\"error\":{\"type\":\"unknown_error\",\"message\":\"So.\",\"retry_status\":{\"type\":\"exhausted\"}}}");
    }

    @Test
    void what_is_no_clients_business_is_not_told() {
        assertThat(events(sessionBegan(), new Fact.HandAttached("h"), new Fact.HandLost("h", "x")))
                .isEmpty();
    }

    @Test
    void what_a_hand_could_not_be_given_is_an_error_that_ends_nothing() {
        assertThat(events(new Fact.HandAttached("h", "no apt")).getFirst())
                .isEqualTo(
                        "{\"type\":\"session.error\",\"error\":{\"type\":\"unknown_error\",\"message\":\"no apt\",\"retry_status\":{\"type\":\"retrying\"}}}");
    }

    @Test
    void content_that_was_spilled_is_told_whole() {
        JsonNode reference = Json.object().put("$blob", "abc");
        WireEvents filling = new WireEvents(
                SESSION.primaryThread(), "Scout", content -> content.has("$blob") ? text("large") : content);
        Entry entry = entry(
                turn(new Input.UserMessage(id("u"), reference), new Input.SystemMessage(id("s"), reference)),
                new Fact.ClientAnswered(
                        mail(new Input.CustomResult(id("a"), id("c1"), reference, false)), List.of(), false),
                new Fact.ToolsReturned(List.of(new ToolResult(id("t1"), "toolu_t1", reference, false))));
        assertThat(filling.of(entry).toString()).doesNotContain("$blob");
        assertThat(filling.of(entry).stream().filter(e -> e.has("content"))).hasSize(4);
    }

    // ---- times and ids

    @Test
    void what_waits_has_no_time_but_a_result_of_the_client_has_that_of_its_receipt() {
        for (Input input : List.of(userSays("hi"), systemSays("hm"), interrupt(), allow("q"), renamed("x"), archived()))
            assertThat(VIEW.queued(new Posted(1, NOON, input))
                            .get("processed_at")
                            .isNull())
                    .isTrue();
        Posted result = new Posted(1, noonPlus(-5), answer("c1", "sunny"));
        assertThat(VIEW.queued(result).get("processed_at").asText()).isEqualTo("2026-01-02T11:59:55Z");
        assertThat(VIEW.of(entry(new Fact.ClientAnswered(List.of(result), List.of(), false))))
                .containsExactly(VIEW.queued(result));
    }

    @Test
    void a_queued_event_has_the_id_that_it_will_have_in_the_log() {
        Posted posted = mail(userSays("hi")).getFirst();
        ObjectNode queued = VIEW.queued(posted);
        ObjectNode told = VIEW.of(entry(turn(userSays("hi")))).getFirst();
        queued.remove("processed_at");
        told.remove("processed_at");
        assertThat(queued).isEqualTo(told);
    }

    @Test
    void events_have_ids_from_the_entry_and_those_of_content_never_meet_the_others() {
        ToolCall[] calls = new ToolCall[Stamp.FIRST_DERIVED];
        List<ObjectNode> content = new ArrayList<>();
        List<ToolResult> results = new ArrayList<>();
        for (int i = 0; i < calls.length; i++) {
            calls[i] = new ToolCall(
                    EventId.of("nonce", i), "toolu_" + i, "x", Json.object(), ToolCall.Gate.REFUSED, null, "no");
            content.add(block(calls[i]));
            results.add(ToolResult.error(calls[i], "no"));
        }
        Fact ask = ((Step.Tell)
                        Step.next(io.dormouse.Given.after(turn(userSays("hi"))), List.of(), new Stamp(NOON, "nonce")))
                .facts()
                .getFirst();
        // The largest entry there can be: every block a call that is refused, and the next request.
        List<ObjectNode> events = VIEW.of(entry(
                reply("tool_use", content, calls),
                new Fact.ToolsReturned(results),
                new Fact.InputsJoined(mail(userSays("more"))),
                ask));
        Set<String> ids = new HashSet<>();
        events.forEach(event -> ids.add(event.path("id").asText()));
        assertThat(ids).hasSize(events.size()).hasSize(2 * Stamp.FIRST_DERIVED + 3);
    }

    // ---- whole turns

    @Test
    void a_plain_turn() {
        Play play = Play.begin().post(userSays("hi")).then().model(says("hello"));
        assertThat(types(play))
                .containsExactly(
                        "user.message",
                        "session.status_running",
                        "session.thread_status_running",
                        "span.model_request_start",
                        "agent.message",
                        "span.model_request_end",
                        "session.thread_status_idle",
                        "session.usage",
                        "session.status_idle");
    }

    @Test
    void a_turn_with_a_tool() {
        Play play = Play.begin().post(userSays("hi")).then().model(replied(BASH));
        play = play.post(userSays("more")).hands().model(says("done"));
        assertThat(types(play).subList(3, types(play).size()))
                .containsExactly(
                        "span.model_request_start",
                        "agent.tool_use",
                        "span.model_request_end",
                        "agent.tool_result",
                        "user.message",
                        "span.model_request_start",
                        "agent.message",
                        "span.model_request_end",
                        "session.thread_status_idle",
                        "session.usage",
                        "session.status_idle");
    }

    @Test
    void a_turn_with_questions_that_are_answered_one_by_one() {
        Play play = Play.begin().post(userSays("hi")).then().model(replied(WRITE, WEATHER));
        play = play.post(allow("q1")).then().post(answer("c1", "sunny")).then();
        play = play.hands().model(says("done"));
        assertThat(types(play).subList(3, types(play).size() - 5))
                .containsExactly(
                        "span.model_request_start",
                        "agent.tool_use",
                        "agent.custom_tool_use",
                        "span.model_request_end",
                        "session.thread_status_idle",
                        "session.usage",
                        "session.status_idle",
                        "user.tool_confirmation",
                        "session.thread_status_idle",
                        "session.usage",
                        "session.status_idle",
                        "user.custom_tool_result",
                        "session.status_running",
                        "session.thread_status_running",
                        "agent.tool_result",
                        "span.model_request_start");
        List<JsonNode> waits = all(play).stream()
                .filter(event -> event.path("type").asText().equals("session.status_idle"))
                .map(event -> event.path("stop_reason").path("event_ids"))
                .toList();
        assertThat(waits.get(0)).isEqualTo(Json.parse("[\"sevt_q1\",\"sevt_c1\"]"));
        assertThat(waits.get(1)).isEqualTo(Json.parse("[\"sevt_c1\"]"));
    }

    @Test
    void a_turn_that_is_interrupted_and_redirected() {
        Play play = Play.begin().post(userSays("hi")).then();
        play = play.post(interrupt(), userSays("rather this")).model(cancelled());
        assertThat(types(play).subList(3, types(play).size()))
                .containsExactly(
                        "span.model_request_start",
                        "span.model_request_end",
                        "user.interrupt",
                        "session.thread_status_idle",
                        "session.usage",
                        "session.status_idle",
                        "user.message",
                        "session.status_running",
                        "session.thread_status_running",
                        "span.model_request_start");
    }

    @Test
    void a_turn_that_is_retried_until_it_is_given_up() {
        Play play = Play.begin().post(userSays("hi")).then().fails(Duration.ofSeconds(2));
        play = play.later(Duration.ofSeconds(2)).then().model(failed("model_overloaded_error", null));
        assertThat(types(play).subList(3, types(play).size()))
                .containsExactly(
                        "span.model_request_start",
                        "span.model_request_end",
                        "session.error",
                        "session.status_rescheduled",
                        "session.thread_status_rescheduled",
                        "session.status_running",
                        "session.thread_status_running",
                        "span.model_request_start",
                        "span.model_request_end",
                        "session.error",
                        "session.thread_status_idle",
                        "session.usage",
                        "session.status_idle");
        assertThat(all(play).getLast().path("stop_reason").path("type").asText())
                .isEqualTo("retries_exhausted");
    }

    @Test
    void a_session_that_is_renamed_and_archived() {
        Play play = Play.begin().post(renamed("x")).then().post(archived()).then();
        assertThat(types(play))
                .containsExactly("session.updated", "session.status_terminated", "session.thread_status_terminated");
        assertThat(AGENT.path("name").asText()).isEqualTo("Scout");
    }

    // ---- over every short history

    @Test
    void every_id_is_there_once_and_the_same_whenever_it_is_looked_at() {
        Histories.walk(5, (before, after) -> {
            Set<String> ids = new HashSet<>();
            List<ObjectNode> events = all(after);
            for (ObjectNode event : events)
                assertThat(ids.add(event.path("id").asText())).as("%s", event).isTrue();
            assertThat(all(after)).isEqualTo(events);
            for (ObjectNode event : events)
                assertThat(event.path("processed_at").isTextual()).isTrue();
        });
    }

    @Test
    void every_request_that_starts_ends_once_and_before_the_session_is_idle() {
        Histories.walk(6, (before, after) -> {
            Set<String> open = new HashSet<>();
            for (ObjectNode event : all(after))
                switch (event.path("type").asText()) {
                    case "span.model_request_start" -> open.add(event.path("id").asText());
                    case "span.model_request_end" ->
                        assertThat(open.remove(
                                        event.path("model_request_start_id").asText()))
                                .isTrue();
                    case "session.status_idle", "session.status_rescheduled", "session.status_terminated" ->
                        assertThat(open).isEmpty();
                    default -> {}
                }
            assertThat(open.isEmpty()).isEqualTo(!(after.step() instanceof Step.AskModel));
        });
    }

    @Test
    void statuses_follow_each_other_as_documented_and_the_last_is_that_of_the_head() {
        Map<String, Set<String>> next = Map.of(
                "idle", Set.of("running", "terminated", "idle"),
                "running", Set.of("idle", "rescheduled"),
                "rescheduled", Set.of("running", "idle"),
                "terminated", Set.of());
        Map<Head.Status, String> names = new HashMap<>();
        names.put(Head.Status.IDLE, "idle");
        names.put(Head.Status.RUNNING, "running");
        names.put(Head.Status.RESCHEDULING, "rescheduled");
        names.put(Head.Status.TERMINATED, "terminated");
        Histories.walk(6, (before, after) -> {
            String status = "idle";
            String thread = "idle";
            String last = "";
            for (ObjectNode event : all(after)) {
                String type = event.path("type").asText();
                if (type.startsWith("session.status_")) {
                    String now = type.substring("session.status_".length());
                    assertThat(next.get(status)).contains(now);
                    status = now;
                    if (now.equals("idle")) assertThat(last).isEqualTo("session.usage");
                }
                if (type.startsWith("session.thread_status_"))
                    thread = type.substring("session.thread_status_".length());
                last = type;
            }
            assertThat(status).isEqualTo(names.get(after.head().status()));
            assertThat(thread).isEqualTo(status);
        });
    }

    @Test
    void every_call_that_is_told_has_one_result_before_the_turn_ends() {
        Histories.walk(5, (before, after) -> {
            Set<String> open = new HashSet<>();
            for (ObjectNode event : all(after))
                switch (event.path("type").asText()) {
                    case "agent.tool_use", "agent.custom_tool_use" ->
                        open.add(event.path("id").asText());
                    case "agent.tool_result" ->
                        assertThat(open.remove(event.path("tool_use_id").asText()))
                                .isTrue();
                    case "user.custom_tool_result" ->
                        open.remove(event.path("custom_tool_use_id").asText());
                    case "session.status_idle" -> {
                        if (!event.path("stop_reason").path("type").asText().equals("requires_action"))
                            assertThat(open).isEmpty();
                    }
                    default -> {}
                }
        });
    }
}
