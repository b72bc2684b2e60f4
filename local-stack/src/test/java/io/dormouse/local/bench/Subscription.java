package io.dormouse.local.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** An open event stream: {@link #next} steps to the next event, which is then read by name, id and data. For one thread. */
final class Subscription implements AutoCloseable {
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private final Connection connection;
    private byte[] line = new byte[1024];
    private int length;
    private int left;
    private boolean first = true;
    private String name = "";
    private String id;
    private String data = "";

    /** @param lastId comes back behind this event; null to begin with what comes next */
    Subscription(int port, String path, String lastId) throws IOException {
        connection = new Connection(port);
        String resume = lastId == null ? "" : "last-event-id: " + lastId + "\r\n";
        connection.send(("GET " + path + " HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: " + SuiteProcess.KEY + "\r\n"
                        + resume + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        connection.skipHead();
    }

    Connection connection() {
        return connection;
    }

    /** Waits for the next event. */
    void next() throws IOException {
        id = null;
        while (true) {
            readLine();
            if (length == 0) return;
            int colon = 0;
            while (colon < length && line[colon] != ':') colon++;
            switch (line[0]) {
                case 'e' -> name = text(colon + 2);
                case 'i' -> id = text(colon + 2);
                case 'd' -> data = text(colon + 2);
                default -> throw new IOException("not an event: " + text(0));
            }
        }
    }

    /** Waits for an event of this name. A stream that lives on pings alone is given up, as an error. */
    void await(String wanted) throws IOException {
        long begun = System.nanoTime();
        do {
            if (System.nanoTime() - begun > PATIENCE_NANOS) throw new IOException("no " + wanted + " for a minute");
            next();
        } while (!name.equals(wanted));
    }

    private String text(int from) {
        return new String(line, from, length - from, StandardCharsets.UTF_8);
    }

    private void readLine() throws IOException {
        length = 0;
        for (int c = body(); c != '\n'; c = body()) {
            if (length == line.length) line = Arrays.copyOf(line, 2 * length);
            line[length++] = (byte) c;
        }
    }

    /** The next byte within the chunks. */
    private int body() throws IOException {
        if (left == 0) {
            if (!first && !connection.line().isEmpty()) throw new IOException("a chunk without an end");
            first = false;
            left = Integer.parseInt(connection.line(), 16);
            if (left == 0) throw new IOException("the stream has ended");
        }
        left--;
        return connection.next();
    }

    /** The {@code event:} line of the last event. */
    String name() {
        return name;
    }

    /** The {@code id:} line of the last event; null when it had none. */
    String id() {
        return id;
    }

    String data() {
        return data;
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
