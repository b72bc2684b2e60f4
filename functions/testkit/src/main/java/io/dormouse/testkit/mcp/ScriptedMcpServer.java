package io.dormouse.testkit.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dormouse.json.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** One server on a free port of this machine. */
public final class ScriptedMcpServer implements AutoCloseable {
    /** How it answers requests. */
    public enum Speech {
        JSON,
        EVENTS,
        /** The transport of 2024-11-05. */
        LEGACY
    }

    /** What comes of a request instead of an answer. */
    public enum Harm {
        /** The connection ends before the answer. */
        BREAKS,
        /** The same, behind an event from which one can resume. */
        BREAKS_RESUMABLY,
        /** It never answers. */
        HANGS,
        NO_JSON,
        /** An answer to a request that nobody made. */
        WRONG_ID,
        /** An answer that is larger than any is read. */
        ENDLESS,
        HTTP_500,
        /** A redirect to itself. */
        REDIRECT,
        NOT_FOUND
    }

    private final HttpServer http;
    private final Speech speech;
    private final ArrayNode tools = Json.array();
    private final Map<String, Function<JsonNode, ObjectNode>> work = new ConcurrentHashMap<>();
    private final Map<String, Harm> harms = new ConcurrentHashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<JsonNode> messages = new CopyOnWriteArrayList<>();
    private final AtomicInteger sessions = new AtomicInteger();
    private final Map<String, ObjectNode> unsent = new ConcurrentHashMap<>();
    private volatile String bearer;
    private volatile String version = "2025-06-18";
    private volatile String session;
    private volatile OutputStream stream;

