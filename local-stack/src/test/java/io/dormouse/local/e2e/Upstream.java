package io.dormouse.local.e2e;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ServerSocketFactory;

/** A host outside, with one request a connection: it answers byte by byte what a test says, and keeps all that it gets. */
final class Upstream implements AutoCloseable {
    interface Script {
        void answer(Heard heard, OutputStream out) throws IOException;
    }

    /** @param head as it came, with the empty line */
    record Heard(String head, byte[] body) {
        String method() {
            return head.substring(0, head.indexOf(' '));
        }

        /** Path and query. */
        String target() {
            return head.split(" ", 3)[1];
        }

        /** Empty when there is none. */
        String header(String name) {
            for (String line : head.split("\r\n"))
                if (line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                    return line.substring(name.length() + 1).strip();
            return "";
        }
    }

    private final String name;
    private final ServerSocket server;
    private final Script script;
    private final List<Heard> heard = new CopyOnWriteArrayList<>();

    private Upstream(String name, ServerSocket server, Script script) {
        this.name = name;
        this.server = server;
        this.script = script;
        Thread.ofVirtual().start(this::accept);
    }

    static Upstream start(String name, ServerSocketFactory sockets, Script script) throws IOException {
        return new Upstream(name, sockets.createServerSocket(0, 100, InetAddress.getLoopbackAddress()), script);
    }

    /** With the port. */
    String authority() {
        return name + ":" + server.getLocalPort();
    }

    String name() {
        return name;
    }

    List<Heard> heard() {
        return heard;
    }

    /** Those for a path that begins so. */
    List<Heard> heard(String path) {
        return heard.stream().filter(each -> each.target().startsWith(path)).toList();
    }

    static void ok(OutputStream out, String more, String body) throws IOException {
        say(out, "HTTP/1.1 200 OK\r\n" + more + "Content-Length: " + body.length() + "\r\n\r\n" + body);
    }

    static void say(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    private void accept() {
        while (true)
            try {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setSoTimeout((int) Eventually.PATIENCE.toMillis());
            InputStream in = new BufferedInputStream(socket.getInputStream());
            String head = head(in);
            Heard request = new Heard(head, new byte[0]);
            request = new Heard(head, body(request, in));
            heard.add(request);
            script.answer(request, socket.getOutputStream());
        } catch (IOException e) {
            // The test sees what became of it.
        }
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) throw new IOException("no request");
            head.write(b);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    private static byte[] body(Heard request, InputStream in) throws IOException {
        if (!request.header("transfer-encoding").equals("chunked")) {
            String length = request.header("content-length");
            return in.readNBytes(length.isEmpty() ? 0 : Integer.parseInt(length));
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            StringBuilder line = new StringBuilder();
            for (int b = in.read(); b != '\n'; b = in.read()) {
                if (b < 0) throw new IOException("a chunk breaks off");
                if (b != '\r') line.append((char) b);
            }
            int length = Integer.parseInt(line.toString(), 16);
            body.write(in.readNBytes(length));
            in.readNBytes(2);
            if (length == 0) return body.toByteArray();
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
