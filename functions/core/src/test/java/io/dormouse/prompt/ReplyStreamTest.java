package io.dormouse.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.session.Usage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReplyStreamTest {
    private static final String START =
            "{'type':'message_start','message':{'usage':{'input_tokens':25,'output_tokens':1}}}";
    private static final String TEXT =
            "{'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}";
    private static final String TOOL = "{'type':'content_block_start','index':0,'content_block':"
            + "{'type':'tool_use','id':'toolu_1','name':'bash','input':{}}}";
    private static final String BLOCK_END = "{'type':'content_block_stop','index':0}";
    private static final String END = "{'type':'message_stop'}";

    private final List<String> seen = new ArrayList<>();
    private final ReplyStream stream = new ReplyStream(new Model.Watcher() {
        @Override
        public void opened(int index, String type) {
            seen.add(index + " " + type);
        }

        @Override
        public void text(int index, String delta) {
            seen.add(index + " +" + delta);
        }
    });

    @Test
    void a_streamed_message_comes_out_as_the_blocks_it_was_made_of() {
        ArrayNode content = (ArrayNode) json("""
                [{'type':'thinking','thinking':'Let me see …','signature':'c2lnbmF0dXJl'},
                 {'type':'redacted_thinking','data':'b3BhcXVl'},
                 {'type':'text','text':'A 🐭 naps, né?','citations':[{'type':'char_location','cited_text':'naps'}]},
                 {'type':'tool_use','id':'toolu_1','name':'bash','input':{'command':'ls','n':1.50,'deep':[{'a':null}]}},
                 {'type':'tool_use','id':'toolu_2','name':'none','input':{}},
                 {'type':'tool_use','id':'toolu_3','name':'bad','input':{},'malformed_input':'{\\"command'},
                 {'type':'server_tool_use','id':'srvtoolu_1','name':'web_search','input':{'query':'x'}},
                 {'type':'web_search_tool_result','tool_use_id':'srvtoolu_1','content':[{'type':'web_search_result'}]},
                 {'type':'from_the_future','payload':{'x':[1,2]}}]""");
        ObjectNode message = MessageEvents.message("msg_1", "claude", content, "tool_use");
        message.set("usage", json("{'input_tokens':7,'output_tokens':42}"));
        for (int deltaChars = 2; deltaChars < 40; deltaChars++) {
            ReplyStream reply = new ReplyStream(NOBODY);
            MessageEvents.of(message, deltaChars).forEach(event -> feed(reply, event.data()));
            assertThat(reply.end())
                    .isEqualTo(new Model.Reply.Complete(
                            blocks(content), "tool_use", null, new Usage(7, 42, 0, 0, 0, 0, 0)));
        }
    }

    @Test
    void the_watcher_sees_blocks_open_and_text_grow() {
        feed(START, TEXT, text("Hel"), text("lo"), BLOCK_END);
        assertThat(seen).containsExactly("0 text", "0 +Hel", "0 +lo");
    }

    @Test
    void a_character_split_between_deltas_is_shown_whole() {
        feed(START, TEXT, text("a\\ud83d"), text("\\udc2db"), text("\\ud83d"), BLOCK_END, stop("end_turn"), END);
        assertThat(seen).containsExactly("0 text", "0 +a", "0 +🐭b");
        assertThat(complete().content()).containsExactly(block("{'type':'text','text':'a🐭b\uFFFD'}"));
    }

    @Test
    void half_a_character_anywhere_does_not_make_a_block_that_cannot_be_stored() {
        feed(START, TOOL, input("{\\\"\\\\ud83d\\\":[\\\"\\\\udc2d\\\"]}"), BLOCK_END, stop("tool_use"), END);
        assertThat(new String(Json.bytes(complete().content()), StandardCharsets.UTF_8))
                .contains("{\"\uFFFD\":[\"\uFFFD\"]}");
    }

    @Test
    void input_that_is_no_json_object_is_kept_as_text() {
        for (String raw : List.of("{\"a\":", "[1]", "7", "{} {}", "{\"a\":1,\"a\":2}", "[".repeat(90))) {
            ReplyStream reply = new ReplyStream(NOBODY);
            feed(reply, START, TOOL, input(raw.replace("\"", "\\\"")), BLOCK_END, stop("tool_use"), END);
            assertThat(((Model.Reply.Complete) reply.end()).content()).containsExactly(malformed(raw));
        }
    }

    @Test
    void input_that_nests_deeper_than_a_log_entry_could_hold_is_kept_as_text() {
        String raw = "{\"a\":" + "[".repeat(80) + "]".repeat(80) + "}";
        feed(START, TOOL, input(raw.replace("\"", "\\\"")), BLOCK_END, stop("tool_use"), END);
        assertThat(complete().content()).containsExactly(malformed(raw));
    }

    @Test
    void a_call_that_is_cut_off_is_never_taken_for_a_whole_one() {
        feed(START, TOOL, input("{\\\"command\\\":\\\"rm -rf /tmp"), stop("max_tokens"), END);
        assertThat(complete().content()).containsExactly(malformed("{\"command\":\"rm -rf /tmp"));
    }

    @Test
    void a_call_that_is_cut_off_before_its_first_parameter_is_malformed_too() {
        feed(START, TOOL, input(""), BLOCK_END, stop("max_tokens"), END);
        assertThat(complete().content()).containsExactly(malformed(""));
    }

    @Test
    void a_call_without_parameters_has_an_empty_input() {
        feed(START, TOOL, input(""), BLOCK_END, stop("tool_use"), END);
        assertThat(complete().content())
                .containsExactly(block("{'type':'tool_use','id':'toolu_1','name':'bash','input':{}}"));
    }

    @Test
    void a_text_block_without_any_text_keeps_its_place_so_that_the_indexes_of_the_others_hold() {
        feed(START, TEXT, text("\\n\\n"), BLOCK_END, stop("end_turn"), END);
        assertThat(complete().content()).containsExactly(block("{'type':'text','text':'\\n\\n'}"));
    }

    @Test
    void usage_is_cumulative_and_tells_cache_lifetimes_and_searches_apart() {
        feed("{'type':'message_start','message':{'usage':{'input_tokens':10,'cache_creation_input_tokens':50,"
                + "'cache_read_input_tokens':7,'cache_creation':{'ephemeral_5m_input_tokens':20,"
                + "'ephemeral_1h_input_tokens':30},'output_tokens':1}}}");
        feed("{'type':'message_delta','delta':{'stop_reason':'end_turn'},'usage':{'input_tokens':12,"
                + "'output_tokens':99,'cache_creation_input_tokens':50,'cache_read_input_tokens':null,"
                + "'server_tool_use':{'web_search_requests':3}}}");
        feed(END);
        assertThat(complete().usage()).isEqualTo(new Usage(12, 99, 7, 20, 30, 3, 0));
    }

    @Test
    void a_cache_write_without_a_split_counts_as_five_minutes() {
        feed("{'type':'message_start','message':{'usage':{'cache_creation_input_tokens':50}}}");
        assertThat(stream.cancelled()).isEqualTo(new Model.Reply.Cancelled(new Usage(0, 0, 0, 50, 0, 0, 0)));
    }

    @Test
    void a_refusal_keeps_its_details() {
        feed(
                START,
                "{'type':'message_delta','delta':{'stop_reason':'refusal','stop_details':"
                        + "{'type':'refusal','category':'bio','explanation':'no'}},'usage':{'output_tokens':3}}",
                END);
        assertThat(complete().stopReason()).isEqualTo("refusal");
        assertThat(complete().stopDetails()).isEqualTo(json("{'type':'refusal','category':'bio','explanation':'no'}"));
    }

    @Test
    void a_stream_that_ends_before_the_message_does_is_a_failure_that_still_costs() {
        feed(START, TEXT, text("Hel"));
        assertThat(stream.over()).isFalse();
        assertThat(stream.end())
                .isEqualTo(new Model.Reply.Failed(
                        Model.Failure.UNREACHABLE,
                        "the model's stream ended early",
                        null,
                        new Usage(25, 1, 0, 0, 0, 0, 0),
                        true));
    }

    @Test
    void an_error_in_the_stream_ends_it_with_the_kind_it_names() {
        feed(START, "{'type':'error','error':{'type':'overloaded_error','message':'Overloaded'}}", END);
        assertThat(stream.end())
                .isEqualTo(new Model.Reply.Failed(
                        Model.Failure.OVERLOADED, "Overloaded", null, new Usage(25, 1, 0, 0, 0, 0, 0), true));
    }

    @Test
    void unknown_events_and_deltas_are_passed_over() {
        feed(
                "{'type':'ping'}",
                START,
                "{'type':'news'}",
                TEXT,
                text("x"),
                "{'type':'content_block_delta','index':0,'delta':{'type':'sparkle_delta','text':'y'}}",
                BLOCK_END,
                stop("end_turn"),
                END,
                "not json");
        assertThat(complete().content()).containsExactly(block("{'type':'text','text':'x'}"));
    }

    @Test
    void garbage_is_a_failure() {
        List<List<String>> streams = List.of(
                List.of("not json"),
                List.of(""),
                List.of("null"),
                List.of("[]"),
                List.of("{}"),
                List.of(TEXT),
                List.of(START, START),
                List.of(START, text("x")),
                List.of(START, BLOCK_END),
                List.of(START, TEXT, TEXT),
                List.of(START, TEXT, BLOCK_END, text("late")),
                List.of(START, TEXT, input("{}")),
                List.of(START, END),
                List.of(stop("end_turn")),
                List.of(START, "{'type':'content_block_start','index':0,'content_block':{}}"),
                List.of(START, "{'type':'content_block_start','index':0,'content_block':'x'}"),
                List.of(START, "{'type':'content_block_start','index':1e99,'content_block':{'type':'text'}}"),
                List.of(START, TOOL.replace("'bash'", "''"), BLOCK_END, stop("tool_use"), END),
                List.of(START, TOOL, BLOCK_END, TOOL.replace("'index':0", "'index':1"), stop("tool_use"), END),
                List.of("[".repeat(5000)));
        for (List<String> events : streams) {
            ReplyStream reply = new ReplyStream(NOBODY);
            events.forEach(event -> feed(reply, event));
            assertThat(reply.over()).as("%s", events).isTrue();
            assertThat(((Model.Reply.Failed) reply.end()).kind()).isEqualTo(Model.Failure.UNREACHABLE);
        }
    }

    @Test
    void a_reply_of_too_many_blocks_is_a_failure() {
        feed(START);
        for (int i = 0; i <= ReplyStream.MAX_BLOCKS; i++) feed(TEXT.replace("'index':0", "'index':" + i));
        assertThat(((Model.Reply.Failed) stream.end()).message()).contains("more than 1000 content blocks");
    }

    @Test
    void a_reply_of_too_many_bytes_is_a_failure() {
        feed(START);
        String ping = "{'type':'ping','pad':'" + "x".repeat(1_000_000) + "'}";
        for (int i = 0; i < 33; i++) feed(ping);
        assertThat(((Model.Reply.Failed) stream.end()).message()).contains("more than 32000000 bytes");
    }

    @Test
    void whatever_is_mutated_in_a_stream_no_exception_comes_out() {
        List<String> good = List.of(
                START,
                TEXT,
                text("x"),
                BLOCK_END,
                TOOL.replace("'index':0", "'index':1"),
                input("{}").replace("'index':0", "'index':1"),
                stop("tool_use"),
                END);
        Random random = new Random(7);
        String junk = "{}[]\":,0e9-nulltx'";
        for (int round = 0; round < 20_000; round++) {
            ReplyStream reply = new ReplyStream(NOBODY);
            for (String event : good) {
                StringBuilder text = new StringBuilder(event.replace('\'', '"'));
                if (random.nextInt(4) == 0)
                    text.setCharAt(random.nextInt(text.length()), junk.charAt(random.nextInt(junk.length())));
                if (random.nextInt(9) > 0) feed(reply, text.toString());
            }
            assertThat(reply.end()).isNotNull();
        }
    }

    private Model.Reply.Complete complete() {
        assertThat(stream.over()).isTrue();
        return (Model.Reply.Complete) stream.end();
    }

    private void feed(String... events) {
        feed(stream, events);
    }

    private static void feed(ReplyStream stream, String... events) {
        for (String event : events) {
            byte[] bytes = event.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
            stream.event("", bytes, 0, bytes.length);
        }
    }

    private static void feed(ReplyStream stream, ObjectNode event) {
        byte[] bytes = Json.bytes(event);
        stream.event("", bytes, 0, bytes.length);
    }

    private static String text(String delta) {
        return "{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'" + delta + "'}}";
    }

    private static String input(String delta) {
        return "{'type':'content_block_delta','index':0,'delta':{'type':'input_json_delta','partial_json':'" + delta
                + "'}}";
    }

    private static String stop(String reason) {
        return "{'type':'message_delta','delta':{'stop_reason':'" + reason + "'},'usage':{'output_tokens':5}}";
    }

    private static ObjectNode malformed(String raw) {
        return block("{'type':'tool_use','id':'toolu_1','name':'bash','input':{}}")
                .put("malformed_input", raw);
    }

    private static ObjectNode block(String text) {
        return (ObjectNode) json(text);
    }

    private static com.fasterxml.jackson.databind.JsonNode json(String text) {
        return Json.parse(text.replace('\'', '"'));
    }

    private static List<ObjectNode> blocks(ArrayNode content) {
        List<ObjectNode> blocks = new ArrayList<>();
        content.forEach(block -> blocks.add((ObjectNode) block));
        return blocks;
    }

    private static final Model.Watcher NOBODY = new Model.Watcher() {
        @Override
        public void opened(int index, String type) {}

        @Override
        public void text(int index, String delta) {}
    };
}
