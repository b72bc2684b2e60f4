package io.dormouse.testkit.lambda;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dormouse.json.Json;
import io.dormouse.testkit.lambda.Invocation.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;

/**
 * A REST API of API Gateway before a function that streams: each request is one invocation with a proxy event (version 1), and
 * the answer is a prelude of JSON, eight NUL bytes and a body, which is passed on while it comes. Checks no key.
 */
public final class HttpDoor implements AutoCloseable {
    private static final int PRELUDE_END = 8;
    private static final int LARGEST_EVENT = 6 << 20;

    private final LambdaEmulator lambda;
    private final String function;
    private final HttpServer server;

    private HttpDoor(LambdaEmulator lambda, String function) throws IOException {
        this.lambda = lambda;
        this.function = function;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    public static HttpDoor before(LambdaEmulator lambda, String function) {
        try {
            return new HttpDoor(lambda, function);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] event = Json.bytes(event(exchange, exchange.getRequestBody().readAllBytes()));
            if (event.length > LARGEST_EVENT) {
                refuse(exchange, 413, "Request Too Long");
                return;
            }
            switch (lambda.invoke(function, event).outcome()) {
                case Outcome.Answered answered -> pass(exchange, answered.body());
                case Outcome.Failed failed -> refuse(exchange, 502, "Internal server error");
            }
        }
    }

    // ---- in

    private static ObjectNode event(HttpExchange exchange, byte[] body) {
        URI uri = exchange.getRequestURI();
        ObjectNode event = Json.object()
                .put("resource", "/v1/{proxy+}")
                .put("path", uri.getPath())
                .put("httpMethod", exchange.getRequestMethod());
        Map<String, List<String>> headers = new LinkedHashMap<>(exchange.getRequestHeaders());
        several(event, "headers", "multiValueHeaders", headers);
        several(event, "queryStringParameters", "multiValueQueryStringParameters", query(uri.getRawQuery()));
        event.putObject("pathParameters").put("proxy", uri.getPath().replaceFirst("^/v1/", ""));
        event.putNull("stageVariables");
        ObjectNode context = event.putObject("requestContext")
                .put("accountId", "000000000000")
                .put("apiId", "emulated")
                .put("resourceId", "emulated")
                .put("resourcePath", "/v1/{proxy+}")
                .put("httpMethod", exchange.getRequestMethod())
                .put("path", "/api" + uri.getPath())
                .put("protocol", "HTTP/1.1")
                .put("requestId", UUID.randomUUID().toString())
                .put("requestTimeEpoch", 0)
                .put("stage", "api");
        context.putObject("identity").put("sourceIp", "127.0.0.1");
        if (body.length == 0) event.putNull("body");
        else event.put("body", Base64.getEncoder().encodeToString(body));
        return event.put("isBase64Encoded", body.length > 0);
    }

    private static void several(ObjectNode event, String last, String all, Map<String, List<String>> values) {
        ObjectNode one = event.putObject(last);
        ObjectNode many = event.putObject(all);
        values.forEach((name, list) -> {
            one.put(name, list.getLast());
            list.forEach(many.withArray(name)::add);
        });
    }

    private static Map<String, List<String>> query(String raw) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        if (raw == null) return values;
        for (String pair : raw.split("&")) {
            String[] parts = pair.split("=", 2);
            values.computeIfAbsent(decoded(parts[0]), name -> new ArrayList<>())
                    .add(parts.length == 1 ? "" : decoded(parts[1]));
        }
        return values;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    // ---- out

    private static void pass(HttpExchange exchange, InputStream answer) throws IOException {
        try (answer) {
            JsonNode prelude = Json.parse(prelude(answer));
            Headers headers = exchange.getResponseHeaders();
            for (var header : prelude.path("headers").properties())
                headers.add(header.getKey(), header.getValue().asText());
            for (var header : prelude.path("multiValueHeaders").properties())
                headers.put(
                        header.getKey(),
                        header.getValue().valueStream().map(JsonNode::asText).toList());
            headers.remove("content-length");
            headers.remove("transfer-encoding");
            headers.remove("connection");
            exchange.sendResponseHeaders(prelude.path("statusCode").asInt(), 0);
            OutputStream out = exchange.getResponseBody();
            byte[] chunk = new byte[8192];
            for (int read = answer.read(chunk); read >= 0; read = answer.read(chunk)) {
                out.write(chunk, 0, read);
                out.flush();
            }
        }
    }

    private static String prelude(InputStream answer) throws IOException {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        for (int nuls = 0; nuls < PRELUDE_END; ) {
            int b = answer.read();
            if (b < 0) throw new IOException("the answer ended in its prelude: " + json);
            if (b == 0) nuls++;
            else json.write(b);
        }
        return json.toString(StandardCharsets.UTF_8);
    }

    private static void refuse(HttpExchange exchange, int status, String message) throws IOException {
        byte[] body = Json.bytes(Json.object().put("message", message));
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
