package io.dormouse.local.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandResult;
import io.dormouse.hands.Hands;
import io.dormouse.hands.Reach;
import io.dormouse.hands.Recipe;
import io.dormouse.hands.Recipes;
import io.dormouse.hands.Shelf;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.local.hands.HandsForTests;
import io.dormouse.local.hands.LocalHands;
import io.dormouse.pace.Cancellation;
import io.dormouse.testkit.outbound.LoopbackOutbound;
import io.dormouse.threads.ThreadPace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/** A real local hand, a harness's reach to it, and an outbound that knows servers of this test's. */
final class OnHand implements AutoCloseable {
    static final SessionId SESSION = new SessionId("sesn_Egress1");
    private static final AtomicInteger CALLS = new AtomicInteger();

    final LoopbackOutbound outbound = new LoopbackOutbound();
    final Path home;
    private final ThreadPace pace = new ThreadPace();
    private final LocalHands provider;
    private final List<HttpServer> servers = new ArrayList<>();
    private final Hands attached;
    private final Hands alone;
    private Reach reach;

    private OnHand(Path home, Recipes recipes) throws IOException {
        this.home = home;
        this.provider = HandsForTests.in(home.resolve("hands"), pace);
        this.attached = new Hands(provider, pace, Shelf.NONE, outbound, recipes);
        this.alone = new Hands(provider, pace);
        attach(1);
    }

    static OnHand in(Path home) throws IOException {
        return in(home, (workspace, session) -> Recipe.EMPTY);
    }

    static OnHand in(Path home, Recipes recipes) throws IOException {
        return new OnHand(home, recipes);
    }

    /** A harness comes, of this epoch. */
    Reach attach(long epoch) {
        reach = reach(attached, epoch);
        return reach;
    }

    /** A harness that lets nothing out. */
    void detach() {
        reach.close();
        reach = reach(alone, 1);
    }

    private static Reach reach(Hands hands, long epoch) {
        return hands.reach(WorkspaceId.DEFAULT, SESSION, SESSION.primaryThread(), epoch);
    }

    /** From now on {@code https://host/} and {@code http://host/} are this handler. */
    void serve(String host, HttpHandler handler) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", handler);
        server.start();
        servers.add(server);
        outbound.with(host, server.getAddress());
    }

    record Result(String text, boolean isError) {
        String fine() {
            assertThat(isError).as(text).isFalse();
            return text;
        }

        String failed() {
            assertThat(isError).as(text).isTrue();
            return text;
        }
    }

    Result bash(String command) {
        return bash(reach, command);
    }

    static Result bash(Reach reach, String command) {
        ObjectNode input =
                JsonNodeFactory.instance.objectNode().put("command", command).put("timeout_ms", 600_000);
        return result(use(reach, new HandCall("sevt_" + CALLS.incrementAndGet(), "bash", input)));
    }

    static Hands.Done use(Reach reach, HandCall call) {
        return reach.use(List.of(call), new Cancellation());
    }

    private static Result result(Hands.Done done) {
        HandResult result = done.results().getFirst();
        if (result instanceof HandResult.Failed(String reason)) {
            if (System.getenv("CI") != null) fail(reason);
            System.out.println("Skipped: no sandboxes here: " + reason);
            Assumptions.abort(reason);
        }
        assertThat(result).isInstanceOf(HandResult.Output.class);
        HandResult.Output output = (HandResult.Output) result;
        return new Result(output.content().path(0).path("text").asText(), output.isError());
    }

    /** The supervisor's pid. */
    long supervisor() throws IOException {
        return new ObjectMapper()
                .readTree(Files.readAllBytes(folder().resolve("state/run.json")))
                .path("pid")
                .asLong();
    }

    Path folder() {
        return home.resolve("hands/hand_" + SESSION.primaryThread().suffix());
    }

    @Override
    public void close() {
        reach.close();
        provider.close();
        pace.close();
        servers.forEach(server -> server.stop(0));
    }
}
