package io.dormouse.wake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * As much of the outside as a wake needs, in this process: a table that remembers what is put and nods at updates, a model that
 * says one word, credentials that nobody accepts. One request a connection, so that none is left.
 */
final class Loopback implements AutoCloseable {
    private static final byte[] ADDRESS = {127, 0, 0, 1};
    private static final String CREDENTIALS_URI = "aws.containerCredentialsFullUri";

    private static final String CREDENTIALS = """
            {"AccessKeyId":"priming","SecretAccessKey":"priming","Token":"priming","Expiration":"2100-01-01T00:00:00Z"}""";

    private static final String REPLY = """
            event: message_start
            data: {"type":"message_start","message":{"id":"msg_priming","type":"message","role":"assistant",\
            "model":"priming","content":[],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}}}

            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Good."}}

            event: content_block_stop
            data: {"type":"content_block_stop","index":0}

            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}

            event: message_stop
            data: {"type":"message_stop"}

            """;

    private final ServerSocket server;
    private final NavigableMap<String, JsonNode> items = new ConcurrentSkipListMap<>();

    Loopback() throws IOException {
        this(new ServerSocket(0, 0, InetAddress.getByAddress(ADDRESS)));
    }

    /** @param server is closed with it */
    Loopback(ServerSocket server) {
        this.server = server;
        Thread.ofVirtual().start(this::accept);
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort());
    }

    /** The SDK finds these in the place where Lambda has those of the role. Until this is closed. */
    void giveCredentials() {
        System.setProperty(CREDENTIALS_URI, address() + "/credentials");
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(Socket accepted) {
        try (Socket socket = accepted) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            String path = line(in).split(" ")[1];
            String target = "";
            int length = 0;
            for (String line = line(in); !line.isEmpty(); line = line(in)) {
                int colon = line.indexOf(':');
                String value = line.substring(colon + 1).strip();
                switch (line.substring(0, colon).toLowerCase(java.util.Locale.ROOT)) {
                    case "content-length" -> length = Integer.parseInt(value);
                    case "x-amz-target" -> target = value;
                    default -> {}
                }
            }
            byte[] body = in.readNBytes(length);
            boolean model = path.endsWith("/v1/messages");
            byte[] answer = (model
                            ? REPLY
                            : path.equals("/credentials")
                                    ? CREDENTIALS
                                    : Json.text(answer(target.substring(target.indexOf('.') + 1), body)))
                    .getBytes(StandardCharsets.UTF_8);
            OutputStream out = socket.getOutputStream();
            out.write(("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + answer.length + "\r\nContent-Type: "
                            + (model ? "text/event-stream" : "application/json") + "\r\n\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1));
            out.write(answer);
            out.flush();
        } catch (IOException e) {
            // The other end has had enough.
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) if (c != '\r') line.append((char) c);
        return line.toString();
    }

    private ObjectNode answer(String operation, byte[] request) throws IOException {
        ObjectNode answer = Json.object();
        JsonNode body = request.length == 0 ? answer : Json.MAPPER.readTree(request);
        switch (operation) {
            case "PutItem" -> items.put(key(body.path("Item")), body.path("Item"));
            case "GetItem" -> {
                JsonNode item = items.get(key(body.path("Key")));
                if (item != null) answer.set("Item", item);
            }
            case "Query" -> {
                ArrayNode found = answer.putArray("Items");
                // A part of a log. In other words it is only asked for what is not kept here.
                JsonNode values = body.required("ExpressionAttributeValues");
                if (values.has(":last")) {
                    String log = value(values, ":pk") + "/";
                    found.addAll(items.subMap(log + value(values, ":first"), true, log + value(values, ":last"), true)
                            .values());
                }
            }
            default -> {}
        }
        return answer;
    }

    private static String key(JsonNode item) {
        return value(item, "pk") + "/" + value(item, "sk");
    }

    private static String value(JsonNode attributes, String name) {
        return attributes.required(name).required("S").textValue();
    }

    @Override
    public void close() throws IOException {
        System.clearProperty(CREDENTIALS_URI);
        server.close();
    }
}
