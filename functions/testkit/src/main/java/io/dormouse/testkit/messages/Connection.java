package io.dormouse.testkit.messages;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** One HTTP/1.1 connection: as much of the protocol as clients of the Messages API use. */
final class Connection implements AutoCloseable {
    private static final int MAX_BODY_BYTES = 64_000_000;
    private static final int PATIENCE_MILLIS = 120_000;

    private final long number;
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    Connection(long number, Socket socket) throws IOException {
        this.number = number;
        this.socket = socket;
        // Deltas are small and must not wait for the acknowledgement of the one before.
        socket.setTcpNoDelay(true);
        this.in = new BufferedInputStream(socket.getInputStream(), 8_192);
        this.out = socket.getOutputStream();
    }

    long number() {
        return number;
    }

    /** @return null at the end of the connection */
    Request read(long requestNumber) throws IOException {
        String first = line();
        if (first == null) return null;
        String[] parts = first.split(" ");
        Map<String, String> headers = new TreeMap<>();
        for (String line = line(); line != null && !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            if (colon < 0) throw new IOException("a header without a colon");
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        if (length > MAX_BODY_BYTES || headers.containsKey("transfer-encoding") || parts.length != 3) {
            throw new IOException("a request that this server does not take");
        }
        byte[] body = in.readNBytes(length);
        return body.length < length ? null : new Request(requestNumber, this, parts[1], headers, body);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder(64);
        for (int c = in.read(); c >= 0; c = in.read()) {
            if (c == '\n') return line.toString();
            if (c != '\r') line.append((char) c);
        }
        return null;
    }

    void head(int status, Map<String, String> headers) throws IOException {
        StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Scripted\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    }

    void write(byte[] bytes) throws IOException {
        out.write(bytes);
    }

    void chunk(byte[] bytes, int from, int to) throws IOException {
        byte[] size = (Integer.toHexString(to - from) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        byte[] chunk = new byte[size.length + to - from + 2];
        System.arraycopy(size, 0, chunk, 0, size.length);
        System.arraycopy(bytes, from, chunk, size.length, to - from);
        chunk[chunk.length - 2] = '\r';
        chunk[chunk.length - 1] = '\n';
        out.write(chunk);
    }

    void lastChunk() throws IOException {
        out.write("0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
    }

    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    void awaitEndOfInput() {
        try {
            socket.setSoTimeout(PATIENCE_MILLIS);
            if (in.read() >= 0) throw new AssertionError("the client sent more");
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the client kept its connection for " + PATIENCE_MILLIS + " ms", e);
        } catch (IOException e) {
            // A connection that is reset is closed too.
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone either way.
        }
    }
}
