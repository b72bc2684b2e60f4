package io.dormouse.mcp.client;

import io.dormouse.json.Json;
import io.dormouse.outbound.Outbound.Header;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/** The transport of 2024-11-05: one stream of events for all that the server says, and an address of its choice for messages. */
final class LegacyTransport implements McpClientTransport {
    private final Wire wire;
    private final String url;
    private final Errand own;
    private final CompletableFuture<String> endpoint = new CompletableFuture<>();
    private final Map<Object, CompletableFuture<Void>> waiting = new ConcurrentHashMap<>();
    private volatile Function<Mono<JSONRPCMessage>, Mono<JSONRPCMessage>> handler;
    private volatile RuntimeException broken;

    /** @param own for the stream: it goes on until this is given up */
    LegacyTransport(Wire wire, String url, Errand own) {
        this.wire = wire;
        this.url = url;
        this.own = own;
    }

    @Override
    public List<String> protocolVersions() {
        return StreamableTransport.VERSIONS;
    }

    @Override
    public Mono<Void> connect(Function<Mono<JSONRPCMessage>, Mono<JSONRPCMessage>> newHandler) {
        handler = newHandler;
        return Mono.create(sink -> {
            // Its messages are awaited elsewhere.
            own.run(this::listen, sink);
        });
    }

    private void listen() {
        try (Wire.Reply reply = wire.send(own, "GET", url, List.of(new Header("Accept", "text/event-stream")), null)) {
            Wire.check(reply);
            if (!reply.is("text/event-stream"))
                throw Fault.connection("The server does not speak the protocol: it opens no stream of events.");
            new Wire.Events(this::event).read(reply, () -> false);
            throw Fault.connection("The server's stream of events ended.");
        } catch (RuntimeException e) {
            broken = e;
            endpoint.completeExceptionally(e);
            waiting.values().forEach(each -> each.completeExceptionally(e));
        }
    }

    private void event(String name, String data) {
        if (name.equals("endpoint")) endpoint.complete(resolved(data.strip()));
        else if (name.equals("message") && !data.isBlank()) Wire.messages(data, this::take);
    }

    /** Of the same origin, for a credential may go there. */
    private String resolved(String told) {
        try {
            URI base = URI.create(url);
            URI target = base.resolve(told);
            boolean same = Objects.equals(base.getScheme(), target.getScheme())
                    && Objects.equals(base.getRawAuthority(), target.getRawAuthority());
            if (same) return target.toString();
        } catch (IllegalArgumentException e) {
            // Refused below.
        }
        throw Fault.connection("The server wants messages to go to another origin.");
    }

    private void take(JSONRPCMessage message) {
        handler.apply(Mono.just(message)).subscribe();
        CompletableFuture<Void> waits = message instanceof JSONRPCResponse response && response.id() != null
                ? waiting.remove(response.id())
                : null;
        if (waits != null) waits.complete(null);
    }

    @Override
    public Mono<Void> sendMessage(JSONRPCMessage message) {
        return Mono.deferContextual(context -> {
            Errand errand = context.<Errand>getOrEmpty(Errand.class).orElse(own);
            return Mono.create(sink -> errand.run(() -> post(message, errand), sink));
        });
    }

    private void post(JSONRPCMessage message, Errand errand) {
        String target = await(endpoint);
        CompletableFuture<Void> answer = new CompletableFuture<>();
        Object id = message instanceof JSONRPCRequest request ? request.id() : null;
        if (id != null) {
            waiting.put(id, answer);
            errand.sends(id);
        }
        try (Wire.Reply reply = wire.send(
                errand, "POST", target, List.of(new Header("Accept", "application/json")), Json.bytes(message))) {
            Wire.check(reply);
        }
        if (id == null) return;
        RuntimeException already = broken;
        if (already != null) throw already;
        await(answer);
    }

    private static <T> T await(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException why) throw why;
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Fault.connection("It was given up.");
        }
    }

    @Override
    public Mono<Void> closeGracefully() {
        return Mono.fromRunnable(own::giveUp);
    }

    @Override
    public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
        return Contents.unmarshal(data, type);
    }
}
