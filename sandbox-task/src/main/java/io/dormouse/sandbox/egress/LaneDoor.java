package io.dormouse.sandbox.egress;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the holder of the hand opens lanes: {@code dormouse-lane 1 EPOCH SECRET} and a line feed, answered by {@code ok} or
 * the end of the connection.
 */
final class LaneDoor implements AutoCloseable {
    private static final int GREETING_MILLIS = 10_000;
    private static final int MOST_AT_ONCE = 128;
    private static final Pattern GREETING = Pattern.compile("dormouse-lane 1 ([0-9]{1,18}) ([!-~]{1,200})");

    private final ServerSocket server;
    private final Predicate<String> admits;
    private final Lanes lanes;
    private final Semaphore room = new Semaphore(MOST_AT_ONCE);

    /** @param admits whether a secret is the holder's */
    LaneDoor(InetSocketAddress address, Predicate<String> admits, Lanes lanes) throws IOException {
        this.server = new ServerSocket(address.getPort(), 64, address.getAddress());
        this.admits = admits;
        this.lanes = lanes;
        Thread.ofVirtual().name("lane-door").start(this::listen);
    }

    int port() {
        return server.getLocalPort();
    }

    private void listen() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                if (room.tryAcquire()) {
                    Thread.ofVirtual().name("lane").start(() -> admit(socket));
                } else {
                    socket.close();
                }
            } catch (IOException closed) {
                // or a connection that was gone before it was accepted
            }
        }
    }

    private void admit(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            socket.setKeepAlive(true);
            socket.setSoTimeout(GREETING_MILLIS);
            InputStream in = new BufferedInputStream(socket.getInputStream(), Frame.MOST_DATA_BYTES + 1024);
            Matcher greeting = GREETING.matcher(line(in));
            if (!greeting.matches() || !admits.test(greeting.group(2))) {
                return;
            }
            socket.setSoTimeout(0);
            try (Lane lane = new Lane(socket, Long.parseLong(greeting.group(1)))) {
                OutputStream out = socket.getOutputStream();
                out.write("ok\n".getBytes(StandardCharsets.US_ASCII));
                out.flush();
                if (lanes.add(lane)) {
                    lane.pump(new DataInputStream(in));
                    lanes.remove(lane);
                }
            }
        } catch (IOException gone) {
            // it may come again
        } finally {
            room.release();
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0 || line.length() == 300) {
                return "";
            }
            line.append((char) next);
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
