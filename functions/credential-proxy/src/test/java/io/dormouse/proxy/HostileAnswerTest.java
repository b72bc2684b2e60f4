package io.dormouse.proxy;

import static io.dormouse.proxy.Outside.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.outbound.Outbound.Response;
import io.dormouse.proxy.http.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers that break HTTP, never end, or come slowly. */
@Timeout(900)
class HostileAnswerTest {
    private static final String URL = "http://api.example.org/";
    private static final String USE = "X-Key: PLACEHOLDER-1";

    private final Outside outside = new Outside();
    private final List<AutoCloseable> opened = new ArrayList<>(List.of(outside));

    private void script(Upstream.Script script) throws IOException {
        Upstream upstream = Upstream.plain(script);
        opened.add(upstream);
        outside.api(upstream);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) each.close();
    }

    private static String outcome(Response response) throws IOException {
        return switch (response) {
            case Response.Refused refused -> refused.reason();
            case Response.Answered answered -> {
                try (InputStream in = answered.body()) {
                    yield answered.status() + " " + new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
                } catch (Failure e) {
                    yield answered.status() + ", " + e.refusal().word();
                }
            }
        };
    }

    @Test
    void what_could_be_framed_in_two_ways_is_no_answer() throws IOException {
        String[][] answers = {
            {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "200 ok"},
            {"HTTP/1.0 200\r\n\r\nok", "200 ok"},
            {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nokand more", "200 ok"},
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\n\r\n", "200 ok"},
            {
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n",
                "201 "
            },
            {"HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\n", "204 "},
            {"HTTP/1.1 304 Same\r\nTransfer-Encoding: chunked\r\n\r\n", "304 "},
            {"", "answer_invalid"},
            {"\r\n\r\n", "answer_invalid"},
            {"hello\r\n\r\n", "answer_invalid"},
            {"HTTP/2 200\r\n\r\n", "answer_invalid"},
            {"HTTP/1.1 2000\r\n\r\n", "answer_invalid"},
            {"HTTP/1.1 099 x\r\n\r\n", "answer_invalid"},
            {"HTTP/1.1 200 OK\r\n", "answer_invalid"},
            {"HTTP/1.1 200 OK\n\nok", "answer_invalid"},
            {"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", "answer_invalid"},
            {"HTTP/1.1 200 OK\r\nX : a\r\n\r\n", "answer_invalid"},
            {"HTTP/1.1 200 OK\r\n: a\r\n\r\n", "answer_invalid"},
            {"HTTP/1.1 200 OK\r\nX\r\n\r\n", "answer_invalid"},
            {"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", "answer_invalid"},
            {"HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", "answer_invalid"},
            {"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", "answer_invalid"},
            {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", "answer_invalid"},
            {"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", "answer_invalid"},
            {"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", "answer_invalid"},
            {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok", "answer_invalid"},
            {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "answer_invalid"},
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "answer_invalid"},
            {
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "answer_invalid"
            },
            {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", "200, answer_invalid"},
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok", "200, answer_invalid"},
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nok\r\n0\r\n\r\n", "200, answer_invalid"},
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2 \r\nok\r\n0\r\n\r\n", "200, answer_invalid"},
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nok", "200, answer_invalid"},
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n", "200, answer_invalid"},
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n", "200, answer_invalid"}
        };
        String[] next = new String[1];
        script((head, in, out) -> out.write(Upstream.bytes(next[0])));
        for (String[] answer : answers) {
            next[0] = answer[0];
            assertThat(outcome(outside.get(URL))).as(answer[0]).isEqualTo(answer[1]);
        }
        next[0] = "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n";
        assertThat(outcome(outside.send(request("HEAD", URL, "")))).isEqualTo("200 ");
    }

    @Test
    void heads_without_an_end_are_cut_off() throws IOException {
        String[] what = new String[1];
        script((head, in, out) -> {
            out.write(Upstream.bytes("HTTP/1.1 200 OK\r\n"));
            for (int i = 0; i < 100_000; i++) out.write(Upstream.bytes(what[0]));
        });
        for (String endless : new String[] {"X: " + "y".repeat(100) + "\r\n", "x", "X: y\r\n"}) {
            what[0] = endless;
            assertThat(outcome(outside.get(URL, USE))).isEqualTo("answer_invalid");
        }
        script((head, in, out) -> {
            for (int i = 0; i < 100_000; i++) out.write(Upstream.bytes("HTTP/1.1 100 Continue\r\n\r\n"));
        });
        assertThat(outcome(outside.get(URL, USE))).isEqualTo("answer_invalid");
    }

    @Test
    void a_head_that_comes_letter_by_letter_is_too_late() throws IOException {
        outside.limits = Outside.limits(Duration.ofSeconds(3), Duration.ofSeconds(20), Duration.ofSeconds(60));
        script((head, in, out) -> {
            for (byte b : Upstream.bytes("HTTP/1.1 200 OK\r\nX: " + "y".repeat(10_000))) {
                out.write(b);
                pause(20);
            }
        });
        assertThat(outcome(outside.get(URL, USE))).isEqualTo("timeout");
        // The secret has left, though nobody answered.
        assertThat(outside.uses.untold(Outside.SESSION.primaryThread(), 9))
                .extracting(use -> use.status())
                .containsExactly(0);
    }

    @Test
    void a_body_that_stops_or_does_not_stop_is_ended() throws IOException {
        outside.limits = Outside.limits(Duration.ofSeconds(20), Duration.ofSeconds(3), Duration.ofSeconds(60));
        script((head, in, out) -> {
            out.write(Upstream.bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"));
            out.flush();
            in.readAllBytes();
        });
        assertThat(outcome(outside.get(URL))).isEqualTo("200, timeout");

        Outside around = new Outside();
        opened.add(around);
        around.limits = Outside.limits(Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofSeconds(3));
        Upstream dripping = Upstream.plain((head, in, out) -> {
            out.write(Upstream.bytes("HTTP/1.1 200 OK\r\n\r\n"));
            for (int i = 0; i < 10_000; i++) {
                out.write('x');
                out.flush();
                pause(20);
            }
        });
        opened.add(dripping);
        around.api(dripping);
        assertThat(outcome(around.get(URL))).isEqualTo("200, timeout");
    }

    @Test
    void a_host_that_takes_no_bytes_does_not_hold_an_upload() throws IOException {
        outside.limits = Outside.limits(Duration.ofSeconds(20), Duration.ofSeconds(3), Duration.ofSeconds(60));
        script((head, in, out) -> pause(60_000));
        assertThat(outcome(outside.send(request("PUT", URL, "x".repeat(30_000_000)))))
                .isEqualTo("timeout");
    }

    @Test
    void an_answer_that_nobody_reads_is_given_up_and_its_room_comes_back() throws IOException {
        outside.limits = Outside.limits(Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofSeconds(3));
        script((head, in, out) -> {
            out.write(Upstream.bytes("HTTP/1.1 200 OK\r\n\r\n"));
            for (int i = 0; i < 1_000; i++) out.write(new byte[100_000]);
        });
        for (int i = 0; i < 4; i++) assertThat(outside.get(URL)).isInstanceOf(Response.Answered.class);
        long end = System.nanoTime() + 60_000_000_000L;
        Response response = outside.get(URL);
        while (response instanceof Response.Refused && System.nanoTime() < end) {
            Thread.onSpinWait();
            response = outside.get(URL);
        }
        assertThat(response).isInstanceOf(Response.Answered.class);
    }

    @Test
    void a_body_larger_than_allowed_is_cut_off() throws IOException {
        var usual = outside.limits;
        outside.limits = new io.dormouse.proxy.http.Limits(
                usual.lookup(),
                usual.connect(),
                usual.head(),
                usual.idle(),
                usual.total(),
                usual.headBytes(),
                usual.headers(),
                10_000,
                10_000,
                usual.lookedIntoBytes(),
                usual.atOnce());
        script((head, in, out) -> {
            if (head.startsWith("PUT")) in.readAllBytes();
            out.write(Upstream.bytes("HTTP/1.1 200 OK\r\n\r\n"));
            out.write(new byte[20_000]);
        });
        assertThat(outcome(outside.get(URL))).isEqualTo("200, answer_invalid");
        assertThat(outcome(outside.send(request("PUT", URL, "x".repeat(20_000)))))
                .isEqualTo("request_invalid");
    }

    @Test
    void a_gibibyte_passes_in_flat_memory() throws IOException {
        outside.limits = outside.limits.within(Duration.ofMinutes(10));
        long size = 1L << 30;
        byte[] block = new byte[1 << 16];
        for (int i = 0; i < block.length; i++) block[i] = (byte) (i * 31 >> 3);
        script((head, in, out) -> {
            out.write(Upstream.bytes("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n"));
            for (long sent = 0; sent < size; sent += block.length) out.write(block);
        });
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long passed = 0;
        byte[] buffer = new byte[1 << 16];
        Response.Answered answer = (Response.Answered) outside.get(URL, USE);
        long before = threads.getCurrentThreadAllocatedBytes();
        try (InputStream in = answer.body()) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) passed += count;
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(passed).isEqualTo(size);
        // All that the proxy ever holds of it at once is part of what it allocates for it.
        assertThat(allocated).isLessThan(1 << 20);
        assertThat(outside.uses.untold(Outside.SESSION.primaryThread(), 9))
                .extracting(use -> use.bytes())
                .containsExactly(size);
    }

    @Test
    void a_closed_body_is_closed() throws IOException {
        script((head, in, out) -> out.write(Upstream.bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789")));
        InputStream body = ((Response.Answered) outside.get(URL)).body();
        body.close();
        assertThatThrownBy(() -> body.readNBytes(9)).isInstanceOf(IOException.class);
    }

    private static void pause(long millis) throws IOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
