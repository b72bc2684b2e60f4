package io.dormouse.local.lambda;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;

/** One address for several servers: each connection goes to the next of them, and what one of them remembers another does not. */
final class Turns implements Closeable {
    private final ServerSocket door;
    private final List<URI> servers;

    private Turns(ServerSocket door, List<URI> servers) {
        this.door = door;
        this.servers = List.copyOf(servers);
    }

    /** @param port of this machine's own address; 0 for any */
    static Turns before(List<URI> servers, int port) throws IOException {
        Turns turns = new Turns(new ServerSocket(port, 0, InetAddress.getLoopbackAddress()), servers);
        Thread.ofPlatform().daemon().name("turns").start(turns::accept);
        return turns;
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + door.getLocalPort());
    }

    private void accept() {
        for (int turn = 0; !door.isClosed(); turn++) {
            try {
                Socket client = door.accept();
                URI server = servers.get(turn % servers.size());
                Thread.ofVirtual().start(() -> connect(client, server));
            } catch (IOException e) {
                // Closed, or a client that went away again.
            }
        }
    }

    private static void connect(Socket client, URI server) {
        try (client;
                Socket there = new Socket(InetAddress.getLoopbackAddress(), server.getPort())) {
            client.setTcpNoDelay(true);
            there.setTcpNoDelay(true);
            Thread up = Thread.ofVirtual().start(() -> pass(client, there));
            there.getInputStream().transferTo(client.getOutputStream());
            client.close();
            up.join();
        } catch (IOException e) {
            // One of them is gone, and the other one hears it.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A client that goes away takes its connection with it; one that only has said all it has to say does not. */
    private static void pass(Socket client, Socket there) {
        try {
            client.getInputStream().transferTo(there.getOutputStream());
            there.shutdownOutput();
        } catch (IOException e) {
            try {
                there.close();
            } catch (IOException gone) {
                // So it is.
            }
        }
    }

    @Override
    public void close() throws IOException {
        door.close();
    }
}
