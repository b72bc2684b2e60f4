package io.dormouse.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dormouse.aws.StreamedInvocations.Invoked;
import io.dormouse.testkit.signature.SignatureCheck;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.eventstream.HeaderValue;
import software.amazon.awssdk.eventstream.Message;

/** Against a server that checks signatures and answers as a test says. */
class StreamedInvocationsTest {
    private static final SignatureCheck CHECK = new SignatureCheck("ASIAKEY", "hush", "token==", "eu-west-1", "lambda");

    private HttpServer server;
    private StreamedInvocations invocations;
    private int status = 200;
    private byte[] answer = {};
    private Optional<String> flaw;
    private String target;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::serve);
        server.start();
        invocations = new StreamedInvocations(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
                "eu-west-1",
                () -> AwsSessionCredentials.create("ASIAKEY", "hush", "token=="));
    }

    @AfterEach
    void stop() {
        invocations.close();
        server.stop(0);
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            target = exchange.getRequestURI().toString();
            byte[] body = exchange.getRequestBody().readAllBytes();
            flaw = CHECK.flaw("POST", target, exchange.getRequestHeaders()::getFirst, body);
            exchange.sendResponseHeaders(flaw.isPresent() ? 403 : status, 0);
            exchange.getResponseBody().write(answer);
        }
    }

    private Invoked invoke(String function) {
        return invocations.invoke(function, "{\"a\":1}".getBytes(StandardCharsets.UTF_8));
    }

    private InputStream begun() {
        return ((Invoked.Begun) invoke("proxy")).stream();
    }

    private static byte[] events(String... typesAndPayloads) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < typesAndPayloads.length; i += 2) {
            Map<String, HeaderValue> headers = new LinkedHashMap<>();
            headers.put(":message-type", HeaderValue.fromString("event"));
            headers.put(":event-type", HeaderValue.fromString(typesAndPayloads[i]));
            new Message(headers, typesAndPayloads[i + 1].getBytes(StandardCharsets.UTF_8)).encode(all);
        }
        return all.toByteArray();
    }

    @Test
    void an_invocation_is_signed_and_its_payload_is_read() {
        answer = events("PayloadChunk", "one ", "PayloadChunk", "", "PayloadChunk", "two", "InvokeComplete", "{}");
        assertThat(begun()).hasContent("one two");
        assertThat(flaw).isEmpty();
        assertThat(target).isEqualTo("/2021-11-15/functions/proxy/response-streaming-invocations");
    }

    @Test
    void a_function_may_be_named_by_its_arn() {
        answer = events("InvokeComplete", "{}");
        assertThat(invoke("arn:aws:lambda:eu-west-1:123456789012:function:proxy"))
                .isInstanceOf(Invoked.Begun.class);
        assertThat(flaw).isEmpty();
        assertThat(target).contains("/arn%3Aaws%3Alambda");
    }

    @Test
    void a_function_that_fails_in_the_middle_is_no_end() throws IOException {
        answer = events("PayloadChunk", "one", "InvokeComplete", "{\"ErrorCode\":\"Runtime.ExitError\"}");
        InputStream stream = begun();
        assertThat(stream.readNBytes(3)).asString().isEqualTo("one");
        assertThatThrownBy(stream::read).isInstanceOf(IOException.class).hasMessageContaining("Runtime.ExitError");
    }

    @Test
    void a_stream_without_its_end_is_broken_off() {
        byte[] whole = events("PayloadChunk", "one", "InvokeComplete", "{}");
        for (int length : List.of(0, 5, 60, whole.length - 1)) {
            answer = java.util.Arrays.copyOf(whole, length);
            assertThatThrownBy(begun()::readAllBytes).as("%d bytes", length).isInstanceOf(IOException.class);
        }
    }

    @Test
    void bytes_that_are_no_events_are_told_apart() {
        answer = "HTTP/1.1 502 Bad Gateway, says a proxy in the middle".getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(begun()::readAllBytes).isInstanceOf(IOException.class);
    }

    @Test
    void what_lambda_refuses_was_not_begun() {
        status = 429;
        assertThat(invoke("proxy")).isEqualTo(new Invoked.Throttled());
        status = 500;
        assertThat(invoke("proxy")).isInstanceOf(Invoked.Failed.class);
        server.stop(0);
        assertThat(invoke("proxy")).isInstanceOf(Invoked.Failed.class);
    }
}
