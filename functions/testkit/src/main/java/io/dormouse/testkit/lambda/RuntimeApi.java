package io.dormouse.testkit.lambda;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dormouse.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * What Lambda is to one process of a function: the Runtime API of 2018-06-01, a role's credentials, and as much of the Extensions API as an
 * extension needs that only wants to start.
 */
final class RuntimeApi implements AutoCloseable {
    private static final String INVOCATION = "/2018-06-01/runtime/invocation/";
    private static final String RESTORE = "/2018-06-01/runtime/restore/";
    static final String CREDENTIALS = "/credentials";
    private static final String EXTENSION = "/2020-01-01/extension/";

    private final String arn;
    private final Duration timeout;
    private final HttpServer server;
    private final BlockingQueue<Invocation> waiting = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private final CountDownLatch restored = new CountDownLatch(1);
    private volatile Invocation current;
    private volatile String credentials = "{}";

    RuntimeApi(String arn, Duration timeout) throws IOException {
        this.arn = arn;
        this.timeout = timeout;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    /** For {@code AWS_LAMBDA_RUNTIME_API}. */
    String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /** When the process has asked for its first event, or to be restored for it. */
    CompletableFuture<Void> ready() {
        return ready;
    }

    /** What a process finds under {@link #CREDENTIALS}. */
    void hold(String keyId, String secretKey) {
        credentials = Json.text(Json.object()
                .put("AccessKeyId", keyId)
                .put("SecretAccessKey", secretKey)
                .put("Token", "")
                .put("Expiration", Instant.now().plus(timeout).plusSeconds(3600).toString()));
    }

    void deliver(Invocation invocation) {
        current = invocation;
        waiting.add(invocation);
        restored.countDown();
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        try (exchange) {
            if (path.equals(INVOCATION + "next")) next(exchange);
            else if (path.equals(RESTORE + "next")) restore(exchange);
            else if (path.equals("/2018-06-01/runtime/init/error")) failed(exchange);
            else if (path.equals(RESTORE + "error")) failed(exchange);
            else if (path.startsWith(INVOCATION) && path.endsWith("/response")) response(exchange);
            else if (path.startsWith(INVOCATION) && path.endsWith("/error")) failed(exchange);
            else if (path.equals(CREDENTIALS)) reply(exchange, 200, credentials);
            else if (path.equals(EXTENSION + "register")) registered(exchange);
            else if (path.equals(EXTENSION + "event/next")) silence(exchange);
            else reply(exchange, 404, "{\"errorType\":\"NoSuchPath\"}");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The process has come to where Lambda takes its snapshot, and goes on where Lambda restores it: for an invocation. */
    private void restore(HttpExchange exchange) throws IOException, InterruptedException {
        ready.complete(null);
        restored.await();
        reply(exchange, 200, "");
    }

    private void next(HttpExchange exchange) throws IOException, InterruptedException {
        ready.complete(null);
        Invocation invocation = waiting.take();
        invocation.deliveredUntil(Instant.now().plus(timeout));
        var headers = exchange.getResponseHeaders();
        headers.add("Lambda-Runtime-Aws-Request-Id", invocation.id());
        headers.add(
                "Lambda-Runtime-Deadline-Ms",
                Long.toString(invocation.deadline().toEpochMilli()));
        headers.add("Lambda-Runtime-Invoked-Function-Arn", arn);
        headers.add("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0");
        headers.add("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, invocation.event().length == 0 ? -1 : invocation.event().length);
        exchange.getResponseBody().write(invocation.event());
    }

    private void response(HttpExchange exchange) throws IOException, InterruptedException {
        Invocation invocation = asked(exchange, "/response");
        if (invocation == null) return;
        String mode = exchange.getRequestHeaders().getFirst("Lambda-Runtime-Function-Response-Mode");
        if ("streaming".equalsIgnoreCase(mode)) {
            try (Draining body = new Draining(exchange.getRequestBody())) {
                invocation.answerAsItComes(body);
                body.awaitEnd();
                // A function is not told that nobody reads any more: what it still says goes nowhere, and it is not
                // over before.
                body.drain();
            }
            reply(exchange, 202, "{\"status\":\"OK\"}");
            invocation.end();
        } else {
            byte[] body = exchange.getRequestBody().readAllBytes();
            reply(exchange, 202, "{\"status\":\"OK\"}");
            invocation.answer(body);
        }
    }

    private void failed(HttpExchange exchange) throws IOException {
        byte[] error = exchange.getRequestBody().readAllBytes();
        reply(exchange, 202, "{\"status\":\"OK\"}");
        Invocation invocation = current;
        if (invocation != null) invocation.fail(error);
    }

    /** The invocation that this process was given, if it is what the request is about. */
    private Invocation asked(HttpExchange exchange, String what) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String id = path.substring(INVOCATION.length(), path.length() - what.length());
        Invocation invocation = current;
        if (invocation != null && invocation.id().equals(id)) return invocation;
        reply(exchange, 400, "{\"errorType\":\"InvalidRequestID\"}");
        return null;
    }

    private static void registered(HttpExchange exchange) throws IOException {
        exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().add("Lambda-Extension-Identifier", "00000000-0000-0000-0000-000000000000");
        reply(
                exchange,
                200,
                Json.text(Json.object()
                        .put("functionName", "function")
                        .put("functionVersion", "$LATEST")
                        .put("handler", "handler")));
    }

    /** An extension that asked for no events hears of none. */
    private static void silence(HttpExchange exchange) throws IOException, InterruptedException {
        try (InputStream nothing = exchange.getRequestBody()) {
            nothing.readAllBytes();
            new CountDownLatch(1).await();
        }
    }

    private static void reply(HttpExchange exchange, int status, String json) throws IOException {
        byte[] body = json.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
