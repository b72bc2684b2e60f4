package io.dormouse.sandbox.egress;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/** Where the programs of the rooms connect. */
final class Proxy implements AutoCloseable {
    private static final int MOST_AT_ONCE = 128;

    private final ServerSocketChannel server;
    private final CompletableFuture<Authority> authority;
    private final Lanes lanes;
    private final Semaphore room = new Semaphore(MOST_AT_ONCE);

    private Proxy(ServerSocketChannel server, CompletableFuture<Authority> authority, Lanes lanes) {
        this.server = server;
        this.authority = authority;
        this.lanes = lanes;
        Thread.ofVirtual().name("proxy").start(this::listen);
    }

    /** On a socket file that any user may connect to who can reach it. */
    static Proxy at(Path socket, CompletableFuture<Authority> authority, Lanes lanes) throws IOException {
        Files.deleteIfExists(socket);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket), 256);
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
        return new Proxy(server, authority, lanes);
    }

    /** On a free port of the loopback address, where rooms have no network of their own. */
    static Proxy onLoopback(CompletableFuture<Authority> authority, Lanes lanes) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
        return new Proxy(server, authority, lanes);
    }

    /** The port, or 0 on a socket file. */
    int port() throws IOException {
        return server.getLocalAddress() instanceof InetSocketAddress address ? address.getPort() : 0;
    }

    private void listen() {
        while (server.isOpen()) {
            try {
                SocketChannel channel = server.accept();
                // Who opens more waits here, and in the backlog behind.
                room.acquire();
                Thread.ofVirtual().name("proxied").start(() -> {
                    try (channel) {
                        new ProxyConnection(channel, authority, lanes).serve();
                    } catch (IOException | RuntimeException broken) {
                        // A client that went away, or does not speak HTTP: nobody to tell.
                    } finally {
                        room.release();
                    }
                });
            } catch (IOException closed) {
                // or a client that was gone before it was accepted
            } catch (InterruptedException stopped) {
                return;
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
