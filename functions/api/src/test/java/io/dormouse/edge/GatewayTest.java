package io.dormouse.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.id.Ids;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import io.dormouse.testkit.memory.MemoryBlobs;
import io.dormouse.testkit.memory.MemoryResources;
import io.dormouse.wire.ApiError;
import io.dormouse.wire.Refused;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** The gateway over real sockets, on a plain Vert.x server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class GatewayTest {
    private final InstantSource clock = InstantSource.system();
    private final Overtaking release = new Overtaking();
    private final MemoryResources resources = new MemoryResources(clock) {
        @Override
        public Saved swap(Resource before, Resource after) {
            release.work();
            return super.swap(before, after);
        }
    };
    private final SecureRandom random = new SecureRandom();
    private final ApiKeys keys = new ApiKeys(resources, clock, random);
    private final String key = keys.create(new WorkspaceId("here"), "test").plain();
    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicInteger made = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch leave = new CountDownLatch(1);
    private final BlockingQueue<String> streams = new ArrayBlockingQueue<>(100);
    private Gateway gateway;
    private int port;

    @BeforeAll
    void start() throws Exception {
        RouteTable routes = new RouteTable(List.of(
                Route.post("/v1/echo", call -> Answer.ok(call.body())),
                Route.get(
                        "/v1/who",
                        call -> Answer.ok(
                                Json.object().put("workspace", call.workspace().text()))),
                Route.<String>post(
                        "/v1/ahead/{id}",
                        this::readAhead,
                        (call, read) -> Answer.ok(Json.object()
                                .put("read", read)
                                .put("workspace", call.workspace().text()))),
                Route.post("/v1/make", call -> {
                    made.incrementAndGet();
                    return Answer.ok(Json.object().put("id", call.ids().next("thing_")));
                }),
                Route.post("/v1/flaky", call -> {
                    if (failures.incrementAndGet() == 1) throw new IllegalStateException("secret detail");
                    return Answer.ok(Json.object().put("id", call.ids().next("thing_")));
                }),
                Route.post("/v1/full", call -> {
                    throw new Refused(new ApiError.Overloaded("full"));
                }),
                Route.post("/v1/slow", call -> {
                    entered.countDown();
                    leave.await();
                    return Answer.ok(Json.object());
                }),
                Route.get("/v1/refuse/{how}", call -> {
                    throw new Refused(
                            switch (call.parameter("how")) {
                                case "conflict" -> new ApiError.Conflict("no", "some_code", false);
                                case "busy" -> new ApiError.Conflict("later", null, true);
                                case "limited" -> new ApiError.RateLimited("slow down", 7);
                                default -> new ApiError.Overloaded("full");
                            });
                }),
                Route.get("/v1/broken", call -> {
                    throw new IllegalStateException("secret detail");
                }),
                Route.get(
                        "/v1/stream",
                        call -> new Answer.Stream(out -> {
                            out.send("message", Json.object().put("n", 1));
                            out.ping();
                            out.send("message", Json.object().put("n", 2));
                        })),
                Route.get(
                        "/v1/silence",
                        call -> new Answer.Stream(out -> {
                            streams.add("open");
                            try {
                                new CountDownLatch(1).await();
                            } catch (InterruptedException e) {
                                streams.add(
                                        "interrupted, open=" + out.open() + ", send=" + out.send("x", Json.object()));
                            }
                        })),
                Route.get(
                        "/v1/flood",
                        call -> new Answer.Stream(out -> {
                            JsonNode big = Json.object().put("text", "x".repeat(10_000));
                            int sent = 0;
                            while (sent < 100_000 && out.send("message", big))
                                if (++sent == 5000) streams.add("too many");
                            streams.add(sent < 100_000 ? "stopped" : "never stopped");
                        })),
                Route.get(
                        "/v1/lines",
                        call -> new Answer.Lines(out -> {
                            out.line("{\"n\":1}".getBytes(StandardCharsets.UTF_8));
                            out.line("{\"n\":2}".getBytes(StandardCharsets.UTF_8));
                        })),
                Route.get(
                        "/v1/half",
                        call -> new Answer.Lines(out -> {
                            out.line("{\"n\":1}".getBytes(StandardCharsets.UTF_8));
                            throw new IllegalStateException("secret detail");
                        })),
                Route.get(
                        "/v1/breaks",
                        call -> new Answer.Stream(out -> {
                            out.send("message", Json.object());
                            throw new IllegalStateException("secret detail");
                        }))));
        Ids ids = new Ids(clock, random);
        gateway = new Gateway(
                routes,
                keys,
                new Idempotency(resources, new MemoryBlobs(), clock, random, Incarnation.ONE_OF_MANY),
                ids);
        port = vertx.createHttpServer()
                .requestHandler(gateway::handle)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get()
                .actualPort();
    }

    @AfterAll
    void stop() throws Exception {
        leave.countDown();
        client.close();
        vertx.close().toCompletionStage().toCompletableFuture().get();
    }

    private String readAhead(Map<String, String> parameters) {
        try {
            switch (parameters.get("id")) {
                case "broken" -> throw new IllegalStateException("secret detail");
                case "slow" -> leave.await();
                default -> {}
            }
            return "ahead of " + parameters.get("id");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void what_is_read_ahead_is_the_handlers_and_nobody_elses() throws Exception {
        HttpResponse<String> answer = send(to("/v1/ahead/one").POST(BodyPublishers.ofString("{}")));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("ahead of one");
        isError(send(to("/v1/ahead/broken").POST(BodyPublishers.ofString("{}"))), 500, "api_error");
        String nobody = "not-a-key-of-this-server";
        for (String id : List.of("one", "broken", "slow"))
            isError(
                    send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/ahead/" + id))
                            .header("x-api-key", nobody)
                            .POST(BodyPublishers.ofString("{}"))),
                    401,
                    "authentication_error");
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("x-api-key", key);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return send(to(path).header("content-type", "application/json").POST(BodyPublishers.ofString(body)));
    }

    private static void isError(HttpResponse<String> response, int status, String type) {
        assertThat(response.statusCode()).isEqualTo(status);
        JsonNode body = Json.parse(response.body());
        assertThat(body.path("type").asText()).isEqualTo("error");
        assertThat(body.path("error").path("type").asText()).isEqualTo(type);
        assertThat(body.path("error").path("message").asText()).isNotEmpty();
        assertThat(response.body()).doesNotContain("secret detail").doesNotContain("Exception");
        assertThat(response.headers().firstValue("request-id"))
                .hasValue(body.path("request_id").asText())
                .get()
                .asString()
                .startsWith("req_");
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
    }

    @Test
    void a_body_comes_back_with_id_type_and_length() throws Exception {
        HttpResponse<String> response = post("/v1/echo?beta=true", "{\"a\":null,\"b\":[1.10,\"🐭\"]}");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).startsWith("{\"a\":null,\"b\":[1.10,");
        assertThat(Json.parse(response.body()).at("/b/1").asText()).isEqualTo("🐭");
        assertThat(response.headers().firstValue("request-id")).isPresent();
        assertThat(response.headers().firstValue("content-length"))
                .hasValue(Integer.toString(response.body().getBytes(StandardCharsets.UTF_8).length));
    }

    @Test
    void an_empty_body_without_content_type_is_an_empty_object() throws Exception {
        assertThat(send(to("/v1/echo").POST(BodyPublishers.noBody())).body()).isEqualTo("{}");
    }

    @Test
    void any_version_and_beta_header_will_do() throws Exception {
        assertThat(send(to("/v1/who")
                                .header("anthropic-version", "2099-01-01")
                                .header("anthropic-beta", "something-else")
                                .header("anthropic-workspace-id", "wrkspc_other")
                                .GET())
                        .body())
                .isEqualTo("{\"workspace\":\"here\"}");
    }

    @Test
    void bad_bodies_are_refused_in_the_envelope() throws Exception {
        for (String body :
                List.of("{", "[]", "nul", "{\"a\":1,\"a\":2}", "{\"a\":".repeat(200) + "1" + "}".repeat(200)))
            isError(post("/v1/echo", body), 400, "invalid_request_error");
        isError(post("/v1/echo", "[".repeat(1_000_000)), 400, "invalid_request_error");
        HttpRequest.Builder form = to("/v1/echo")
                .header("content-type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString("a=b"));
        isError(send(form), 400, "invalid_request_error");
        assertThat(raw("GET /v1/who?a=% HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: " + key + "\r\n\r\n"))
                .startsWith("HTTP/1.1 400")
                .contains("invalid_request_error");
    }

    @Test
    void a_body_over_the_limit_is_refused_whether_announced_or_not() throws Exception {
        byte[] large = ("{\"a\":\"" + "x".repeat(Gateway.MAX_BODY_BYTES - 8) + "\"}").getBytes(StandardCharsets.UTF_8);
        assertThat(large).hasSize(Gateway.MAX_BODY_BYTES);
        HttpRequest.Builder fits =
                to("/v1/echo").header("content-type", "application/json").POST(BodyPublishers.ofByteArray(large));
        assertThat(send(fits).statusCode()).isEqualTo(200);
        assertThat(raw("POST /v1/echo HTTP/1.1\r\nhost: x\r\nx-api-key: " + key
                        + "\r\ncontent-length: 33554433\r\n\r\n"))
                .startsWith("HTTP/1.1 413")
                .contains("request_too_large");
        StringBuilder chunked = new StringBuilder(
                "POST /v1/echo HTTP/1.1\r\nhost: x\r\nx-api-key: " + key + "\r\ntransfer-encoding: chunked\r\n\r\n");
        String chunk = "100000\r\n" + "x".repeat(0x100000) + "\r\n";
        for (int i = 0; i < 33; i++) chunked.append(chunk);
        assertThat(raw(chunked.toString())).startsWith("HTTP/1.1 413").contains("request_too_large");
        // This client speaks HTTP/2, where a header that is about the connection is an error.
        HttpResponse<String> refused =
                send(to("/v1/echo").POST(BodyPublishers.ofByteArray(new byte[Gateway.MAX_BODY_BYTES + 1])));
        isError(refused, 413, "request_too_large");
        assertThat(refused.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(send(fits).statusCode()).isEqualTo(200);
    }

    /** What the server says to bytes of our own, until it closes. */
    private String raw(String request) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(60_000);
            Thread.startVirtualThread(() -> {
                try {
                    OutputStream out = socket.getOutputStream();
                    out.write(request.getBytes(StandardCharsets.UTF_8));
                    out.flush();
                } catch (java.io.IOException closed) {
                    // It closed before it had everything: fine.
                }
            });
            StringBuilder answer = new StringBuilder();
            try {
                for (int c; (c = socket.getInputStream().read()) >= 0; ) answer.append((char) c);
            } catch (java.net.SocketException reset) {
                // After the answer.
            }
            return answer.toString();
        }
    }

    @Test
    void unknown_paths_and_methods_get_the_envelope() throws Exception {
        isError(send(to("/v1/nothing").GET()), 404, "not_found_error");
        isError(send(to("/").GET()), 404, "not_found_error");
        HttpResponse<String> wrong = send(to("/v1/echo").GET());
        isError(wrong, 405, "invalid_request_error");
        assertThat(wrong.headers().firstValue("allow")).hasValue("POST");
        assertThat(send(to("/v1/who/").GET()).statusCode()).isEqualTo(200);
        isError(send(to("/v1/who/" + "a/".repeat(1500)).GET()), 404, "not_found_error");
        assertThat(raw("GET /" + "a".repeat(10_000) + " HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
                .contains(" 414 ");
    }

    @Test
    void who_has_no_key_gets_nothing() throws Exception {
        URI who = URI.create("http://127.0.0.1:" + port + "/v1/who");
        isError(send(HttpRequest.newBuilder(who)), 401, "authentication_error");
        isError(send(HttpRequest.newBuilder(who).header("x-api-key", key + "1")), 401, "authentication_error");
        isError(
                send(HttpRequest.newBuilder(who).header("x-api-key", "sk-ant-unknown-unknown")),
                401,
                "authentication_error");
        assertThat(send(HttpRequest.newBuilder(who).header("authorization", "Bearer " + key))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void health_needs_no_key_and_follows_readiness() throws Exception {
        HttpRequest.Builder health = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health"));
        assertThat(send(health).body()).isEqualTo("{\"status\":\"ok\"}");
        gateway.ready(false);
        assertThat(send(health).statusCode()).isEqualTo(503);
        gateway.ready(true);
        assertThat(send(health).statusCode()).isEqualTo(200);
    }

    @Test
    void refusals_say_whether_to_retry() throws Exception {
        HttpResponse<String> conflict = send(to("/v1/refuse/conflict"));
        isError(conflict, 409, "conflict_error");
        assertThat(conflict.headers().firstValue("x-should-retry")).hasValue("false");
        assertThat(Json.parse(conflict.body()).at("/error/details/error_code").asText())
                .isEqualTo("some_code");
        HttpResponse<String> busy = send(to("/v1/refuse/busy"));
        assertThat(busy.headers().firstValue("x-should-retry")).hasValue("true");
        HttpResponse<String> limited = send(to("/v1/refuse/limited"));
        isError(limited, 429, "rate_limit_error");
        assertThat(limited.headers().firstValue("retry-after")).hasValue("7");
        isError(send(to("/v1/refuse/overloaded")), 529, "overloaded_error");
    }

    @Test
    void a_broken_handler_tells_nothing_but_its_request_id() throws Exception {
        isError(send(to("/v1/broken")), 500, "api_error");
    }

    private HttpRequest.Builder once(String path, String idempotencyKey, String body) {
        return to(path).header("idempotency-key", idempotencyKey)
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(body));
    }

    @Test
    void a_key_makes_one_thing_and_replays_the_answer() throws Exception {
        int before = made.get();
        HttpResponse<String> first = send(once("/v1/make", "k1", "{}"));
        HttpResponse<String> second = send(once("/v1/make", "k1", "{}"));
        assertThat(second.body()).isEqualTo(first.body());
        assertThat(first.headers().firstValue("idempotent-replayed")).isEmpty();
        assertThat(second.headers().firstValue("idempotent-replayed")).hasValue("true");
        assertThat(made.get()).isEqualTo(before + 1);
        HttpResponse<String> other = send(once("/v1/make", "k1", "{\"a\":1}"));
        isError(other, 409, "conflict_error");
        assertThat(other.headers().firstValue("x-should-retry")).hasValue("false");
        isError(send(once("/v1/echo", "k1", "{}")), 409, "conflict_error");
        isError(send(once("/v1/make", "k".repeat(256), "{}")), 400, "invalid_request_error");
    }

    @Test
    void a_duplicate_of_a_running_request_is_told_to_retry() throws Exception {
        var running = client.sendAsync(once("/v1/slow", "k2", "{}").build(), BodyHandlers.ofString());
        entered.await();
        HttpResponse<String> duplicate = send(once("/v1/slow", "k2", "{}"));
        isError(duplicate, 409, "conflict_error");
        assertThat(duplicate.headers().firstValue("x-should-retry")).hasValue("true");
        leave.countDown();
        assertThat(running.get().statusCode()).isEqualTo(200);
    }

    @Test
    void a_failure_releases_the_key() throws Exception {
        isError(send(once("/v1/flaky", "k3", "{}")), 500, "api_error");
        HttpResponse<String> second = send(once("/v1/flaky", "k3", "{}"));
        assertThat(second.statusCode()).isEqualTo(200);
        assertThat(send(once("/v1/flaky", "k3", "{}")).body()).isEqualTo(second.body());
    }

    @Test
    void whoever_is_refused_for_now_may_repeat_at_once() throws Exception {
        release.watch();
        isError(send(once("/v1/full", "k4", "{}")), 529, "overloaded_error");
        release.assertWorkWasFirst();
        isError(send(once("/v1/full", "k4", "{}")), 529, "overloaded_error");
    }

    @Test
    void a_stream_is_sent_as_it_is() throws Exception {
        HttpResponse<String> stream = send(to("/v1/stream").header("accept-encoding", "gzip"));
        assertThat(stream.headers().firstValue("content-type")).hasValue("text/event-stream");
        assertThat(stream.headers().firstValue("content-encoding")).isEmpty();
        assertThat(stream.headers().firstValue("request-id")).isPresent();
        assertThat(stream.body())
                .isEqualTo(
                        "event: message\ndata: {\"n\":1}\n\nevent: ping\ndata: {}\n\nevent: message\ndata: {\"n\":2}\n\n");
    }

    @Test
    void lines_are_sent_as_they_are_and_what_is_not_whole_does_not_look_like_it() throws Exception {
        HttpResponse<String> lines = send(to("/v1/lines"));
        assertThat(lines.headers().firstValue("content-type")).hasValue("application/x-ndjson");
        assertThat(lines.body()).isEqualTo("{\"n\":1}\n{\"n\":2}\n");
        assertThatThrownBy(() -> send(to("/v1/half"))).isInstanceOf(java.io.IOException.class);
    }

    @Test
    void a_stream_that_breaks_ends_with_an_error_event() throws Exception {
        String body = send(to("/v1/breaks")).body();
        assertThat(body).contains("event: error\ndata: {\"type\":\"error\"").doesNotContain("secret detail");
    }

    @Test
    void headers_come_before_the_first_event_and_leaving_ends_the_feed() throws Exception {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(60_000);
            ask(socket, "/v1/silence");
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            assertThat(in.readLine()).isEqualTo("HTTP/1.1 200 OK");
            assertThat(streams.poll(60, TimeUnit.SECONDS)).isEqualTo("open");
        }
        assertThat(streams.poll(60, TimeUnit.SECONDS)).isEqualTo("interrupted, open=false, send=false");
    }

    @Test
    void a_slow_client_holds_the_feed_back_and_its_leaving_ends_it() throws Exception {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(60_000);
            socket.setReceiveBufferSize(4096);
            socket.connect(new java.net.InetSocketAddress("127.0.0.1", port));
            ask(socket, "/v1/flood");
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            // Not read any further: 50 MB would have been sent by now without back-pressure.
            assertThat(streams.poll(1, TimeUnit.SECONDS)).isNull();
        }
        assertThat(streams.poll(60, TimeUnit.SECONDS)).isEqualTo("stopped");
    }

    private void ask(Socket socket, String path) throws Exception {
        socket.getOutputStream()
                .write(("GET " + path + " HTTP/1.1\r\nhost: x\r\nx-api-key: " + key + "\r\n\r\n")
                        .getBytes(StandardCharsets.UTF_8));
    }
}
