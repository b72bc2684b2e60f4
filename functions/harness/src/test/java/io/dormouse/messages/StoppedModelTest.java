package io.dormouse.messages;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Model;
import io.dormouse.session.Usage;
import io.dormouse.testkit.messages.Gate;
import io.dormouse.testkit.messages.Script;
import io.dormouse.testkit.messages.ScriptedModel;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Requests that are cancelled, and those that would never end. */
class StoppedModelTest extends AgainstScriptedModel {
    @Test
    void a_server_that_never_answers_is_a_failure() throws Exception {
        Gate gate = new Gate();
        ScriptedModel server = serve(Script.text("hi").holdBeforeHeaders(gate));
        // Longer than a cold server needs until it has read the request.
        Model model = model(server.baseUri(), new Timeouts(LONG, Duration.ofSeconds(3), LONG, LONG));
        Future<Model.Reply> reply = threads.submit(() -> ask(model, new Cancellation()));
        gate.awaitReached();
        assertThat(failure(reply.get())).isEqualTo(Model.Failure.UNREACHABLE);
        server.requests().getFirst().awaitDisconnected();
    }

    @Test
    void a_stream_that_stalls_at_any_event_is_a_failure() {
        int events = Script.text("Hello").events("m", "m").size();
        ScriptedModel server = keep(ScriptedModel.start(
                request -> Script.text("Hello").holdBeforeEvent((int) request.number() - 1, new Gate())));
        Model model = model(server.baseUri(), new Timeouts(LONG, LONG, SHORT, LONG));
        for (int event = 0; event < events; event++) {
            assertThat(failure(ask(model, new Cancellation()))).isEqualTo(Model.Failure.UNREACHABLE);
            server.requests().getLast().awaitDisconnected();
        }
    }

    @Test
    void a_stream_that_never_ends_is_a_failure() {
        ScriptedModel server =
                serve(Script.text("x".repeat(100_000)).deltaChars(2).delays(Duration.ZERO, Duration.ofMillis(5)));
        Model model = model(server.baseUri(), new Timeouts(LONG, LONG, LONG, SHORT));
        assertThat(failure(ask(model, new Cancellation()))).isEqualTo(Model.Failure.UNREACHABLE);
    }

    @Test
    void a_message_that_has_ended_is_complete_even_if_the_connection_does_not_end() {
        Gate gate = new Gate();
        Script script = Script.text("Hello");
        ScriptedModel server =
                serve(script.holdBeforeEvent(script.events("m", "m").size(), gate));
        assertThat(reply(server)).isInstanceOf(Model.Reply.Complete.class);
        server.requests().getFirst().awaitDisconnected();
    }

    @Test
    void a_cancelled_request_is_never_sent() {
        ScriptedModel server = serve(Script.text("hi"));
        Cancellation cancellation = new Cancellation();
        cancellation.request();
        assertThat(ask(model(server.baseUri(), PATIENT), cancellation))
                .isEqualTo(new Model.Reply.Cancelled(Usage.NONE, false));
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void a_request_is_cancelled_while_it_waits_for_headers() throws Exception {
        Gate gate = new Gate();
        assertThat(cancelledAt(gate, Script.text("hi").holdBeforeHeaders(gate)))
                .isEqualTo(new Model.Reply.Cancelled(Usage.NONE));
    }

    @Test
    void a_request_is_cancelled_at_any_event_of_the_stream() throws Exception {
        int events = Script.text("Hello").events("m", "m").size();
        for (int event = 0; event < events; event++) {
            Gate gate = new Gate();
            assertThat(cancelledAt(gate, Script.text("Hello").holdBeforeEvent(event, gate)))
                    .as("cancelled before event %s", event)
                    .isInstanceOf(Model.Reply.Cancelled.class);
        }
    }

    @Test
    void a_request_is_cancelled_while_it_connects() throws Exception {
        // A listener whose queue is full answers no handshake, so the connection never stands.
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            List<SocketChannel> fillers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                SocketChannel filler = SocketChannel.open();
                filler.configureBlocking(false);
                filler.connect(full.getLocalSocketAddress());
                fillers.add(filler);
            }
            Cancellation cancellation = new Cancellation();
            Model model = model(URI.create("http://127.0.0.1:" + full.getLocalPort()), PATIENT);
            Future<Model.Reply> reply = threads.submit(() -> ask(model, cancellation));
            cancellation.request();
            assertThat(reply.get())
                    .isIn(new Model.Reply.Cancelled(Usage.NONE), new Model.Reply.Cancelled(Usage.NONE, false));
            for (var filler : fillers) filler.close();
        }
    }

    private Model.Reply cancelledAt(Gate gate, Script script) throws Exception {
        ScriptedModel server = serve(script);
        Cancellation cancellation = new Cancellation();
        Model model = model(server.baseUri(), PATIENT);
        Future<Model.Reply> reply = threads.submit(() -> ask(model, cancellation));
        gate.awaitReached();
        cancellation.request();
        server.requests().getFirst().awaitDisconnected();
        return reply.get();
    }
}
