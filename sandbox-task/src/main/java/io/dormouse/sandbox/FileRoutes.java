package io.dormouse.sandbox;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import io.dormouse.sandbox.HttpApi.Reply;
import io.dormouse.sandbox.exchange.Outputs;
import io.dormouse.sandbox.exchange.Uploads;
import io.dormouse.sandbox.exchange.Workspace;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The part of the HTTP interface that streams: files in and out. Paths are in the query, percent-encoded. */
final class FileRoutes {
    private static final long MOST_DRAINED = 256L << 20;

    private final Optional<Uploads> uploads;
    private final Outputs outputs;
    private final Workspace workspace;

    /** @param uploads empty when this hand has no folder for them */
    FileRoutes(Optional<Uploads> uploads, Outputs outputs, Workspace workspace) {
        this.uploads = uploads;
        this.outputs = outputs;
        this.workspace = workspace;
    }

    /** Whether the request is one of these. */
    static boolean match(String path) {
        return switch (path) {
            case "/v1/uploads", "/v1/outputs", "/v1/outputs/content", "/v1/workspace" -> true;
            default -> false;
        };
    }

    /** The reply, or nothing when the answer was streamed. */
    Optional<Reply> answer(HttpExchange exchange) throws IOException {
        Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
        String route =
                exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
        return switch (route) {
            case "GET /v1/uploads" ->
                Optional.of(uploads.map(FileRoutes::placed).orElseGet(FileRoutes::none));
            case "PUT /v1/uploads" -> Optional.of(uploads.isEmpty() ? none() : place(uploads.get(), query, exchange));
            case "DELETE /v1/uploads" -> {
                if (uploads.isPresent()) {
                    uploads.get().remove(query.getOrDefault("path", ""));
                }
                yield Optional.of(Reply.ok(Json.MAPPER.createObjectNode()));
            }
            case "GET /v1/outputs" -> Optional.of(listed(outputs.list()));
            case "GET /v1/outputs/content" -> content(query, exchange);
            case "GET /v1/workspace" -> save(exchange);
            case "PUT /v1/workspace" -> Optional.of(restore(query.getOrDefault("sha256", ""), exchange));
            default -> Optional.of(Reply.error(404, "not found"));
        };
    }

    private static Reply none() {
        return Reply.error(409, "this hand has no folder for uploads");
    }

    private static Reply placed(Uploads uploads) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        ArrayNode files = body.putArray("files");
        uploads.placed()
                .forEach((path, sha256) -> files.addObject().put("path", path).put("sha256", sha256));
        return Reply.ok(body);
    }

    private static Reply place(Uploads uploads, Map<String, String> query, HttpExchange exchange) throws IOException {
        long size = number(exchange.getRequestHeaders().getFirst("Content-Length"));
        return switch (uploads.place(
                query.getOrDefault("path", ""), query.getOrDefault("sha256", ""), size, exchange.getRequestBody())) {
            case Uploads.Placed.Done() -> Reply.ok(Json.MAPPER.createObjectNode());
            case Uploads.Placed.Refused(int status, String why) -> refused(status, why, exchange);
        };
    }

    private static Reply refused(int status, String why, HttpExchange exchange) {
        if (!drained(exchange.getRequestBody())) {
            exchange.getResponseHeaders().set("Connection", "close");
        }
        return Reply.error(status, why);
    }

    /** An answer to a client that still writes is lost with the connection: what is not too much is read first. */
    private static boolean drained(InputStream body) {
        byte[] waste = new byte[65_536];
        try {
            for (long left = MOST_DRAINED; left > 0; ) {
                int read = body.read(waste);
                if (read < 0) {
                    return true;
                }
                left -= read;
            }
        } catch (IOException over) {
            // it was read and closed, or its sender is gone
        }
        return false;
    }

    private static Reply listed(Outputs.Listing listing) {
        ObjectNode body = Json.MAPPER.createObjectNode().put("complete", listing.complete());
        ArrayNode files = body.putArray("files");
        for (Outputs.Output each : listing.files()) {
            files.addObject().put("path", each.path()).put("size", each.size()).put("state", each.state());
        }
        return Reply.ok(body);
    }

    /** What cannot be read to the length that was asked for is broken off. */
    private Optional<Reply> content(Map<String, String> query, HttpExchange exchange) throws IOException {
        String path = query.getOrDefault("path", "");
        long size = number(query.get("size"));
        if (!Outputs.isPath(path) || size < 0) {
            return Optional.of(Reply.error(400, "a path below the outputs and a size are required"));
        }
        exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
        exchange.sendResponseHeaders(200, size == 0 ? -1 : size);
        try (OutputStream to = exchange.getResponseBody()) {
            outputs.copy(path, size, to);
        }
        return Optional.empty();
    }

    /** An archive that breaks off lacks its last bytes. */
    private Optional<Reply> save(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream to = exchange.getResponseBody()) {
            workspace.save(to);
        }
        return Optional.empty();
    }

    private Reply restore(String sha256, HttpExchange exchange) throws IOException {
        return switch (workspace.restore(sha256, exchange.getRequestBody())) {
            case Workspace.Restored.Done(String problem) ->
                Reply.ok(Json.MAPPER.createObjectNode().put("problem", problem));
            case Workspace.Restored.Refused(int status, String why) -> refused(status, why, exchange);
        };
    }

    private static long number(String text) {
        try {
            return text == null ? -1 : Long.parseLong(text.strip());
        } catch (NumberFormatException bad) {
            return -1;
        }
    }

    private static Map<String, String> query(String raw) {
        Map<String, String> query = new HashMap<>();
        for (String each : raw == null ? new String[0] : raw.split("&")) {
            int equals = each.indexOf('=');
            if (equals > 0) {
                query.put(
                        each.substring(0, equals),
                        URLDecoder.decode(each.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        return query;
    }
}
