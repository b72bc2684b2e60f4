package io.dormouse.mcp.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Outbound.Header;
import io.dormouse.outbound.Outbound.Response.Answered;
import io.dormouse.prompt.SseParser;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Requests to a server, and its answers, through the only way out. */
final class Wire {
    /** Of one message. */
    static final int MAX_BYTES = 16 * 1024 * 1024;

    private static final int MAX_ERROR_BYTES = 65_536;

    private final Outbound outbound;

    Wire(Outbound outbound) {
        this.outbound = outbound;
    }

    /** An answer whose body is held by the errand until it is closed. */
    record Reply(int status, List<Header> headers, InputStream body, Errand errand) implements AutoCloseable {
        /** Empty when there is none. */
        String header(String name) {
            for (Header header : headers) if (header.name().equalsIgnoreCase(name)) return header.value();
            return "";
        }

        boolean is(String mediaType) {
            return header("content-type").toLowerCase(Locale.ROOT).strip().startsWith(mediaType);
        }

        @Override
        public void close() {
            errand.lets(body);
            Errand.close(body);
        }
    }

    /** @param body null for none */
    Reply send(Errand errand, String method, String url, List<Header> headers, byte[] body) {
        List<Header> all = new ArrayList<>(headers);
        if (body != null) all.add(new Header("Content-Type", "application/json"));
        byte[] bytes = body == null ? new byte[0] : body;
        Outbound.Request request =
                new Outbound.Request(method, url, all, new ByteArrayInputStream(bytes), bytes.length);
        return switch (outbound.send(errand.caller(), request)) {
            case Answered a -> new Reply(a.status(), a.headers(), errand.holds(a.body()), errand);
            case Outbound.Response.Refused r -> throw Fault.refused(r.reason(), r.message());
        };
    }

    /** Throws what a status of 300 and more means. */
    static void check(Reply reply) {
        if (reply.status() < 300) return;
        String said = "";
        try {
            byte[] bytes = reply.body().readNBytes(MAX_ERROR_BYTES);
            JsonNode error = Json.MAPPER.readTree(bytes).path("error");
            said = error.isTextual() ? error.asText() : error.path("message").asText();
        } catch (IOException e) {
            // The status says enough.
        }
        throw Fault.status(reply.status(), said);
    }

    static String text(Reply reply) {
        try {
            byte[] bytes = reply.body().readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) throw Fault.connection("The answer is larger than " + MAX_BYTES + " bytes.");
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw Fault.connection("The connection broke: " + e.getMessage());
        }
    }

    /** One stream of events as far as it was read. */
    static class Events {
        private final SseParser parser;

        Events(BiConsumer<String, String> sink) {
            parser = new SseParser(
                    MAX_BYTES,
                    (name, buffer, from, to) ->
                            sink.accept(name, new String(buffer, from, to - from, StandardCharsets.UTF_8)));
        }

        /** Reads on until the stream ends, or breaks, or is found to be enough. */
        void read(Reply reply, java.util.function.BooleanSupplier enough) {
            byte[] chunk = new byte[8_192];
            try {
                while (!enough.getAsBoolean()) {
                    int length = reply.body().read(chunk);
                    if (length < 0) return;
                    if (!parser.feed(chunk, 0, length))
                        throw Fault.connection("An event is larger than " + MAX_BYTES + " bytes.");
                }
            } catch (IOException e) {
                // As if it had ended: whoever misses something asks for the rest.
            }
        }

        String lastId() {
            return parser.lastId();
        }

        long retryMillis() {
            return parser.retryMillis();
        }
    }

    /** The messages in a text: one, or, as an older version of the protocol allows, a list. */
    static void messages(String json, Consumer<JSONRPCMessage> sink) {
        try {
            JsonNode node = Json.MAPPER.readTree(json);
            if (!node.isArray()) {
                sink.accept(McpSchema.deserializeJsonRpcMessage(Mapper.INSTANCE, json));
                return;
            }
            for (JsonNode each : node)
                sink.accept(McpSchema.deserializeJsonRpcMessage(Mapper.INSTANCE, Json.text(each)));
        } catch (IOException | IllegalArgumentException e) {
            throw Fault.connection("The server does not speak the protocol: what it sent is no JSON-RPC message.");
        }
    }
}
