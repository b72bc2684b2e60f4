package io.dormouse.local.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Serves requests without bodies over connections that are kept alive, with as little work as HTTP allows. */
final class TinyServer implements AutoCloseable {
    interface Handler {
        /** Writes head and body, with the body's length. */
        void answer(String path, OutputStream out) throws IOException;
    }

    private final ServerSocket server;
    private final Handler handler;

    TinyServer(Handler handler) throws IOException {
        this.handler = handler;
        server = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    Socket socket = server.accept();
                    Thread.ofVirtual().start(() -> serve(socket));
                }
            } catch (IOException e) {
                // Closed.
            }
        });
    }

    int port() {
        return server.getLocalPort();
    }

    static byte[] head(long length) {
        return ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + length + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private void serve(Socket accepted) {
        try (Socket socket = accepted;
                Connection in = new Connection(socket)) {
            OutputStream out = new BufferedOutputStream(socket.getOutputStream(), 16_384);
            while (true) {
                String request = in.line();
                boolean last = request.endsWith("HTTP/1.0");
                for (String line = in.line(); !line.isEmpty(); line = in.line())
                    last |= line.equalsIgnoreCase("connection: close");
                handler.answer(request.split(" ")[1], out);
                out.flush();
                if (last) return;
            }
        } catch (IOException e) {
            // The other end has had enough.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
