package io.dormouse.hands.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.dormouse.hands.Workspace;
import io.dormouse.id.Sha256;
import io.dormouse.pace.Cancellation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against a server that is slow, or lies. */
class RemoteWorkspaceTest {
    private static final long GIB = 1L << 30;
    /** Of both ends: what sockets, clients and servers hold. */
    private static final long MOST_HELD_BYTES = 32L << 20;

    private HttpServer server;

    @AfterEach
    void close() {
        if (server != null) server.stop(0);
    }

    private Workspace workspace(HttpHandler handler) throws IOException {
        close();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/v1/health", exchange -> answer(exchange, 200, "{\"restored\":\"there\"}"));
        server.createContext("/v1/workspace", handler);
        server.start();
        URI base = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
        return new SupervisorClient().workspace(new Endpoint(base, "s3cret"));
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private byte[] saved(byte[] body) throws Exception {
        try (InputStream in = workspace(exchange -> {
                    exchange.sendResponseHeaders(200, 0);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                })
                .save()) {
            byte[] read = in.readAllBytes();
            assertThat(in.read()).isEqualTo(-1);
            return read;
        }
    }

    @Test
    void an_archive_ends_with_its_hash_or_not_at_all() throws Exception {
        byte[] archive = new byte[100_000];
        Arrays.fill(archive, (byte) 7);
        byte[] hash = Sha256.of(archive);
        byte[] whole = Arrays.copyOf(archive, archive.length + hash.length);
        System.arraycopy(hash, 0, whole, archive.length, hash.length);
        assertThat(saved(whole)).isEqualTo(archive);
        assertThat(saved(Sha256.of(new byte[0]))).isEmpty();
        for (int length : new int[] {0, 1, 31, 32, 50_000, whole.length - 1})
            assertThatThrownBy(() -> saved(Arrays.copyOf(whole, length)))
                    .as("%s bytes", length)
                    .isInstanceOf(IOException.class);
    }

    @Test
    void who_reads_slowly_makes_the_hand_wait() throws Exception {
        AtomicLong sent = new AtomicLong();
        CountDownLatch over = new CountDownLatch(1);
        try (InputStream in = workspace(exchange -> {
                    exchange.sendResponseHeaders(200, 0);
                    byte[] block = new byte[64 * 1024];
                    try (OutputStream out = exchange.getResponseBody()) {
                        for (; sent.get() < GIB; sent.addAndGet(block.length)) out.write(block);
                    } finally {
                        over.countDown();
                    }
                })
                .save()) {
            assertThat(in.readNBytes(1 << 20)).hasSize(1 << 20);
            assertThat(standing(sent)).isLessThan(MOST_HELD_BYTES);
        }
        over.await();
        assertThat(sent.get()).isLessThan(MOST_HELD_BYTES);
    }

    @Test
    void a_hand_that_reads_slowly_makes_the_store_wait_and_an_interrupt_ends_it() throws Exception {
        AtomicLong read = new AtomicLong();
        CountDownLatch over = new CountDownLatch(1);
        Workspace workspace = workspace(exchange -> {
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        InputStream content = new InputStream() {
            @Override
            public int read() {
                return 0;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                read.addAndGet(length);
                return length;
            }
        };
        Cancellation cancellation = new Cancellation();
        Thread watch = Thread.startVirtualThread(() -> {
            try {
                standing(read);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            cancellation.request();
        });
        assertThatThrownBy(() -> workspace.restore("absent", GIB, content, cancellation))
                .isInstanceOf(IOException.class);
        watch.join();
        assertThat(read.get()).isPositive().isLessThan(MOST_HELD_BYTES);
        over.countDown();
    }

    @Test
    void what_a_hand_has_already_is_not_sent_and_what_it_refuses_is_a_value() throws Exception {
        Workspace workspace = workspace(exchange -> {
            exchange.getRequestBody().readAllBytes();
            answer(exchange, 422, "{\"error\":{\"message\":\"no\"}}");
        });
        InputStream unread = new InputStream() {
            @Override
            public int read() {
                throw new AssertionError("nobody reads this");
            }
        };
        assertThat(workspace.restore("there", GIB, unread, new Cancellation()))
                .isEqualTo(new Workspace.Restored.Done(null));
        assertThat(workspace.restore("absent", 5, new java.io.ByteArrayInputStream(new byte[5]), new Cancellation()))
                .isEqualTo(new Workspace.Restored.Refused("no"));
    }

    /** Where it is when it has not moved for a while; a gibibyte would take less than that. */
    private static long standing(AtomicLong moving) throws InterruptedException {
        long before = -1;
        long since = System.nanoTime();
        while (System.nanoTime() - since < 500_000_000L || moving.get() == 0) {
            if (moving.get() != before) {
                before = moving.get();
                since = System.nanoTime();
            }
            Thread.sleep(10);
        }
        return before;
    }
}
