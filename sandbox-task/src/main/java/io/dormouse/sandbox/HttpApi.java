package io.dormouse.sandbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** HTTP around {@link Routes}: who may ask, how much, and JSON in and out. No failure shows more than a message. */
final class HttpApi implements AutoCloseable {
    static final int LONGEST_BODY_BYTES = 16 * 1024 * 1024;

    private final HttpServer server;
    private final Secret secret;
    private final Routes routes;
    private final FileRoutes files;
    private final Activity activity;

    private HttpApi(HttpServer server, Secret secret, Routes routes, FileRoutes files, Activity activity) {
        this.server = server;
        this.secret = secret;
        this.routes = routes;
        this.files = files;
        this.activity = activity;
    }

    static HttpApi listen(InetSocketAddress address, Secret secret, Routes routes, FileRoutes files, Activity activity)
            throws IOException {
        // Small answers at once, and no caller that sends a byte a minute keeps a thread for ever. A large file takes a
        // while.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("sun.net.httpserver.maxReqTime", "900");
        HttpServer server = HttpServer.create(address, 64);
        HttpApi api = new HttpApi(server, secret, routes, files, activity);
        server.setExecutor(Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("http").factory()));
        server.createContext("/", api::handle);
        server.start();
        return api;
    }

    InetSocketAddress address() {
        return server.getAddress();
    }

    /** Takes no more requests; gives those under way a moment to send their answer. */
    @Override
    public void close() {
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!secret.admits(exchange.getRequestHeaders().getFirst("Authorization"))) {
                exchange.getResponseHeaders().set("Connection", "close");
                send(exchange, Reply.error(401, "unauthorized"));
                return;
            }
            activity.begin();
            try {
                Optional<Reply> reply =
                        FileRoutes.match(exchange.getRequestURI().getPath())
                                ? file(exchange)
                                : Optional.of(answer(exchange));
                if (reply.isPresent()) {
                    send(exchange, reply.get());
                }
            } finally {
                activity.end();
            }
        }
    }

    private Optional<Reply> file(HttpExchange exchange) throws IOException {
        try {
            return files.answer(exchange);
        } catch (IOException | RuntimeException broken) {
            System.err.println("file request failed: " + broken);
            if (exchange.getResponseCode() != -1) {
                throw broken; // what was begun cannot be ended well
            }
            exchange.getResponseHeaders().set("Connection", "close");
            return Optional.of(Reply.error(500, "internal error"));
        }
    }

    private Reply answer(HttpExchange exchange) {
        try {
            byte[] body;
            try (InputStream in = exchange.getRequestBody()) {
                body = in.readNBytes(LONGEST_BODY_BYTES + 1);
            }
            if (body.length > LONGEST_BODY_BYTES) {
                exchange.getResponseHeaders().set("Connection", "close");
                return Reply.error(413, "the body is larger than " + LONGEST_BODY_BYTES + " bytes");
            }
            JsonNode json = body.length == 0 ? Json.MAPPER.createObjectNode() : Json.MAPPER.readTree(body);
            String path = exchange.getRequestURI().getPath();
            return routes.answer(exchange.getRequestMethod() + " " + path, json);
        } catch (JsonProcessingException bad) {
            return Reply.error(400, "the body is not valid JSON");
        } catch (IOException | RuntimeException | StackOverflowError broken) {
            System.err.println("request failed: " + broken);
            return Reply.error(500, "internal error");
        }
    }

    private static void send(HttpExchange exchange, Reply reply) throws IOException {
        byte[] bytes = reply.body().toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(reply.status(), bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
        reply.afterwards().run();
    }

    /** A status, a JSON body, and what to do once it is sent. */
    record Reply(int status, ObjectNode body, Runnable afterwards) {
        static Reply ok(ObjectNode body) {
            return new Reply(200, body, () -> {});
        }

        static Reply error(int status, String message) {
            ObjectNode body = Json.MAPPER.createObjectNode();
            body.putObject("error").put("message", message);
            return new Reply(status, body, () -> {});
        }
    }

    /** When a caller was last seen. A request under way counts as seen now. */
    static final class Activity {
        private long lastNanos = System.nanoTime();
        private int underway;

        synchronized void begin() {
            underway++;
        }

        synchronized void end() {
            underway--;
            lastNanos = System.nanoTime();
        }

        synchronized long idleSeconds() {
            return underway > 0 ? 0 : TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - lastNanos);
        }
    }
}
