package io.dormouse.proxy.http;

import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.Outbound.Header;
import io.dormouse.outbound.Refusal;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;

/** A connection for one request and its answer. */
public final class Connection implements AutoCloseable {
    private static final int BUFFER = 16_384;

    private final Limits limits;
    private final HttpUrl url;
    private final Socket raw;
    private final Watch watch;
    private Socket socket;
    /** What went wrong in reading the request's body, on whatever thread. */
    private volatile Failure spoiled;

    private Connection(Limits limits, HttpUrl url, Socket raw, ScheduledExecutorService timer, Runnable late) {
        this.limits = limits;
        this.url = url;
        this.raw = raw;
        this.watch = new Watch(timer, limits.idle(), limits.total(), () -> {
            Dialer.close(raw);
            late.run();
        });
    }

    static Connection open(
            Dialer dialer, HttpUrl url, Socket raw, Limits limits, ScheduledExecutorService timer, Runnable late)
            throws Failure {
        Connection connection = new Connection(limits, url, raw, timer, late);
        connection.watch.phase(limits.connect());
        try {
            connection.socket = url.secure() ? dialer.secure(raw, url) : raw;
            return connection;
        } catch (IOException e) {
            connection.close();
            if (connection.watch.expired()) throw new Failure(Refusal.TIMEOUT, "TLS did not begin in time");
            throw new Failure(
                    Refusal.TLS_FAILED,
                    "no TLS with " + url.authority() + ", or no certificate of its that is trusted");
        }
    }

    /**
     * Sends the request and waits for the head of the answer.
     *
     * @param headers without those that frame the message
     * @param length of the body, or -1
     */
    public Answer exchange(String method, List<Header> headers, InputStream body, long length) throws Failure {
        try {
            OutputStream out = socket.getOutputStream();
            out.write(head(method, headers, length));
            out.flush();
            if (length == 0) watch.phase(limits.head());
            else {
                watch.phase(limits.total());
                Thread.ofVirtual().name("upload").start(() -> upload(out, body, length));
            }
        } catch (IOException e) {
            // Who answers before he has read all may close his end; what he said is still to be read.
            watch.phase(limits.head());
        }
        try {
            InputStream in = new BufferedInputStream(socket.getInputStream(), BUFFER);
            AnswerHead head = AnswerHead.read(in, method.equals("HEAD"), limits);
            if (spoiled != null) throw spoiled;
            watch.open();
            return new Answer(head.status(), head.headers(), new Body(new Framed(in, head.length())));
        } catch (IOException e) {
            close();
            throw failure(e);
        }
    }

    private byte[] head(String method, List<Header> headers, long length) {
        StringBuilder head = new StringBuilder(512);
        head.append(method)
                .append(' ')
                .append(url.target())
                .append(" HTTP/1.1\r\nHost: ")
                .append(url.authority());
        for (Header header : headers)
            head.append("\r\n").append(header.name()).append(": ").append(header.value());
        if (length < 0) head.append("\r\nTransfer-Encoding: chunked");
        else if (length > 0 || method.equals("POST") || method.equals("PUT") || method.equals("PATCH"))
            head.append("\r\nContent-Length: ").append(length);
        return head.append("\r\nConnection: close\r\n\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private void upload(OutputStream out, InputStream body, long length) {
        byte[] buffer = new byte[BUFFER];
        long sent = 0;
        while (true) {
            int count;
            try {
                count = body.read(buffer);
            } catch (IOException e) {
                spoil(e instanceof Failure f ? f : new Failure(Refusal.REQUEST_INVALID, "the body breaks off"));
                return;
            }
            sent += Math.max(count, 0);
            if (count < 0 && length >= 0 && sent < length || length >= 0 && sent > length) {
                spoil(new Failure(Refusal.REQUEST_INVALID, "the body is not as long as it was said to be"));
                return;
            }
            if (sent > limits.requestBytes()) {
                spoil(new Failure(Refusal.REQUEST_INVALID, "the body is too large"));
                return;
            }
            try {
                if (length < 0) out.write(chunk(buffer, Math.max(count, 0)));
                else if (count > 0) out.write(buffer, 0, count);
                if (count < 0) out.flush();
            } catch (IOException e) {
                // See above: the answer decides.
                count = -1;
            }
            if (count < 0) {
                watch.phase(limits.head());
                return;
            }
            watch.moved();
        }
    }

    /** A chunk in one piece; the last one for no bytes. */
    private static byte[] chunk(byte[] bytes, int count) {
        ByteArrayOutputStream chunk = new ByteArrayOutputStream(count + 16);
        chunk.writeBytes((Integer.toHexString(count) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        chunk.write(bytes, 0, count);
        chunk.writeBytes(new byte[] {'\r', '\n'});
        return chunk.toByteArray();
    }

    /** With a reset, so that the host does not take what it got for the whole. */
    private void spoil(Failure why) {
        spoiled = why;
        try {
            raw.setSoLinger(true, 0);
        } catch (IOException e) {
            // Closed already.
        }
        Dialer.close(raw);
    }

    private Failure failure(IOException e) {
        if (spoiled != null) return spoiled;
        if (watch.expired()) return new Failure(Refusal.TIMEOUT, url.authority() + " did not answer in time");
        return e instanceof Failure f ? f : AnswerHead.invalid("breaks off");
    }

    @Override
    public void close() {
        watch.done();
        Dialer.close(raw);
    }

    /** The answer's body, counted and watched. */
    private final class Body extends InputStream {
        private final InputStream in;
        private long bytes;

        Body(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            try {
                int count = in.read(buffer, offset, length);
                if (spoiled != null) throw spoiled;
                watch.moved();
                bytes += Math.max(count, 0);
                if (bytes > limits.answerBytes()) throw AnswerHead.invalid("is too large");
                if (count < 0) Connection.this.close();
                return count;
            } catch (IOException e) {
                Connection.this.close();
                throw failure(e);
            }
        }

        @Override
        public void close() {
            Connection.this.close();
        }
    }
}
