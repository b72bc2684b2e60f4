package io.dormouse.aws;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dormouse.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/** Stands between a client and an emulator, and does to a request of DynamoDB what the next rule for its operation says. */
final class FaultyProxy implements AutoCloseable {
    enum Fault {
        /** The service does it, and the connection ends without an answer. */
        LOSE_ANSWER,
        /** The connection ends before the service hears of it. */
        LOSE_REQUEST,
        THROTTLE,
        /** As an emulator that does not know that a refusal can tell the item. */
        TELL_NO_ITEM,
        /** A batch of which nothing is done. */
        DO_NOTHING
    }

    /** @param meanwhile happens after the service was, or was not, asked, and before the client learns anything */
    private record Rule(Fault fault, Runnable meanwhile) {}

    private final HttpServer server;
    private final HttpClient client = HttpClient.newHttpClient();
    private final URI behind;
    private final Map<String, Deque<Rule>> rules = new ConcurrentHashMap<>();

    FaultyProxy(URI behind) throws IOException {
        this.behind = behind;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** For one request of the operation; rules are used up in order. */
    FaultyProxy next(String operation, Fault fault) {
        return next(operation, fault, () -> {});
    }

    FaultyProxy next(String operation, Fault fault, Runnable meanwhile) {
        rules.computeIfAbsent(operation, o -> new ArrayDeque<>()).add(new Rule(fault, meanwhile));
        return this;
    }

    /** How many rules have not been used. */
    int left() {
        return rules.values().stream().mapToInt(Deque::size).sum();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
            String operation = target.substring(target.indexOf('.') + 1);
            Deque<Rule> mine = rules.getOrDefault(operation, new ArrayDeque<>());
            Rule rule;
            synchronized (mine) {
                rule = mine.poll();
            }
            if (rule == null) {
                pass(exchange, forward(exchange, body));
                return;
            }
            switch (rule.fault()) {
                case LOSE_ANSWER -> {
                    forward(exchange, body);
                    rule.meanwhile().run();
                }
                case LOSE_REQUEST -> rule.meanwhile().run();
                case THROTTLE ->
                    answer(
                            exchange,
                            400,
                            "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException\"}");
                case TELL_NO_ITEM ->
                    pass(
                            exchange,
                            forward(
                                    exchange,
                                    body.replace(
                                            "\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\"",
                                            "\"ReturnValuesOnConditionCheckFailure\":\"NONE\"")));
                case DO_NOTHING -> {
                    var items = Json.parse(body).get("RequestItems");
                    var nothing = Json.object();
                    nothing.set("UnprocessedItems", items);
                    nothing.set("UnprocessedKeys", items);
                    nothing.set("Responses", Json.object());
                    answer(exchange, 200, Json.text(nothing));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private HttpResponse<byte[]> forward(HttpExchange exchange, String body) throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(behind.resolve("/")).POST(HttpRequest.BodyPublishers.ofString(body));
        for (String name : new String[] {"X-Amz-Target", "Content-Type", "Authorization", "X-Amz-Date"})
            request.header(name, exchange.getRequestHeaders().getFirst(name));
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static void pass(HttpExchange exchange, HttpResponse<byte[]> answer) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
        exchange.sendResponseHeaders(answer.statusCode(), answer.body().length);
        exchange.getResponseBody().write(answer.body());
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
        client.close();
    }
}
