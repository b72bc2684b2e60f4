package io.dormouse.local.e2e;

import io.dormouse.local.e2e.Upstream.Heard;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Hands requests on to a server of this machine, and its answer back. {@code /token} is a token endpoint of its own. */
final class Relay implements Upstream.Script {
    private final int port;
    /** What {@code /token} answers. */
    private volatile String token = "";

    Relay(int port) {
        this.port = port;
    }

    @Override
    public void answer(Heard heard, OutputStream out) throws IOException {
        if (heard.target().equals("/token")) {
            Upstream.ok(
                    out,
                    "Content-Type: application/json\r\n",
                    "{\"access_token\":\"" + token + "\",\"token_type\":\"bearer\",\"expires_in\":3600}");
            return;
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(heard.head().getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().write(heard.body());
            socket.getOutputStream().flush();
            socket.getInputStream().transferTo(out);
        }
    }

    void token(String next) {
        token = next;
    }
}
