package io.dormouse.proxy;

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
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLServerSocketFactory;

/** A host that answers as a test says, byte by byte if need be. */
final class Upstream implements AutoCloseable {
    /** Gets the head of a request, and may read its body. */
    interface Script {
        void answer(String head, InputStream in, OutputStream out) throws IOException;
    }

    private final ServerSocket server;
    private final Script script;
    /** Of all requests so far. */
    final List<String> heads = new CopyOnWriteArrayList<>();

    private Upstream(ServerSocket server, Script script) {
        this.server = server;
        this.script = script;
        Thread.ofVirtual().start(this::accept);
    }

    static Upstream plain(Script script) throws IOException {
        return new Upstream(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), script);
    }

    static Upstream tls(SSLServerSocketFactory sockets, Script script) throws IOException {
        return new Upstream(sockets.createServerSocket(0, 50, InetAddress.getLoopbackAddress()), script);
    }

    /** Answers all with this and closes. */
    static Upstream saying(String answer) throws IOException {
        return plain((head, in, out) -> out.write(bytes(answer)));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    int port() {
        return server.getLocalPort();
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
            InputStream in = new BufferedInputStream(socket.getInputStream());
            String head = head(in);
            heads.add(head);
            OutputStream out = socket.getOutputStream();
            script.answer(head, in, out);
            out.flush();
            // A close with bytes unread would be a reset, which may overtake the answer.
            socket.shutdownOutput();
            in.skipNBytes(Long.MAX_VALUE);
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

    @Override
    public void close() throws IOException {
        server.close();
    }
}
