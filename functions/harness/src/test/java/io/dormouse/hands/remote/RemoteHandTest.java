package io.dormouse.hands.remote;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.HttpServer;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandResult;
import io.dormouse.pace.Cancellation;
import io.dormouse.threads.ThreadPace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a real HTTP server that plays a script of answers. */
class RemoteHandTest {
    private static final HandCall CALL =
            new HandCall("call_1", "bash", JsonNodeFactory.instance.objectNode().put("command", "ls"));
    private static final String DONE =
            "{\"id\":\"call_1\",\"state\":\"done\",\"content\":[{\"type\":\"text\",\"text\":\"a.txt\"}],\"is_error\":false}";
    private static final String RUNNING = "{\"id\":\"call_1\",\"state\":\"running\"}";

    /** @param status 0 cuts the connection instead */
    private record Scripted(int status, String body) {}

    private final BlockingQueue<Scripted> script = new LinkedBlockingQueue<>();
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final CountDownLatch asked = new CountDownLatch(1);
    private final Cancellation cancellation = new Cancellation();
    private final ThreadPace pace = new ThreadPace();
    private HttpServer server;

    @BeforeEach
    void listen() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            seen.add(exchange.getRequestURI().getPath() + " "
                    + exchange.getRequestHeaders().getFirst("Authorization") + " " + body);
            asked.countDown();
            try {
                Scripted next = exchange.getRequestURI().getPath().equals("/v1/cancel")
                        ? new Scripted(200, DONE.replace("a.txt", "interrupted"))
                        : script.take();
                if (next.status() == 0) {
                    exchange.close();
                    return;
                }
                byte[] bytes = next.body().getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(next.status(), bytes.length);
                exchange.getResponseBody().write(bytes);
                exchange.close();
            } catch (InterruptedException over) {
                exchange.close();
            }
        });
        server.start();
    }

    @AfterEach
    void close() {
        server.stop(0);
        pace.close();
    }

    @Test
    void a_result_is_an_output_and_the_secret_is_presented() {
        script.add(new Scripted(200, DONE));
        assertThat(execute(Optional::empty)).isEqualTo(output("a.txt"));
        assertThat(seen)
                .singleElement()
                .asString()
                .startsWith("/v1/execute Bearer s3cret ")
                .contains("\"id\":\"call_1\"", "\"command\":\"ls\"");
    }

    @Test
    void a_running_call_is_asked_for_again_by_the_same_id() {
        script.addAll(List.of(new Scripted(200, RUNNING), new Scripted(200, RUNNING), new Scripted(200, DONE)));
        assertThat(execute(Optional::empty)).isEqualTo(output("a.txt"));
        assertThat(seen).hasSize(3).allMatch(request -> request.equals(seen.getFirst()));
    }

    @Test
    void a_busy_supervisor_is_asked_again() {
        script.addAll(List.of(new Scripted(429, "{}"), new Scripted(500, "oops"), new Scripted(200, DONE)));
        assertThat(execute(Optional::empty)).isEqualTo(output("a.txt"));
    }

    @Test
    void a_broken_connection_is_taken_up_where_the_hand_is_found_again() {
        script.addAll(List.of(new Scripted(0, ""), new Scripted(200, DONE)));
        assertThat(execute(() -> Optional.of(endpoint()))).isEqualTo(output("a.txt"));
    }

    @Test
    void a_hand_that_is_gone_under_way_is_lost() {
        script.addAll(List.of(new Scripted(200, RUNNING), new Scripted(0, "")));
        assertThat(execute(Optional::empty))
                .isInstanceOf(HandResult.Lost.class)
                .asString()
                .contains("may or may not");
    }

    @Test
    void a_hand_that_never_answered_did_not_run_the_call() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Endpoint nobody = new Endpoint(URI.create("http://127.0.0.1:" + port), "s3cret");
        HandResult result =
                new RemoteHand(new SupervisorClient(), nobody, Optional::empty, pace).execute(CALL, cancellation);
        assertThat(result).isInstanceOf(HandResult.Failed.class).asString().contains("did not run");
    }

    @Test
    void a_stranger_at_the_address_is_not_the_hand() {
        script.add(new Scripted(401, "{\"error\":{\"message\":\"unauthorized\"}}"));
        assertThat(execute(Optional::empty)).isInstanceOf(HandResult.Failed.class);
    }

    @Test
    void a_refused_call_has_failed() {
        script.add(new Scripted(409, "{\"error\":{\"message\":\"another call\"}}"));
        assertThat(execute(Optional::empty))
                .isEqualTo(new HandResult.Failed("The sandbox did not take the call: another call"));
    }

    @Test
    void a_call_that_died_with_its_supervisor_is_lost() {
        script.add(new Scripted(200, DONE.replace("\"is_error\":false", "\"is_error\":true,\"lost\":true")));
        assertThat(execute(Optional::empty)).isEqualTo(new HandResult.Lost("a.txt"));
    }

    @Test
    void an_answer_without_sense_is_no_output() {
        for (String body : List.of(
                "{}",
                "{\"state\":\"done\"}",
                "{\"state\":\"done\",\"content\":[]}",
                "{\"state\":\"done\",\"content\":[{\"type\":\"tool_use\",\"text\":\"x\"}]}",
                "{\"state\":\"done\",\"content\":[{\"type\":\"text\",\"text\":7}]}")) {
            script.add(new Scripted(200, body));
            assertThat(execute(Optional::empty)).as(body).isInstanceOf(HandResult.Lost.class);
        }
    }

    @Test
    void a_cancellation_under_way_ends_the_wait() throws Exception {
        Thread.startVirtualThread(() -> {
            try {
                asked.await();
                cancellation.request();
            } catch (InterruptedException over) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(execute(Optional::empty)).isEqualTo(output("interrupted"));
    }

    @Test
    void a_call_cancelled_beforehand_is_not_executed() {
        cancellation.request();
        assertThat(execute(Optional::empty)).isEqualTo(output("interrupted"));
        assertThat(seen).singleElement().asString().startsWith("/v1/cancel ");
    }

    @Test
    void an_endpoint_does_not_print_its_secret() {
        assertThat(endpoint().toString()).doesNotContain("s3cret");
    }

    private HandResult execute(Supplier<Optional<Endpoint>> again) {
        return new RemoteHand(new SupervisorClient(), endpoint(), again, pace).execute(CALL, cancellation);
    }

    private Endpoint endpoint() {
        return new Endpoint(URI.create("http://127.0.0.1:" + server.getAddress().getPort()), "s3cret");
    }

    private static HandResult output(String text) {
        var content = JsonNodeFactory.instance.arrayNode();
        content.addObject().put("type", "text").put("text", text);
        return new HandResult.Output(content, false);
    }
}
