package io.dormouse.mcp.client;

import io.dormouse.json.Json;
import io.dormouse.outbound.Outbound.Header;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.HttpHeaders;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.ProtocolVersions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * Streamable HTTP: each message is a POST, whose answer is JSON or a stream of events, which is resumed when it breaks. The
 * stream that a server may speak on by itself is not opened: nothing that it could say is asked for.
 */
final class StreamableTransport implements McpClientTransport {
    static final List<String> VERSIONS = List.of(
            ProtocolVersions.MCP_2024_11_05,
            ProtocolVersions.MCP_2025_03_26,
            ProtocolVersions.MCP_2025_06_18,
            ProtocolVersions.MCP_2025_11_25);

    private static final String JSON = "application/json";
    private static final String EVENTS = "text/event-stream";
    private static final long RETRY_MILLIS = 1_000;
    private static final long MAX_RETRY_MILLIS = 30_000;
    private static final int MAX_RESUMES = 5;

    private final Wire wire;
    private final String url;
    private final Errand own;
    private volatile Function<Mono<JSONRPCMessage>, Mono<JSONRPCMessage>> handler;
    private volatile String session = "";
    private volatile String version = "";

    /** @param own for what belongs to no other errand */
    StreamableTransport(Wire wire, String url, Errand own) {
        this.wire = wire;
        this.url = url;
        this.own = own;
    }

    @Override
    public List<String> protocolVersions() {
        return VERSIONS;
    }

    @Override
    public Mono<Void> connect(Function<Mono<JSONRPCMessage>, Mono<JSONRPCMessage>> newHandler) {
        handler = newHandler;
        return Mono.empty();
    }

    @Override
    public Mono<Void> sendMessage(JSONRPCMessage message) {
        return Mono.deferContextual(context -> {
            Errand errand = context.<Errand>getOrEmpty(Errand.class).orElse(own);
            return Mono.create(sink -> errand.run(() -> post(message, errand), sink));
        });
    }

    private void post(JSONRPCMessage message, Errand errand) {
        Inbox inbox = new Inbox(message instanceof JSONRPCRequest request ? request : null);
        if (inbox.request != null) errand.sends(inbox.request.id());
        try (Wire.Reply reply = wire.send(errand, "POST", url, headers(JSON + ", " + EVENTS), Json.bytes(message))) {
            Wire.check(reply);
            if (inbox.initializes()) session = session(reply.header(HttpHeaders.MCP_SESSION_ID));
            if (inbox.request == null) return;
            if (reply.is(JSON)) Wire.messages(Wire.text(reply), inbox::take);
            else if (reply.is(EVENTS)) inbox.events.read(reply, inbox::answered);
            else
                throw Fault.connection(
                        "The server does not speak the protocol: its answer is neither JSON nor events.");
        }
        for (int fruitless = 0; !inbox.answered(); fruitless++) {
            String last = inbox.events.lastId();
            if (last == null || fruitless == MAX_RESUMES)
                throw Fault.connection("The answer ended before it was complete.");
            long wait = inbox.events.retryMillis();
            errand.pause(wait < 0 ? RETRY_MILLIS : Math.min(wait, MAX_RETRY_MILLIS));
            resume(errand, inbox, last);
            if (!last.equals(inbox.events.lastId())) fruitless = 0;
        }
    }

    private void resume(Errand errand, Inbox inbox, String last) {
        List<Header> headers = headers(EVENTS);
        headers.add(new Header(HttpHeaders.LAST_EVENT_ID, last));
        try (Wire.Reply reply = wire.send(errand, "GET", url, headers, null)) {
            Wire.check(reply);
            inbox.resumed();
            inbox.events.read(reply, inbox::answered);
        }
    }

    private List<Header> headers(String accept) {
        List<Header> headers = new ArrayList<>();
        headers.add(new Header("Accept", accept));
        if (!session.isEmpty()) headers.add(new Header(HttpHeaders.MCP_SESSION_ID, session));
        if (!version.isEmpty()) headers.add(new Header(HttpHeaders.PROTOCOL_VERSION, version));
        return headers;
    }

    private static String session(String told) {
        boolean visible = told.length() <= 1_024 && told.chars().allMatch(c -> c > 0x20 && c < 0x7f);
        if (!visible) throw Fault.connection("The server does not speak the protocol: its session id is none.");
        return told;
    }

    /** Whether the server has given this connection a session, which it may forget. */
    boolean hasSession() {
        return !session.isEmpty();
    }

    /** What comes back for one message. */
    private final class Inbox {
        private final JSONRPCRequest request;
        private Wire.Events events = new Wire.Events(this::event);
        private boolean answered;

        Inbox(JSONRPCRequest request) {
            this.request = request;
        }

        boolean initializes() {
            return request != null && McpSchema.METHOD_INITIALIZE.equals(request.method());
        }

        boolean answered() {
            return answered;
        }

        /** What stood half in the stream that broke comes again, whole. */
        void resumed() {
            Wire.Events before = events;
            events = new Wire.Events(this::event) {
                @Override
                String lastId() {
                    return super.lastId() == null ? before.lastId() : super.lastId();
                }

                @Override
                long retryMillis() {
                    return super.retryMillis() < 0 ? before.retryMillis() : super.retryMillis();
                }
            };
        }

        private void event(String name, String data) {
            if (name.equals("message") && !data.isBlank()) Wire.messages(data, this::take);
        }

        void take(JSONRPCMessage message) {
            if (message instanceof JSONRPCResponse response) {
                if (response.id() == null && response.error() != null)
                    throw Fault.connection(
                            "The server refused: " + response.error().message());
                answered |= request != null && request.id().equals(response.id());
                if (initializes() && response.result() instanceof Map<?, ?> result)
                    version = VERSIONS.contains(result.get("protocolVersion"))
                            ? (String) result.get("protocolVersion")
                            : "";
            }
            handler.apply(Mono.just(message)).subscribe();
        }
    }

    @Override
    public Mono<Void> closeGracefully() {
        return Mono.fromRunnable(() -> {
            if (session.isEmpty() || own.givenUp()) return;
            List<Header> headers = headers(JSON);
            session = "";
            try {
                wire.send(own, "DELETE", url, headers, null).close();
            } catch (RuntimeException e) {
                // It forgets by itself, sooner or later.
            }
        });
    }

    @Override
    public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
        return Contents.unmarshal(data, type);
    }
}
