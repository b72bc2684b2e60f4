package io.dormouse.messages;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.dormouse.json.Json;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Model;
import io.dormouse.session.Usage;
import io.dormouse.testkit.messages.Request;
import io.dormouse.testkit.messages.Script;
import io.dormouse.testkit.messages.ScriptedModel;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MessagesModelTest extends AgainstScriptedModel {
    @Test
    void a_reply_comes_with_its_blocks_usage_and_deltas() {
        ScriptedModel server = serve(Script.reply()
                .thenThinking("hm", "c2ln")
                .thenText("Hello 🐭")
                .thenToolUse("toolu_1", "bash", "{\"command\":\"ls\"}")
                .usage(7, 9)
                .deltaChars(6));
        Model.Reply.Complete reply = (Model.Reply.Complete) reply(server);
        assertThat(reply.stopReason()).isEqualTo("tool_use");
        assertThat(reply.usage()).isEqualTo(new Usage(7, 9, 0, 0, 0, 0, 0));
        assertThat(reply.content())
                .extracting(block -> block.path("type").asText())
                .containsExactly("thinking", "text", "tool_use");
        assertThat(seen).containsExactly("thinking", "text", "Hello ", "🐭", "tool_use");
    }

    @Test
    void the_request_carries_the_body_as_it_is_and_the_headers_of_the_api() {
        ScriptedModel server = serve(Script.text("hi"));
        reply(server);
        Request request = server.requests().getFirst();
        assertThat(request.body()).isEqualTo(Json.bytes(PROMPT.body()));
        assertThat(request.header("x-api-key")).isEqualTo(KEY);
        assertThat(request.header("anthropic-version")).isEqualTo("2023-06-01");
        assertThat(request.header("content-type")).isEqualTo("application/json");
        assertThat(request.header("upgrade")).isNull();
    }

    @Test
    void the_base_address_may_have_a_slash_at_its_end() {
        ScriptedModel server = serve(Script.text("hi"));
        assertThat(ask(model(URI.create(server.baseUri() + "/"), PATIENT), new Cancellation()))
                .isInstanceOf(Model.Reply.Complete.class);
    }

    @Test
    void connections_are_used_again_after_replies_and_after_errors() {
        ScriptedModel server =
                serve(Script.text("one"), Script.error(529, "overloaded_error", "Overloaded"), Script.text("two"));
        Model model = model(server.baseUri(), PATIENT);
        for (int i = 0; i < 3; i++) ask(model, new Cancellation());
        assertThat(server.requests()).extracting(Request::connection).containsExactly(1L, 1L, 1L);
    }

    @Test
    void many_streams_at_once_all_arrive_also_on_connections_that_others_have_just_left() throws Exception {
        ScriptedModel server = keep(ScriptedModel.start(request -> Script.text("to " + request.lastUserText())));
        Model model = model(server.baseUri(), PATIENT);
        List<Callable<List<Model.Reply>>> clients =
                Collections.nCopies(16, () -> Stream.generate(() -> ask(model, new Cancellation()))
                        .limit(100)
                        .toList());
        for (Future<List<Model.Reply>> replies : threads.invokeAll(clients)) {
            assertThat(replies.get()).hasSize(100).allMatch(reply -> reply instanceof Model.Reply.Complete);
        }
        assertThat(server.requests()).hasSize(1_600).allMatch(request -> request.connection() <= 100);
    }

    @Test
    void a_stream_cut_before_any_event_is_a_failure() {
        int events = Script.text("Hello").events("m", "m").size();
        List<Script> scripts = new ArrayList<>();
        for (int event = 0; event < events; event++)
            scripts.add(Script.text("Hello").endBeforeEvent(event));
        ScriptedModel server = serve(scripts.toArray(Script[]::new));
        for (int event = 0; event < events; event++) {
            assertThat(failure(server)).as("cut before event %s", event).isEqualTo(Model.Failure.UNREACHABLE);
        }
    }

    @Test
    void a_stream_cut_at_any_byte_is_a_failure_until_the_message_has_ended() {
        int bytes = Script.text("né").events("msg_1", "m").stream()
                .mapToInt(event -> event.bytes().length)
                .sum();
        ScriptedModel server = keep(ScriptedModel.start(request -> {
            int at = (int) request.number() - 1;
            return at % 2 == 0
                    ? Script.text("né").cutAtByte(at)
                    : Script.text("né").resetAtByte(at);
        }));
        Model model = model(server.baseUri(), PATIENT);
        for (int at = 0; at < bytes - 1; at++) {
            Model.Reply reply = ask(model, new Cancellation());
            assertThat(reply).as("cut at byte %s", at).isInstanceOf(Model.Reply.Failed.class);
        }
    }

    @Test
    void a_stream_in_pieces_of_one_byte_is_the_same_stream() {
        ScriptedModel server = serve(Script.text("Hello 🐭 né").writeBytes(1), Script.text("Hello 🐭 né"));
        assertThat(((Model.Reply.Complete) reply(server)).content())
                .isEqualTo(((Model.Reply.Complete) reply(server)).content());
    }

    @Test
    void a_broken_stream_still_tells_what_it_consumed() {
        ScriptedModel server = serve(Script.text("Hello").usage(7, 9).endBeforeEvent(4));
        assertThat(((Model.Reply.Failed) reply(server)).usage()).isEqualTo(new Usage(7, 1, 0, 0, 0, 0, 0));
    }

    private static boolean begun(Model.Reply reply) {
        return ((Model.Reply.Failed) reply).begun();
    }

    @Test
    void only_a_request_that_went_out_and_was_not_refused_may_have_cost_something() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        assertThat(begun(ask(model(URI.create("http://127.0.0.1:" + port), PATIENT), new Cancellation())))
                .as("no server")
                .isFalse();
        for (int status : new int[] {400, 401, 402, 404, 413, 429, 500, 502, 529})
            assertThat(begun(reply(serve(Script.error(status, "api_error", "no")))))
                    .as("HTTP " + status)
                    .isFalse();
        assertThat(begun(reply(serve(Script.text("Hello").failBeforeEvent(4, "overloaded_error", "Overloaded")))))
                .as("an error in the stream")
                .isTrue();
        assertThat(begun(reply(serve(Script.text("Hello").endBeforeEvent(4)))))
                .as("a stream that ends early")
                .isTrue();
        assertThat(begun(reply(serve(Script.response(200, JsonNodeFactory.instance.textNode("<html>"))))))
                .as("an answer that is no stream")
                .isTrue();
    }

    @Test
    void an_error_in_the_stream_is_the_kind_it_names() {
        ScriptedModel server = serve(Script.text("Hello").failBeforeEvent(4, "overloaded_error", "Overloaded"));
        assertThat(failure(server)).isEqualTo(Model.Failure.OVERLOADED);
    }

    @Test
    void a_server_that_is_not_there_is_unreachable() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        Model model = model(URI.create("http://127.0.0.1:" + port), PATIENT);
        assertThat(failure(ask(model, new Cancellation()))).isEqualTo(Model.Failure.UNREACHABLE);
    }

    @Test
    void a_redirect_is_refused_and_the_key_goes_nowhere() {
        ScriptedModel elsewhere = serve(Script.text("stolen"));
        ScriptedModel server =
                serve(Script.error(307, "", "").header("location", elsewhere.baseUri() + "/v1/messages"));
        assertThat(failure(server)).isEqualTo(Model.Failure.REFUSED);
        assertThat(elsewhere.requests()).isEmpty();
    }

    @Test
    void an_answer_that_is_no_event_stream_is_unreachable() {
        ScriptedModel server = serve(Script.response(200, JsonNodeFactory.instance.textNode("<html>"))
                .header("content-type", "text/html"));
        assertThat(failure(server)).isEqualTo(Model.Failure.UNREACHABLE);
    }

    @Test
    void an_error_tells_its_status_message_and_wait() {
        ScriptedModel server =
                serve(Script.error(429, "rate_limit_error", "Slow down").header("retry-after", "7"));
        assertThat(reply(server))
                .isEqualTo(new Model.Reply.Failed(
                        Model.Failure.RATE_LIMITED, "HTTP 429: Slow down", Duration.ofSeconds(7), Usage.NONE));
    }

    @Test
    void an_error_is_bounded_and_never_tells_the_key() {
        ScriptedModel server = serve(
                Script.error(401, "authentication_error", "bad key " + KEY + " !"),
                Script.error(401, "authentication_error", "x".repeat(480) + KEY + "x".repeat(100_000)),
                Script.text("Hello").failBeforeEvent(2, "api_error", "bad key " + KEY));
        for (int i = 0; i < 3; i++) {
            String message = ((Model.Reply.Failed) reply(server)).message();
            assertThat(message).contains(i == 1 ? "no message" : "[key]").doesNotContain(KEY.substring(0, 8));
            assertThat(message.length()).isLessThan(1_100);
        }
    }
}
