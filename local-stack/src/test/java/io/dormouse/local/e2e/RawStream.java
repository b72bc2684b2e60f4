package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** An event stream over a bare socket, byte for byte: it can be cut anywhere. */
final class RawStream implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;
    private final int status;
    private final Map<String, String> headers = new LinkedHashMap<>();
    /** Of the chunk that is being read. */
    private int left;

    private boolean ended;

    /** @param id null when there was no {@code id:} line */
    record Event(String id, String name, String data) {
        JsonNode json() {
            return Json.parse(data);
        }

        String type() {
            return json().path("type").asText();
        }
    }

    private RawStream(Client client, String path, Map<String, String> more) throws IOException {
        socket = new Socket(client.address().getHost(), client.address().getPort());
        socket.setSoTimeout((int) Eventually.PATIENCE.toMillis());
        StringBuilder request =
                new StringBuilder("GET " + path + " HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n");
        request.append("authorization: Bearer ").append(client.key()).append("\r\n");
        more.forEach(
                (name, value) -> request.append(name).append(": ").append(value).append("\r\n"));
        socket.getOutputStream().write(request.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
        in = socket.getInputStream();
        status = Integer.parseInt(line().split(" ")[1]);
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
    }

    static RawStream open(Client client, String session) {
        return open(client, session, "", Map.of());
    }

    /** Returns when the headers are there. @param query with its question mark, or empty */
    static RawStream open(Client client, String session, String query, Map<String, String> headers) {
        try {
            return new RawStream(client, "/v1/sessions/" + session + "/events/stream" + query, headers);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Everything from the beginning of the log on. */
    static RawStream fromTheStart(Client client, String session) {
        return open(client, session, "", Map.of("last-event-id", "0.0"));
    }

    int status() {
        return status;
    }

    String header(String name) {
        return headers.get(name);
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) throw new EOFException("the connection ended");
            if (b != '\r') line.write(b);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    /** The next byte of the body; -1 at its end. */
    int read() {
        try {
            if (ended) return -1;
            if (left == 0) {
                left = Integer.parseInt(line(), 16);
                if (left == 0) {
                    ended = true;
                    return -1;
                }
            }
            int b = in.read();
            if (b < 0) throw new EOFException("the connection ended inside a chunk");
            if (--left == 0) assertThat(line()).isEmpty();
            return b;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next event, pings too; null at the end of the stream. */
    Event next() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int before = 0;
        for (int b = read(); b >= 0; b = read()) {
            bytes.write(b);
            if (b == '\n' && before == '\n')
                return parse(bytes.toString(StandardCharsets.UTF_8)).getFirst();
            before = b;
        }
        return null;
    }

    /** Events until the first of that type, and that one; without pings. */
    List<Event> until(String type) {
        List<Event> events = new ArrayList<>();
        for (Event event = next(); event != null; event = next()) {
            if (event.name().equals("ping")) continue;
            events.add(event);
            if (event.type().equals(type)) return events;
        }
        throw new AssertionError("the stream ended before " + type + ": " + events);
    }

    /** The complete events of a piece of a stream; what comes after the last blank line is none. */
    static List<Event> parse(String text) {
        List<Event> events = new ArrayList<>();
        int end = text.lastIndexOf("\n\n");
        if (end < 0) return events;
        for (String block : text.substring(0, end).split("\n\n")) {
            String id = null;
            String name = null;
            StringBuilder data = new StringBuilder();
            for (String line : block.split("\n")) {
                if (line.startsWith("id: ")) id = line.substring(4);
                else if (line.startsWith("event: ")) name = line.substring(7);
                else if (line.startsWith("data: ")) data.append(line.substring(6));
                else throw new AssertionError("a line that is not understood: " + line);
            }
            events.add(new Event(id, name, data.toString()));
        }
        return events;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
