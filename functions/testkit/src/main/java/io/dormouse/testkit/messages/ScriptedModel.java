package io.dormouse.testkit.messages;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * A Messages API server on a free loopback port, one virtual thread for each connection, whose every answer is a {@link Script}.
 * Raw sockets, because only they can be cut anywhere; they also cost less than the JDK's server.
 */
public final class ScriptedModel implements AutoCloseable {
    private static final int BACKLOG = 4_096;

    private final ServerSocket server;
    private final Function<Request, Script> scripts;
    private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final AtomicLong requestCount = new AtomicLong();
    private volatile boolean recording = true;
    private volatile String path = "";
    private volatile boolean closed;

    private ScriptedModel(ServerSocket server, Function<Request, Script> scripts) {
        this.server = server;
        this.scripts = scripts;
    }

    /** @param scripts what to do with a request; runs on the connection's thread, for many at once */
    public static ScriptedModel start(Function<Request, Script> scripts) {
        try {
            ServerSocket server = new ServerSocket();
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
            ScriptedModel model = new ScriptedModel(server, scripts);
            Thread.ofVirtual().name("scripted-model").start(model::accept);
            return model;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every request gets its script in turn; one too many is refused with a 400. */
    public static ScriptedModel inTurn(Script... scripts) {
        Queue<Script> left = new ConcurrentLinkedQueue<>(List.of(scripts));
        return start(request -> {
            Script next = left.poll();
            return next != null ? next : Script.error(400, "invalid_request_error", "the script has no more replies");
        });
    }

    /** For example {@code http://127.0.0.1:40123}, without a path unless it serves {@link #below} one. */
    public URI baseUri() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort() + path);
    }

    /** Serves the API below a path, as some providers do. */
    public ScriptedModel below(String path) {
        this.path = path;
        return this;
    }

    /** All requests so far, in the order in which they came in. */
    public List<Request> requests() {
        return List.copyOf(requests);
    }

    /** Keeps no requests from now on: for benchmarks. */
    public ScriptedModel recordNothing() {
        recording = false;
        return this;
    }

    private void accept() {
        long number = 0;
        while (!closed) {
            try {
                Socket socket = server.accept();
                Connection connection = new Connection(++number, socket);
                connections.add(connection);
                threads.add(Thread.ofVirtual().start(() -> serve(connection)));
            } catch (IOException e) {
                if (server.isClosed()) return;
            }
        }
    }

    private void serve(Connection connection) {
        try (connection) {
            boolean alive = !closed;
            while (alive) {
                Request request = connection.read(requestCount.get() + 1);
                alive = request != null && answer(connection, request);
            }
        } catch (IOException e) {
            // The client is gone, which is its right.
        } catch (InterruptedException e) {
            // The server is closed while a script is held.
        } finally {
            connections.remove(connection);
            threads.remove(Thread.currentThread());
        }
    }

    /** @return whether the connection can be used again */
    private boolean answer(Connection connection, Request request) throws IOException, InterruptedException {
        requestCount.incrementAndGet();
        if (recording) requests.add(request);
        return scriptOf(request).play(connection, request);
    }

    private Script scriptOf(Request request) {
        if (!request.target().equals(path + "/v1/messages")) {
            return Script.error(404, "not_found_error", "no such path: " + request.target());
        }
        try {
            return scripts.apply(request);
        } catch (RuntimeException | AssertionError e) {
            // Told to the client, so that the test that fails shows it.
            return Script.error(400, "invalid_request_error", "the script failed: " + e);
        }
    }

    /** Cuts whatever is open, also what is held at a gate. */
    @Override
    public void close() {
        closed = true;
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.forEach(Thread::interrupt);
        connections.forEach(Connection::close);
    }
}
