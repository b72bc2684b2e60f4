package io.dormouse.local.offline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dormouse.json.Json;
import io.dormouse.prompt.MessageEvents;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Dormouse's offline model: a Messages API server on a free loopback port, which says of itself that it is no LLM and
 * obeys a few commands. It is called through the same adapter as a real model, and takes any key and any model's name.
 */
public final class OfflineModel implements AutoCloseable {
    private static final int MAX_BODY_BYTES = 64_000_000;
    private static final int DELTA_CHARS = 24;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    static {
        // Read once by the JDK's server. Without it every delta waits for the acknowledgement of the one before.
        if (System.getProperty("sun.net.httpserver.nodelay") == null) {
            System.setProperty("sun.net.httpserver.nodelay", "true");
        }
    }

    private OfflineModel(HttpServer server) {
        this.server = server;
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public static OfflineModel start() {
        try {
            return new OfflineModel(
                    HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1_024));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For example {@code http://127.0.0.1:40123}. */
    public URI baseUri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY_BYTES + 1);
            boolean known = exchange.getRequestURI().getPath().equals("/v1/messages")
                    && exchange.getRequestMethod().equals("POST");
            if (!known) refuse(exchange, 404, "not_found_error", "The offline model only has POST /v1/messages.");
            else if (body.length > MAX_BODY_BYTES)
                refuse(exchange, 413, "request_too_large", "The request is too large.");
            else answer(exchange, body);
        }
    }

    private void answer(HttpExchange exchange, byte[] body) throws IOException {
        JsonNode request;
        try {
            request = Json.read(body, JsonNode.class);
        } catch (UncheckedIOException e) {
            refuse(exchange, 400, "invalid_request_error", "The body is not valid JSON.");
            return;
        }
        if (!request.path("messages").path(0).isObject()) {
            refuse(exchange, 400, "invalid_request_error", "messages: at least one message is required");
            return;
        }
        ObjectNode message = OfflineReply.to(request);
        if (request.path("stream").asBoolean()) stream(exchange, message);
        else send(exchange, 200, message);
    }

    private static void stream(HttpExchange exchange, ObjectNode message) throws IOException {
        exchange.getResponseHeaders().set("content-type", "text/event-stream; charset=utf-8");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            for (MessageEvents.Event event : MessageEvents.of(message, DELTA_CHARS)) {
                out.write(event.bytes());
                out.flush();
            }
        }
    }

    private static void refuse(HttpExchange exchange, int status, String type, String message) throws IOException {
        send(exchange, status, MessageEvents.error(type, message).data());
    }

    private static void send(HttpExchange exchange, int status, ObjectNode body) throws IOException {
        byte[] bytes = Json.bytes(body);
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
