package io.dormouse.hands.egress;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Refusal;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * One connection to a supervisor, for one request at a time. A frame is a kind, a length in four bytes and so many bytes:
 * {@code Q} a request, {@code A} its answer or {@code X} its refusal (JSON), {@code D} data, {@code E} the end of a body,
 * {@code B} an end that comes too soon. Holds a frame each way; who does not read makes the other side wait.
 */
final class Lane implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("io.dormouse.hands.egress");
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final int GREETING_MILLIS = 10_000;
    private static final int MOST_DATA_BYTES = 64 * 1024;
    private static final int LONGEST_BYTES = 512 * 1024;

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;
    private volatile LaneBody body;
    private volatile Thread working;

    private Lane(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), MOST_DATA_BYTES + 1024));
        this.out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), MOST_DATA_BYTES + 1024));
    }

    static Lane dial(Door door, long epoch) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setKeepAlive(true);
            socket.connect(door.address(), (int) CONNECT.toMillis());
            socket.setSoTimeout(GREETING_MILLIS);
            Lane lane = new Lane(socket);
            lane.out.write(
                    ("dormouse-lane 1 " + epoch + " " + door.secret() + "\n").getBytes(StandardCharsets.US_ASCII));
            lane.out.flush();
            if (!new String(lane.in.readNBytes(3), StandardCharsets.US_ASCII).equals("ok\n"))
                throw new IOException("not let in");
            socket.setSoTimeout(0);
            return lane;
        } catch (IOException failed) {
            socket.close();
            throw failed;
        }
    }

    /** Serves request after request until the connection ends; then cuts what is under way. */
    void serve(Function<Outbound.Request, Outbound.Response> way, Runnable begins, Runnable ends) throws IOException {
        try {
            while (true) {
                byte kind = in.readByte();
                byte[] content = content(kind);
                switch (kind) {
                    case 'Q' -> {
                        JsonNode head = Json.parse(new String(content, StandardCharsets.UTF_8));
                        LaneBody fresh = new LaneBody();
                        body = fresh;
                        begins.run();
                        working = Thread.ofVirtual().name("egress").start(() -> {
                            try {
                                work(way, head, fresh);
                            } finally {
                                fresh.close();
                                ends.run();
                            }
                        });
                    }
                    case 'D' -> body().put(content);
                    case 'E' -> body().end();
                    case 'B' -> body().broken();
                    default -> throw new IOException("a frame of an unknown kind");
                }
            }
        } finally {
            close();
        }
    }

    private byte[] content(byte kind) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > (kind == 'D' ? MOST_DATA_BYTES : LONGEST_BYTES))
            throw new IOException("a frame of " + length + " bytes");
        return in.readNBytes(length);
    }

    private LaneBody body() throws IOException {
        if (body == null) throw new IOException("a body without a request");
        return body;
    }

    private void work(Function<Outbound.Request, Outbound.Response> way, JsonNode head, LaneBody body) {
        try {
            switch (answer(way, head, body)) {
                case Outbound.Response.Answered answered -> stream(answered);
                case Outbound.Response.Refused refused -> {
                    ObjectNode why = Json.object()
                            .put("status", Refusal.status(refused.reason()))
                            .put("reason", refused.reason())
                            .put("message", refused.message());
                    send('X', why.toString().getBytes(StandardCharsets.UTF_8));
                }
            }
        } catch (IOException | RuntimeException broken) {
            // The connection, or what came from the world in mid-answer: the program sees its connection break.
            close();
        }
    }

    private static Outbound.Response answer(
            Function<Outbound.Request, Outbound.Response> way, JsonNode head, LaneBody body) {
        try {
            List<Outbound.Header> headers = new ArrayList<>();
            for (JsonNode each : head.path("headers"))
                headers.add(
                        new Outbound.Header(each.path(0).asText(), each.path(1).asText()));
            long length = head.path("length").asLong();
            InputStream content = length == 0 ? InputStream.nullInputStream() : body;
            return way.apply(new Outbound.Request(
                    head.path("method").asText(), head.path("url").asText(), List.copyOf(headers), content, length));
        } catch (RuntimeException broken) {
            LOG.log(System.Logger.Level.WARNING, "a request of a sandbox failed", broken);
            return new Outbound.Response.Refused("outbound_failed", "the request could not be sent");
        }
    }

    private void stream(Outbound.Response.Answered answered) throws IOException {
        try (InputStream content = answered.body()) {
            ObjectNode head = Json.object().put("status", answered.status());
            ArrayNode headers = head.putArray("headers");
            for (Outbound.Header header : answered.headers())
                headers.addArray().add(header.name()).add(header.value());
            send('A', head.toString().getBytes(StandardCharsets.UTF_8));
            byte[] buffer = new byte[MOST_DATA_BYTES];
            for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) send('D', buffer, count);
            send('E', buffer, 0);
        }
    }

    private void send(char kind, byte[] content) throws IOException {
        send(kind, content, content.length);
    }

    /** By the one request that this lane has. */
    private void send(char kind, byte[] content, int length) throws IOException {
        out.writeByte(kind);
        out.writeInt(length);
        out.write(content, 0, length);
        out.flush();
    }

    /** Cuts what is under way: whatever it waits for, nobody waits for it. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException closing) {
            // it is gone either way
        }
        LaneBody arriving = body;
        if (arriving != null) arriving.broken();
        Thread cut = working;
        if (cut != null) cut.interrupt();
    }
}
