package io.dormouse.sandbox.egress;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** The other end of one lane, in a test's hands. */
final class Holder implements AutoCloseable {
    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;

    private Holder(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(socket.getInputStream());
        this.out = new DataOutputStream(socket.getOutputStream());
        socket.setSoTimeout(60_000);
    }

    static Holder dial(int port, long epoch, String secret) throws IOException {
        Holder holder = new Holder(new Socket(InetAddress.getLoopbackAddress(), port));
        holder.out.write(("dormouse-lane 1 " + epoch + " " + secret + "\n").getBytes(StandardCharsets.US_ASCII));
        return holder;
    }

    /** Whether the other side let it in. */
    boolean admitted() throws IOException {
        return new String(in.readNBytes(3), StandardCharsets.US_ASCII).equals("ok\n");
    }

    /** The next frame: its kind and its text; {@code -} at the end. */
    String next() throws IOException {
        try {
            Frame frame = Frame.read(in);
            return (char) frame.kind() + new String(frame.content(), StandardCharsets.UTF_8);
        } catch (java.io.EOFException | java.net.SocketException ended) {
            return "-";
        }
    }

    Holder send(byte kind, String text) throws IOException {
        byte[] content = text.getBytes(StandardCharsets.UTF_8);
        Frame.write(out, kind, content, content.length);
        return this;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