    private ScriptedMcpServer(Speech speech) {
        this.speech = speech;
        try {
            http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.createContext("/", this::handle);
        http.start();
    }

    public static ScriptedMcpServer start(Speech speech) {
        return new ScriptedMcpServer(speech);
    }

    // ---- the script

    /** @param result of a call with these arguments, as the protocol has it */
    public ScriptedMcpServer tool(String name, Function<JsonNode, ObjectNode> result) {
        return tool(Json.object().put("name", name), result);
    }

    /** @param definition without a schema gets one of an object */
    public ScriptedMcpServer tool(ObjectNode definition, Function<JsonNode, ObjectNode> result) {
        if (!definition.has("inputSchema")) definition.putObject("inputSchema").put("type", "object");
        tools.add(definition);
        work.put(definition.path("name").asText(), result);
        return this;
    }

    /** @param request a method, or the name of a tool for calls of it */
    public ScriptedMcpServer harm(String request, Harm harm) {
        if (harm == null) harms.remove(request);
        else harms.put(request, harm);
        return this;
    }

    /** From now on, only for those who have this; null for all. */
    public ScriptedMcpServer bearer(String token) {
        bearer = token;
        return this;
    }

    public ScriptedMcpServer version(String newVersion) {
        version = newVersion;
        return this;
    }

    /** As a server that was started again. */
    public void forgetSession() {
        session = "forgotten";
    }

    public static ObjectNode text(String text) {
        ObjectNode result = Json.object();
        result.putArray("content").addObject().put("type", "text").put("text", text);
        return result;
    }

    // ---- what happened

    public URI url() {
        return URI.create("http://127.0.0.1:" + http.getAddress().getPort() + "/mcp");
    }

    /** For example {@code POST tools/call} or {@code DELETE}. */
    public List<String> requests() {
        return requests;
    }

    public List<JsonNode> messages(String method) {
        return messages.stream()
                .filter(message -> message.path("method").asText().equals(method))
                .toList();
    }

    public int sessions() {
        return sessions.get();
    }

    @Override
    public void close() {
        http.stop(0);
    }

    // ---- HTTP

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            byte[] bytes = exchange.getRequestBody().readAllBytes();
            if (bearer != null
                    && !("Bearer " + bearer).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                requests.add(method + " without a token");
                exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer realm=\"test\", error=\"invalid_token\"");
                answer(exchange, 401, "text/plain", "no");
                return;
            }
            switch (method) {
                case "GET" -> get(exchange);
                case "DELETE" -> {
                    // Of an older session it says nothing about the one that is now.
                    if (String.valueOf(session)
                            .equals(exchange.getRequestHeaders().getFirst("Mcp-Session-Id"))) session = null;
                    requests.add("DELETE");
                    answer(exchange, 200, "text/plain", "");
                }
                default -> post(exchange, Json.parse(new String(bytes, StandardCharsets.UTF_8)));
            }
        }
    }

    private void get(HttpExchange exchange) throws IOException {
        requests.add("GET");
        String last = exchange.getRequestHeaders().getFirst("Last-Event-ID");
        if (speech == Speech.LEGACY) {
            events(exchange);
            stream = exchange.getResponseBody();
            event(stream, "endpoint", null, "/messages?session=1");
            await();
        } else if (last != null && unsent.containsKey(last)) {
            events(exchange);
            event(exchange.getResponseBody(), null, last + "+", Json.text(unsent.remove(last)));
        } else answer(exchange, 405, "text/plain", "");
    }

    private void post(HttpExchange exchange, JsonNode message) throws IOException {
        String method = message.path("method").asText();
        requests.add("POST " + method);
        messages.add(message);
        if (speech == Speech.LEGACY && !exchange.getRequestURI().getPath().equals("/messages")) {
            answer(exchange, 404, "text/plain", "");
            return;
        }
        String given = exchange.getRequestHeaders().getFirst("Mcp-Session-Id");
        if (given != null && !given.equals(session)) {
            answer(exchange, 404, "text/plain", "no such session");
            return;
        }
        if (!message.has("id")) {
            answer(exchange, 202, null, "");
            return;
        }
        boolean call = method.equals("tools/call");
        Harm harm = harms.get(call ? message.path("params").path("name").asText() : method);
        ObjectNode reply = Json.object().put("jsonrpc", "2.0");
        reply.set("id", message.get("id"));
        if (harm == Harm.HANGS) {
            await();
            return;
        }
        if (harm == Harm.WRONG_ID) reply.put("id", "nobody");
        if (harm == Harm.HTTP_500) {
            answer(exchange, 500, "application/json", "{\"error\":{\"message\":\"broken\\u0007\"}}");
            return;
        }
        if (harm == Harm.NOT_FOUND) {
            answer(exchange, 404, "text/plain", "");
            return;
        }
        if (harm == Harm.REDIRECT) {
            exchange.getResponseHeaders().set("Location", url().toString());
            answer(exchange, 307, "text/plain", "");
            return;
        }
        result(method, message.path("params"), reply, exchange);
        if (harm == Harm.BREAKS && speech != Speech.LEGACY) {
            events(exchange);
            exchange.getResponseBody().write(": so far\n\n".getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
        } else if (harm == Harm.BREAKS_RESUMABLY) {
            String id = "e" + message.path("id").asText();
            unsent.put(id, reply);
            events(exchange);
            exchange.getResponseBody().write(("retry: 10\nid: " + id + "\ndata:\n\n").getBytes(StandardCharsets.UTF_8));
        } else if (harm == Harm.ENDLESS) {
            events(exchange);
            byte[] line = ("data: " + "x".repeat(65_536) + "\n").getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < 2_000; i++) exchange.getResponseBody().write(line);
        } else {
            String json = harm == Harm.NO_JSON ? "{\"jsonrpc\":\"2.0\",\"id\":" : Json.text(reply);
            say(exchange, json, harm == Harm.BREAKS);
        }
    }

    private void say(HttpExchange exchange, String json, boolean breaks) throws IOException {
        switch (speech) {
            case JSON -> answer(exchange, 200, "application/json", json);
            case EVENTS -> {
                events(exchange);
                event(exchange.getResponseBody(), "message", null, json);
            }
            case LEGACY -> {
                answer(exchange, 202, null, "");
                if (breaks) stream.close();
                else event(stream, "message", null, json);
            }
        }
    }

    private void result(String method, JsonNode params, ObjectNode reply, HttpExchange exchange) {
        switch (method) {
            case "initialize" -> {
                ObjectNode result = reply.putObject("result").put("protocolVersion", version);
                result.putObject("capabilities").putObject("tools");
                result.putObject("serverInfo").put("name", "scripted").put("version", "1");
                session = "s" + sessions.incrementAndGet();
                if (speech != Speech.LEGACY) exchange.getResponseHeaders().set("Mcp-Session-Id", session);
            }
            case "tools/list" -> reply.putObject("result").set("tools", tools);
            case "tools/call" -> {
                Function<JsonNode, ObjectNode> tool =
                        work.get(params.path("name").asText());
                if (tool == null) reply.putObject("error").put("code", -32602).put("message", "Unknown tool");
                else reply.set("result", tool.apply(params.path("arguments")));
            }
            default -> reply.putObject("error").put("code", -32601).put("message", "Method not found");
        }
    }

    /** Until this server is closed. */
    private static void await() {
        try {
            Thread.sleep(60_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void events(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
    }

    private static void event(OutputStream out, String name, String id, String data) throws IOException {
        String event = (name == null ? "" : "event: " + name + "\n") + (id == null ? "" : "id: " + id + "\n") + "data: "
                + data + "\n\n";
        synchronized (out) {
            out.write(event.getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
    }

    private static void answer(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (type != null) exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        if (bytes.length > 0) exchange.getResponseBody().write(bytes);
    }
}
