package io.dormouse.testkit.messages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** With the JDK's simplest client: what the server sends, byte for byte. */
class ScriptedModelTest {
    private static final String BODY = """
            {"model":"m","tools":[{"name":"bash"}],"messages":[{"role":"user","content":"Hi"},
             {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"bash","input":{}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"out"},
              {"type":"text","text":"and now?"}]}]}""";

    @Test
    void a_script_sees_the_request_and_its_reply_is_streamed_in_deltas() throws IOException {
        try (ScriptedModel server = ScriptedModel.start(request -> Script.text(
                        request.lastUserText() + request.toolResults().size() + request.messageCount())
                .deltaChars(4))) {
            HttpURLConnection answer = post(server);
            assertThat(answer.getContentType()).startsWith("text/event-stream");
            assertThat(text(answer.getInputStream()))
                    .startsWith("event: message_start\ndata: {\"type\":\"message_start\"")
                    .contains("\"text_delta\",\"text\":\"and \"", "\"text\":\"now?\"", "\"text\":\"13\"")
                    .endsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
            assertThat(server.requests().getFirst().body()).isEqualTo(BODY.getBytes(StandardCharsets.UTF_8));
            assertThat(server.requests().getFirst().toolNames()).containsExactly("bash");
        }
    }

    @Test
    void a_cut_off_call_has_no_end_of_its_block() throws IOException {
        try (ScriptedModel server = ScriptedModel.inTurn(Script.reply().thenCutOffToolUse("t", "bash", "{\"comm"))) {
            assertThat(text(post(server).getInputStream()))
                    .contains("\"partial_json\":\"{\\\"comm\"", "\"stop_reason\":\"max_tokens\"")
                    .doesNotContain("content_block_stop");
        }
    }

    @Test
    void a_refusal_has_its_details() throws IOException {
        try (ScriptedModel server = ScriptedModel.inTurn(Script.reply().refusal("bio", "no"))) {
            assertThat(text(post(server).getInputStream()))
                    .contains("\"stop_reason\":\"refusal\"")
                    .contains("\"stop_details\":{\"type\":\"refusal\",\"category\":\"bio\",\"explanation\":\"no\"}");
        }
    }

    @Test
    void an_error_has_its_status_headers_and_body() throws IOException {
        try (ScriptedModel server = ScriptedModel.inTurn(
                Script.error(529, "overloaded_error", "Overloaded").header("retry-after", "3"))) {
            HttpURLConnection answer = post(server);
            assertThat(answer.getResponseCode()).isEqualTo(529);
            assertThat(answer.getHeaderField("retry-after")).isEqualTo("3");
            assertThat(text(answer.getErrorStream()))
                    .isEqualTo(
                            "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}");
        }
    }

    @Test
    void a_request_beyond_the_script_and_a_script_that_throws_are_refused() throws IOException {
        try (ScriptedModel server = ScriptedModel.inTurn();
                ScriptedModel broken = ScriptedModel.start(request -> {
                    throw new AssertionError("not expected");
                })) {
            assertThat(post(server).getResponseCode()).isEqualTo(400);
            assertThat(text(post(broken).getErrorStream())).contains("not expected");
        }
    }

    @Test
    void a_gate_holds_the_stream_until_it_is_released() throws Exception {
        Gate gate = new Gate();
        try (ScriptedModel server =
                ScriptedModel.inTurn(Script.text("abcd").deltaChars(2).holdBeforeEachDelta(gate))) {
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return text(post(server).getInputStream());
                } catch (IOException e) {
                    return e.toString();
                }
            });
            gate.awaitReached();
            gate.release();
            gate.awaitReached();
            assertThat(answer.isDone()).isFalse();
            gate.open();
            assertThat(answer.get()).contains("\"text\":\"cd\"");
        }
    }

    @Test
    void closing_ends_what_is_held() throws IOException {
        Gate gate = new Gate();
        ScriptedModel server = ScriptedModel.inTurn(Script.text("hi").holdBeforeHeaders(gate));
        try (Socket socket = new Socket("127.0.0.1", server.baseUri().getPort())) {
            socket.getOutputStream()
                    .write("POST /v1/messages HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}"
                            .getBytes(StandardCharsets.UTF_8));
            gate.awaitReached();
            server.close();
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    private static HttpURLConnection post(ScriptedModel server) throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                server.baseUri().resolve("/v1/messages").toURL().openConnection();
        connection.setDoOutput(true);
        connection.getOutputStream().write(BODY.getBytes(StandardCharsets.UTF_8));
        connection.getResponseCode();
        return connection;
    }

    private static String text(InputStream in) throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
}
