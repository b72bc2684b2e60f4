package io.dormouse.mcp.client;

import io.dormouse.agents.McpServer;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Outbound.Caller;
import io.dormouse.pace.Cancellation;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.json.schema.JsonSchemaValidator;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Mono;

/** A server, for one owner of one thread: found to speak one of the transports, and kept until that owner leaves. */
final class Connection {
    static final Duration FAREWELL = Duration.ofSeconds(2);

    private final Wire wire;
    private final McpServer server;
    private final Timeouts timeouts;
    private final Duration farewell;
    private final Errand own;
    private McpAsyncClient client;
    private McpClientTransport transport;

    Connection(Outbound outbound, Caller owner, McpServer server, Timeouts timeouts, Duration farewell) {
        this.wire = new Wire(outbound);
        this.server = server;
        this.timeouts = timeouts;
        this.farewell = farewell;
        this.own = new Errand(owner);
    }

    /** Connects if nobody has yet. Throws what {@link #await} throws. */
    synchronized McpAsyncClient client(Cancellation cancellation) {
        if (client != null) return client;
        try {
            return open(new StreamableTransport(wire, server.url(), own), cancellation);
        } catch (Fault e) {
            // What the protocol says of servers that are older than its present transport.
            boolean older = e.status() == 400 || e.status() == 404 || e.status() == 405;
            if (!older) throw e;
            try {
                return open(new LegacyTransport(wire, server.url(), own), cancellation);
            } catch (Fault second) {
                throw second.status() == 401 || second.status() == 403 ? second : e;
            }
        }
    }

    private McpAsyncClient open(McpClientTransport over, Cancellation cancellation) {
        McpAsyncClient opened = McpClient.async(over)
                .clientInfo(McpSchema.Implementation.builder("dormouse", "0.1").build())
                .requestTimeout(timeouts.call())
                .initializationTimeout(timeouts.connect())
                .jsonSchemaValidator(TRUSTING)
                .build();
        await(opened.initialize(), new Errand(own.caller()), timeouts.connect(), cancellation);
        transport = over;
        client = opened;
        return opened;
    }

    /** Whether the server may have forgotten a session that it gave to this connection. */
    synchronized boolean forgotten(Fault fault) {
        return fault.status() == 404 && transport instanceof StreamableTransport streamable && streamable.hasSession();
    }

    /** Waits for the outcome. Throws a {@link Fault}, an SDK's error, or a {@link CancellationException}. */
    static <T> T await(Mono<T> mono, Errand errand, Duration timeout, Cancellation cancellation) {
        CompletableFuture<T> future =
                mono.contextWrite(context -> context.put(Errand.class, errand)).toFuture();
        cancellation.onRequest(() -> future.cancel(false));
        boolean done = false;
        try {
            T value = future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            done = true;
            return value;
        } catch (ExecutionException e) {
            throw cause(e.getCause());
        } catch (TimeoutException e) {
            throw Fault.connection("The server did not answer within " + timeout.toSeconds() + " seconds.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Fault.connection("It was given up.");
        } finally {
            if (!done) {
                future.cancel(false);
                errand.giveUp();
            }
        }
    }

    private static RuntimeException cause(Throwable thrown) {
        for (Throwable at = thrown; at != null; at = at.getCause()) {
            if (at instanceof Fault fault) return fault;
            if (at instanceof io.modelcontextprotocol.spec.McpError refused) return refused;
            if (at instanceof TimeoutException) return Fault.connection("The server did not answer in time.");
        }
        return Fault.connection("The server does not speak the protocol: " + thrown.getMessage());
    }

    /** Tells the server that nobody waits for a request any more. */
    void cancel(Object request) {
        McpClientTransport over;
        synchronized (this) {
            over = transport;
        }
        if (over == null || request == null) return;
        over.sendMessage(new McpSchema.JSONRPCNotification(
                        "notifications/cancelled", Map.of("requestId", request, "reason", "interrupted")))
                .subscribe(ok -> {}, failed -> {});
    }

    /**
     * Ends the session with the server, if it can be told soon.
     *
     * @return ends when all that was open has, or soon
     */
    Thread close() {
        McpClientTransport over;
        synchronized (this) {
            over = transport;
        }
        return Thread.startVirtualThread(() -> {
            try {
                if (over != null) farewell(over);
                own.giveUp();
                own.awaitEnd(farewell);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void farewell(McpClientTransport over) throws InterruptedException {
        Thread saying = Thread.startVirtualThread(() -> over.closeGracefully().subscribe(ok -> {}, failed -> {}));
        if (!saying.join(farewell)) saying.interrupt();
    }

    /** Whether a result is what the tool's schema says is between the server and the model. */
    private static final JsonSchemaValidator TRUSTING =
            (schema, content) -> JsonSchemaValidator.ValidationResponse.asValid(null);
}
