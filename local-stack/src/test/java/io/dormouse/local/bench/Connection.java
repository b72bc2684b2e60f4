package io.dormouse.local.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * One HTTP/1.1 connection that is kept alive, with as little work as HTTP allows: the load generator shares the processors
 * with what it measures. For one thread.
 */
final class Connection implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final byte[] buffer = new byte[8192];
    private final StringBuilder line = new StringBuilder(64);
    private int position;
    private int limit;
    private long received;
    private long allowance = Long.MAX_VALUE;

    Connection(int port) throws IOException {
        this(new Socket(InetAddress.getLoopbackAddress(), port));
    }

    Connection(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        // Nothing here takes this long: a hang is an error that is counted.
        socket.setSoTimeout(60_000);
        in = socket.getInputStream();
        out = socket.getOutputStream();
    }

    /** What follows the request line, up to and with the empty line. */
    static String headers(String key, int contentLength) {
        return " HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: " + key + "\r\ncontent-type: application/json\r\n"
                + "content-length: " + contentLength + "\r\n\r\n";
    }

    /** Sends a request and does not wait for its answer. */
    void send(String method, String path, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        byte[] head =
                (method + " " + path + headers(SuiteProcess.KEY, bytes.length)).getBytes(StandardCharsets.ISO_8859_1);
        byte[] whole = new byte[head.length + bytes.length];
        System.arraycopy(head, 0, whole, 0, head.length);
        System.arraycopy(bytes, 0, whole, head.length, bytes.length);
        out.write(whole);
    }

    /** Sends bytes as they are. */
    void send(byte[] bytes) throws IOException {
        out.write(bytes);
    }

    /** The body of a 200. @throws IOException for any other answer */
    String body() throws IOException {
        int status = status();
        int length = 0;
        for (String header = line(); !header.isEmpty(); header = line())
            if (header.regionMatches(true, 0, "content-length:", 0, 15))
                length = Integer.parseInt(header.substring(15).strip());
        byte[] body = new byte[length];
        for (int i = 0; i < length; i++) body[i] = (byte) next();
        String text = new String(body, StandardCharsets.UTF_8);
        if (status != 200) throw new IOException("HTTP " + status + ": " + text);
        return text;
    }

    String call(String method, String path, String body) throws IOException {
        send(method, path, body);
        return body();
    }

    /** Passes over the head of a 200. @throws IOException for any other answer */
    void skipHead() throws IOException {
        int status = status();
        for (String header = line(); !header.isEmpty(); header = line()) {}
        if (status != 200) throw new IOException("HTTP " + status);
    }

    private int status() throws IOException {
        return Integer.parseInt(line().substring(9, 12));
    }

    /** A line of ASCII without its end. */
    String line() throws IOException {
        line.setLength(0);
        for (int c = next(); c != '\n'; c = next()) if (c != '\r') line.append((char) c);
        return line.toString();
    }

    /** Passes over the body of a 200 after its head. @return its bytes */
    long skipBody() throws IOException {
        if (status() != 200) throw new IOException("no 200");
        long length = 0;
        for (String header = line(); !header.isEmpty(); header = line())
            if (header.regionMatches(true, 0, "content-length:", 0, 15))
                length = Long.parseLong(header.substring(15).strip());
        long left = length - Math.min(length, limit - position);
        position += (int) (length - left);
        byte[] large = new byte[(int) Math.min(left, 1 << 16)];
        while (left > 0) {
            int count = in.read(large, 0, (int) Math.min(left, large.length));
            if (count < 0) throw new IOException("the connection has ended");
            left -= count;
        }
        return length;
    }

    /** The next byte. @throws IOException at the end */
    int next() throws IOException {
        if (position == limit) {
            limit = in.read(buffer);
            position = 0;
            if (limit < 0) throw new IOException("the connection has ended");
        }
        if (received++ == allowance) {
            close();
            throw new Cut();
        }
        return buffer[position++] & 0xff;
    }

    /** Closes the connection, by a {@link Cut}, after so many more bytes. */
    void cutAfter(long bytes) {
        allowance = received + bytes;
    }

    /** We cut it ourselves. */
    static final class Cut extends IOException {
        private static final long serialVersionUID = 1;

        Cut() {
            super("cut");
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
