package io.dormouse.prompt;

import static io.dormouse.Given.NO_CATALOG;
import static io.dormouse.Given.SPEC;
import static io.dormouse.Given.allow;
import static io.dormouse.Given.answer;
import static io.dormouse.Given.archived;
import static io.dormouse.Given.asked;
import static io.dormouse.Given.asking;
import static io.dormouse.Given.block;
import static io.dormouse.Given.cancelled;
import static io.dormouse.Given.custom;
import static io.dormouse.Given.deny;
import static io.dormouse.Given.failed;
import static io.dormouse.Given.id;
import static io.dormouse.Given.interrupt;
import static io.dormouse.Given.log;
import static io.dormouse.Given.mailFrom;
import static io.dormouse.Given.noonPlus;
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
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Step;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TranscriptTest {
    private static final ToolCall BASH = toolUse("t1", "bash");
    private static final ToolCall READ = toolUse("t2", "read");
    private static final ToolCall WRITE = asking("q1", "write");
    private static final ToolCall WEATHER = custom("c1", "weather");

    /** The messages in short: role, then each block as its text, its call {@code id?} or its result {@code id=text}. */
    private static List<String> brief(JsonNode messages) {
        List<String> brief = new ArrayList<>();
        for (JsonNode message : messages) {
            StringBuilder line = new StringBuilder(message.path("role").asText());
            for (JsonNode block : message.path("content")) line.append(" | ").append(brief1(block));
            brief.add(line.toString());
        }
        return brief;
    }

    private static String brief1(JsonNode block) {
        return switch (block.path("type").asText()) {
            case "text" -> block.path("text").asText();
            case "thinking" -> "(" + block.path("thinking").asText() + ")";
            case "tool_use" -> block.path("id").asText() + "?";
            case "tool_result" ->
                block.path("tool_use_id").asText()
                        + (block.path("is_error").asBoolean() ? "!" : "=")
                        + block.path("content").path(0).path("text").asText();
            default -> block.toString();
        };
    }

    private static List<String> brief(Fact... facts) {
        JsonNode messages = messages(Transcript.of(log(facts)));
        assertThat(Legality.faults(messages)).isEmpty();
        return brief(messages);
    }

    private static JsonNode messages(Transcript transcript) {
        return Json.array().addAll(transcript.messages());
    }

    // ---- who says what

    @Test
    void a_plain_turn() {
        assertThat(brief(sessionBegan(), turn(userSays("hi")), asked(), says("hello"), turn(userSays("more"))))
                .containsExactly("user | hi", "assistant | hello", "user | more");
    }

    @Test
    void messages_of_one_turn_are_one_message() {
        assertThat(brief(turn(userSays("a"), userSays("b")))).containsExactly("user | a | b");
    }

    @Test
    void results_come_in_the_order_of_the_calls_whatever_order_they_came_in() {
        assertThat(brief(turn(userSays("hi")), replied(BASH, READ), returned(READ), returned(BASH)))
                .containsExactly(
                        "user | hi",
                        "assistant | toolu_t1? | toolu_t2?",
                        "user | toolu_t1=output of sevt_t1 | toolu_t2=output of sevt_t2");
    }

    @Test
    void messages_that_joined_come_behind_the_results() {
        assertThat(brief(
                        turn(userSays("hi")),
                        replied(BASH),
                        returned(BASH),
                        new Fact.InputsJoined(mailFrom(2, userSays("more")))))
                .containsExactly("user | hi", "assistant | toolu_t1?", "user | toolu_t1=output of sevt_t1 | more");
    }

    @Test
    void answers_of_the_client_are_results() {
        Fact answered = new Fact.ClientAnswered(
                mailFrom(2, deny("q1", "No."), answer("c1", "sunny")),
                List.of(ToolResult.error(WRITE, "denied"), new ToolResult(id("c1"), "toolu_c1", text("sunny"), false)),
                true);
        assertThat(brief(turn(userSays("hi")), replied(WEATHER, WRITE), answered))
                .containsExactly(
                        "user | hi", "assistant | toolu_c1? | toolu_q1?", "user | toolu_c1=sunny | toolu_q1!denied");
    }

    @Test
    void an_answer_that_allows_a_call_says_nothing_to_the_model() {
        Fact allowed = new Fact.ClientAnswered(mailFrom(2, allow("q1")), List.of(), true);
        assertThat(brief(turn(userSays("hi")), replied(WRITE), allowed, returned(WRITE)))
                .containsExactly("user | hi", "assistant | toolu_q1?", "user | toolu_q1=output of sevt_q1");
    }

    @Test
    void an_interrupt_completes_the_pairs_and_the_next_message_follows_them() {
        Fact stopped = new Fact.TurnInterrupted(
                mailFrom(2, interrupt()), List.of(ToolResult.error(READ, Step.INTERRUPTED)), null, Usage.NONE);
        assertThat(brief(
                        turn(userSays("hi")),
                        replied(BASH, READ),
                        returned(BASH),
                        stopped,
                        new Fact.TurnBegan(mailFrom(3, userSays("rather this")))))
                .containsExactly(
                        "user | hi",
                        "assistant | toolu_t1? | toolu_t2?",
                        "user | toolu_t1=output of sevt_t1 | toolu_t2!" + Step.INTERRUPTED + " | rather this");
    }

    @Test
    void what_a_request_that_failed_or_was_cut_off_had_said_is_not_kept() {
        assertThat(brief(turn(userSays("hi")), asked(), failed("x", noonPlus(1)), asked(), cancelled()))
                .containsExactly("user | hi");
    }

    @Test
    void a_refusal_is_left_out_and_the_next_message_joins_the_refused_one() {
        assertThat(brief(
                        turn(userSays("hi")),
                        reply("refusal", List.of(textBlock("I ca"))),
                        turn(userSays("something else"))))
                .containsExactly("user | hi | something else");
    }

    @Test
    void a_reply_that_goes_on_after_a_pause_is_one_message() {
        assertThat(brief(
                        turn(userSays("hi")),
                        reply("pause_turn", List.of(textBlock("Searching"))),
                        reply("tool_use", List.of(textBlock("found"), block(BASH)), BASH),
                        returned(BASH)))
                .containsExactly(
                        "user | hi", "assistant | Searching | found | toolu_t1?", "user | toolu_t1=output of sevt_t1");
    }

    @Test
    void a_message_that_joins_a_pause_ends_the_message_before_it() {
        assertThat(brief(
                        turn(userSays("hi")),
                        reply("pause_turn", List.of(textBlock("Searching"))),
                        new Fact.InputsJoined(mailFrom(2, userSays("faster"))),
                        says("found")))
                .containsExactly("user | hi", "assistant | Searching", "user | faster", "assistant | found");
    }

    private static ObjectNode search(String id) {
        return Json.object().put("type", "server_tool_use").put("id", id).put("name", "web_search");
    }

    private static ObjectNode found(String id) {
        return Json.object().put("type", "web_search_tool_result").put("tool_use_id", id);
    }

    @Test
    void a_search_that_paused_is_answered_or_given_up_when_the_user_speaks() {
        for (List<ObjectNode> paused : List.of(
                List.of(textBlock("Searching"), search("s1")),
                List.of(search("s1")),
                List.of(search("s0"), found("s0"), search("s1")))) {
            assertThat(brief(
                            turn(userSays("hi")),
                            reply("pause_turn", paused),
                            failed("x", noonPlus(1)),
                            new Fact.InputsJoined(mailFrom(2, userSays("leave it")))))
                    .hasSize(3)
                    .noneMatch(line -> line.contains("s1"));
            assertThat(brief(
                            turn(userSays("hi")), reply("pause_turn", paused), reply("end_turn", List.of(found("s1")))))
                    .hasSize(2)
                    .anyMatch(line -> line.contains("s1"));
        }
    }

    @Test
    void a_system_message_stands_behind_the_users() {
        assertThat(brief(turn(userSays("hi"), systemSays("Be kind.")), says("hello"), turn(userSays("more"))))
                .containsExactly("user | hi", "system | Be kind.", "assistant | hello", "user | more");
    }

    @Test
    void a_system_message_moves_behind_what_the_user_says_before_the_models_next_word() {
        assertThat(brief(
                        turn(userSays("hi"), systemSays("Be kind.")),
                        failed("x", noonPlus(1)),
                        new Fact.InputsJoined(mailFrom(3, userSays("more")))))
                .containsExactly("user | hi | more", "system | Be kind.");
    }

    @Test
    void notes_say_nothing_to_the_model() {
        assertThat(brief(
                        turn(userSays("hi")),
                        new Fact.Noted(mailFrom(2, renamed("x")).getFirst()),
                        new Fact.HandAttached("hand_1"),
                        new Fact.HandLost("hand_1", "gone"),
                        new Fact.Noted(mailFrom(3, archived()).getFirst())))
                .containsExactly("user | hi");
    }

    // ---- nothing empty, nothing illegal

    @Test
    void blank_texts_of_users_and_tools_say_so() {
        ToolResult nothing = new ToolResult(BASH.id(), BASH.modelId(), Json.array(), false);
        ToolResult blank = new ToolResult(READ.id(), READ.modelId(), text(" \n"), true);
        assertThat(brief(turn(userSays(" ")), replied(BASH, READ), new Fact.ToolsReturned(List.of(nothing, blank))))
                .containsExactly(
                        "user | (blank)",
                        "assistant | toolu_t1? | toolu_t2?",
                        "user | toolu_t1=(no output) | toolu_t2!(blank)");
    }

    @Test
    void a_blank_system_message_says_so() {
        assertThat(brief(turn(userSays("hi"), systemSays(" ")))).containsExactly("user | hi", "system | (blank)");
    }

    @Test
    void an_empty_reply_is_left_out() {
        assertThat(brief(
                        turn(userSays("hi")),
                        reply("end_turn", List.of(textBlock(" "))),
                        turn(userSays("are you there?"))))
                .containsExactly("user | hi | are you there?");
    }

    @Test
    void a_signed_thought_is_kept_in_its_place_and_a_cut_one_dropped() {
        assertThat(brief(
                        turn(userSays("hi")),
                        reply("end_turn", List.of(thinking("hm", "sig"), textBlock("a"), thinking("so", "")))))
                .containsExactly("user | hi", "assistant | (hm) | a");
        JsonNode thought = messages(Transcript.of(
                        log(turn(userSays("hi")), reply("end_turn", List.of(thinking("hm", "sig"), textBlock("a"))))))
                .path(1)
                .path("content")
                .path(0);
        assertThat(thought).isEqualTo(thinking("hm", "sig"));
    }

    @Test
    void a_call_whose_input_is_malformed_is_kept_with_an_empty_input() {
        var malformed = block(BASH).put("malformed_input", "{\"comm");
        Transcript transcript =
                Transcript.of(log(turn(userSays("hi")), reply("max_tokens", List.of(malformed), BASH), returned(BASH)));
        assertThat(messages(transcript).path(1).path("content").path(0)).isEqualTo(block(BASH));
        // The log keeps what the model said.
        assertThat(malformed.has("malformed_input")).isTrue();
    }

    @Test
    void names_and_ids_are_such_as_the_model_takes_back() {
        ToolCall dotted = called("a", "call:1", "functions.bash");
        ToolCall colon = called("b", "call_1", "\u4e16 \u754c");
        ToolCall endless = called("c", "toolu_c", "n".repeat(300));
        List<JsonNode> calls = new ArrayList<>();
        messages(Transcript.of(
                        log(turn(userSays("hi")), replied(dotted, colon, endless), returned(dotted, colon, endless))))
                .path(1)
                .path("content")
                .forEach(calls::add);
        assertThat(calls)
                .extracting(call -> call.path("name").asText())
                .containsExactly("functions_bash", "___", "n".repeat(128));
        assertThat(calls).extracting(call -> call.path("id").asText()).containsExactly("call_1", "call_1_2", "toolu_c");
    }

    private static ToolCall called(String event, String id, String name) {
        return new ToolCall(id(event), id, name, Json.object(), ToolCall.Gate.REFUSED, null, "There is no such tool.");
    }

    @Test
    void calls_that_share_an_id_are_told_apart() {
        ToolCall first = new ToolCall(id("a"), "toolu_x", "bash", Json.object(), ToolCall.Gate.ALLOWED, null, null);
        ToolCall second = new ToolCall(id("b"), "toolu_x", "bash", Json.object(), ToolCall.Gate.ALLOWED, null, null);
        ToolCall third = new ToolCall(id("c"), "toolu_x", "bash", Json.object(), ToolCall.Gate.ALLOWED, null, null);
        assertThat(brief(
                        turn(userSays("hi")),
                        replied(first, second),
                        returned(first, second),
                        replied(third),
                        returned(third)))
                .containsExactly(
                        "user | hi",
                        "assistant | toolu_x? | toolu_x_2?",
                        "user | toolu_x=output of sevt_a | toolu_x_2=output of sevt_b",
                        "assistant | toolu_x_3?",
                        "user | toolu_x_3=output of sevt_c");
    }

    @Test
    void content_that_was_spilled_comes_back() {
        JsonNode reference = Json.object().put("$blob", "abc");
        Transcript transcript = new Transcript(content -> content.has("$blob") ? text("large") : content);
        Input user = new Input.UserMessage(id("u"), reference);
        Input system = new Input.SystemMessage(id("s"), reference);
        log(
                        turn(user, system),
                        replied(BASH),
                        new Fact.ToolsReturned(List.of(new ToolResult(BASH.id(), BASH.modelId(), reference, false))))
                .forEach(transcript::add);
        assertThat(brief(messages(transcript)))
                .containsExactly("user | large", "system | large", "assistant | toolu_t1?", "user | toolu_t1=large");
    }

    // ---- over every short history

    @Test
    void every_request_of_every_short_history_is_legal() {
        int[] requests = {0};
        Histories.walk(6, (before, after) -> {
            if (!(after.step() instanceof Step.AskModel)) return;
            requests[0]++;
            JsonNode messages = messages(Transcript.of(after.log()));
            assertThat(Legality.faults(messages)).as("%s", after.log()).isEmpty();
        });
        assertThat(requests[0]).isGreaterThan(10_000);
    }

    @Test
    void every_request_begins_with_the_one_before_it() {
        Histories.walk(6, (before, after) -> {
            if (!(after.step() instanceof Step.AskModel)) return;
            List<Entry> log = after.log();
            for (int i = log.size() - 1; i > 0; i--) {
                boolean asks = log.get(i - 1).facts().getLast() instanceof Fact.ModelAsked;
                if (!asks) continue;
                List<String> earlier = flat(messages(Transcript.of(log.subList(0, i))));
                // A system message moves behind what the user says before the model's next word.
                while (earlier.getLast().startsWith("\"system\"")) earlier.removeLast();
                assertThat(flat(messages(Transcript.of(log)))).as("%s", log).startsWith(earlier.toArray(String[]::new));
                return;
            }
        });
    }

    /** Every block with its role, in order: what a cache of prefixes sees. */
    static List<String> flat(JsonNode messages) {
        List<String> flat = new ArrayList<>();
        for (JsonNode message : messages)
            for (JsonNode block : message.path("content")) flat.add(message.path("role") + " " + block);
        return flat;
    }

    @Test
    void a_log_that_is_read_back_gives_the_same_bytes() {
        Histories.walk(4, (before, after) -> {
            List<Entry> read = new ArrayList<>();
            for (Entry entry : after.log()) read.add(Json.read(Json.bytes(entry), Entry.class));
            assertThat(bytes(read)).isEqualTo(bytes(after.log()));
            // Read in two parts, as a process does that was here before.
            Transcript warm = Transcript.of(before.log());
            Prompt.of(SPEC, warm, NO_CATALOG);
            after.log().subList(before.log().size(), after.log().size()).forEach(warm::add);
            assertThat(Json.text(Prompt.of(SPEC, warm, NO_CATALOG).body())).isEqualTo(bytes(after.log()));
        });
    }

    private static String bytes(List<Entry> log) {
        return Json.text(Prompt.of(SPEC, Transcript.of(log), NO_CATALOG).body());
    }

    @Test
    void what_the_user_said_first_the_model_reads_first() {
        Play play = Play.begin().post(userSays("a")).then().post(userSays("b")).model(replied(BASH));
        play = play.post(userSays("c")).hands().model(says("done"));
        assertThat(brief(messages(Transcript.of(play.log()))))
                .containsExactly(
                        "user | a",
                        "assistant | toolu_t1?",
                        "user | toolu_t1=output of sevt_t1 | b | c",
                        "assistant | done");
        assertThat(play.log().getLast().facts()).hasSize(2);
    }
}
