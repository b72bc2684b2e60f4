package io.dormouse.testkit.network;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A TCP proxy that knows nothing of what it carries, and does to each connection what is its fate: it ends at some byte of
 * what the client sends, so that the server has not heard all of a request; or of what the server answers, so that what was
 * done is not told; or falls silent there, and lets the client wait; or every piece is late.
 */
public final class BadNetwork implements AutoCloseable {
    private static final int BUFFER_BYTES = 16 * 1024;

    /** Of 100 connections. */
    private static final int CUT_REQUEST = 12;

    private static final int CUT_ANSWER = CUT_REQUEST + 12;
    private static final int SILENT = CUT_ANSWER + 1;
    private static final int LATE = SILENT + 15;

    /** Some dozens of requests of the table, and few enough that no connection with such a fate gets old. */
    private static final int LATEST_BYTE = 24_000;

    /** What becomes of a connection. */
    public sealed interface Fate {
        record Whole() implements Fate {}

        /** @param after so many bytes to the server */
        record CutRequest(int after, boolean reset) implements Fate {}

        /** @param after so many bytes to the client; the server has done what it was asked */
        record CutAnswer(int after, boolean reset) implements Fate {}

        /** @param after so many bytes to the client, which is told nothing more */
        record Silent(int after) implements Fate {}

        /** @param most of every piece, either way */
        record Late(Duration most) implements Fate {}
    }

    private final ServerSocket server;
    private final InetSocketAddress behind;
    private final Supplier<Fate> fates;
    private final Random random;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger harmed = new AtomicInteger();

    private BadNetwork(URI behind, Random random, Supplier<Fate> fates) {
        this.behind = new InetSocketAddress(behind.getHost(), behind.getPort());
        this.random = random;
        this.fates = fates;
        try {
            server = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("bad-network").start(this::accept);
    }

    /** @param seed which fates there are, and in which order they come */
    public static BadNetwork before(URI server, long seed) {
        Random random = new Random(seed);
        return new BadNetwork(server, random, () -> any(random));
    }

    /** @param fates asked once for each connection */
    public static BadNetwork before(URI server, Supplier<Fate> fates) {
        return new BadNetwork(server, new Random(1), fates);
    }

    public URI address() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort());
    }

    /** Connections that were ended or fell silent so far. */
    public int harmed() {
        return harmed.get();
    }

    private static Fate any(Random random) {
        int dice = random.nextInt(100);
        if (dice < CUT_REQUEST) return new Fate.CutRequest(offset(random), random.nextBoolean());
        if (dice < CUT_ANSWER) return new Fate.CutAnswer(offset(random), random.nextBoolean());
        if (dice < SILENT) return new Fate.Silent(offset(random));
        if (dice < LATE) return new Fate.Late(Duration.ofMillis(5 + random.nextInt(60)));
        return new Fate.Whole();
    }

    /** Early bytes more often: half of the connections with such a fate see one answer or two. */
    private static int offset(Random random) {
        return random.nextInt(random.nextBoolean() ? 1_500 : LATEST_BYTE);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                Fate fate;
                synchronized (random) {
                    fate = fates.get();
                }
                Thread.ofVirtual().start(() -> carry(client, fate));
            } catch (IOException e) {
                if (server.isClosed()) return;
            }
        }
    }

    private void carry(Socket client, Fate fate) {
        open.add(client);
        try (client;
                Socket upstream = new Socket()) {
            open.add(upstream);
            upstream.connect(behind);
            client.setTcpNoDelay(true);
            upstream.setTcpNoDelay(true);
            Thread answers = Thread.ofVirtual().start(() -> {
                pump(upstream, client, fate instanceof Fate.CutRequest ? new Fate.Whole() : fate);
                end(upstream, client, fate);
            });
            pump(client, upstream, fate instanceof Fate.CutRequest ? fate : lateOnly(fate));
            if (!(fate instanceof Fate.Silent)) end(upstream, client, fate);
            answers.join();
            open.remove(upstream);
        } catch (IOException e) {
            // Nobody is there: the client learns it from the connection that is closed.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(client);
        }
    }

    private static Fate lateOnly(Fate fate) {
        return fate instanceof Fate.Late ? fate : new Fate.Whole();
    }

    /** Carries bytes one way, until either side or the fate ends it. */
    private void pump(Socket from, Socket to, Fate fate) {
        byte[] buffer = new byte[BUFFER_BYTES];
        long left =
                switch (fate) {
                    case Fate.CutRequest cut -> cut.after();
                    case Fate.CutAnswer cut -> cut.after();
                    case Fate.Silent silent -> silent.after();
                    case Fate.Late late -> Long.MAX_VALUE;
                    case Fate.Whole whole -> Long.MAX_VALUE;
                };
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (fate instanceof Fate.Late late) pause(late.most());
                out.write(buffer, 0, (int) Math.min(left, read));
                if (read > left) {
                    harmed.incrementAndGet();
                    // What comes behind is read and told to nobody, for as long as the client has patience.
                    if (fate instanceof Fate.Silent) while (in.read(buffer) >= 0) harmed.get();
                    return;
                }
                left -= read;
            }
        } catch (IOException e) {
            // One of the two is gone, and so the other's connection goes, too.
        }
    }

    private void pause(Duration most) {
        int millis;
        synchronized (random) {
            millis = random.nextInt((int) most.toMillis() + 1);
        }
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void end(Socket upstream, Socket client, Fate fate) {
        boolean reset =
                switch (fate) {
                    case Fate.CutRequest cut -> cut.reset();
                    case Fate.CutAnswer cut -> cut.reset();
                    case Fate.Silent silent -> false;
                    case Fate.Late late -> false;
                    case Fate.Whole whole -> false;
                };
        for (Socket socket : new Socket[] {client, upstream})
            try {
                if (reset) socket.setSoLinger(true, 0);
                socket.close();
            } catch (IOException e) {
                // It was closed already.
            }
    }

    @Override
    public void close() {
        try {
            server.close();
            for (Socket socket : open) socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
