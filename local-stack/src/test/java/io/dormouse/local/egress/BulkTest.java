package io.dormouse.local.egress;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.outbound.Outbound.Header;
import io.dormouse.outbound.Outbound.Response.Answered;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Large bodies and many requests at once. */
class BulkTest {
    private static final long GIB = 1L << 30;

    @TempDir
    Path home;

    private OnHand hand;

    @BeforeEach
    void start() throws IOException {
        hand = OnHand.in(home);
    }

    @AfterEach
    void stop() {
        hand.close();
    }

    @Test
    void a_gibibyte_comes_in_and_the_supervisors_memory_stays_flat() throws Exception {
        hand.outbound.with(
                "big.test",
                request -> new Answered(
                        200, List.of(new Header("Content-Length", String.valueOf(GIB))), new Pattern(GIB), null));
        hand.outbound.with("chunked.test", request -> new Answered(200, List.of(), new Pattern(64L << 20), null));
        assertThat(hand.bash("curl -sS https://chunked.test/ | wc -c").fine()).isEqualTo((64L << 20) + "\n");
        long before = kilobytes("VmHWM:");
        long began = System.nanoTime();
        assertThat(hand.bash("curl -sS https://big.test/ | wc -c").fine()).isEqualTo(GIB + "\n");
        long millis = (System.nanoTime() - began) / 1_000_000;
        long after = kilobytes("VmHWM:");
        System.out.println("1 GiB in " + millis + " ms; the supervisor's peak went from " + before + " kB to " + after
                + " kB, now " + kilobytes("VmRSS:"));
        assertThat(after - before).isLessThan(48 * 1024);
    }

    @Test
    void an_upload_arrives_whole() {
        hand.outbound.with("sink.test", request -> {
            try {
                long count = 0;
                byte[] buffer = new byte[8192];
                for (int read = request.body().read(buffer);
                        read >= 0;
                        read = request.body().read(buffer)) {
                    count += read;
                }
                String said = count + " of " + request.length();
                byte[] body = said.getBytes(java.nio.charset.StandardCharsets.UTF_8);
                return new Answered(200, List.of(), new java.io.ByteArrayInputStream(body), null);
            } catch (IOException broken) {
                throw new IllegalStateException(broken);
            }
        });
        hand.bash("head -c 64M /dev/urandom > /tmp/up").fine();
        long size = 64L << 20;
        assertThat(hand.bash("curl -sS -T /tmp/up https://sink.test/").fine()).isEqualTo(size + " of " + size);
        assertThat(hand.bash("curl -sS -T - https://sink.test/ < /tmp/up").fine())
                .isEqualTo(size + " of -1");
        assertThat(hand.bash("curl -sS -T /tmp/up http://sink.test/").fine()).isEqualTo(size + " of " + size);
    }

    @Test
    void fifty_requests_at_once_are_all_answered() {
        CountDownLatch together = new CountDownLatch(20);
        hand.outbound.with("many.test", request -> {
            together.countDown();
            try {
                // Twenty of them are under way at the same time, or this test fails.
                if (!together.await(5, TimeUnit.MINUTES)) throw new IllegalStateException("they came one by one");
            } catch (InterruptedException stopped) {
                throw new IllegalStateException(stopped);
            }
            return new Answered(200, List.of(), new Pattern(100_000), null);
        });
        assertThat(hand.bash("for i in $(seq 50); do (curl -sS https://many.test/$i | wc -c > /tmp/many.$i) & done; "
                                + "wait; sort /tmp/many.* | uniq -c")
                        .fine())
                .contains("50 100000");
    }

    @Test
    void a_program_that_goes_away_frees_its_lane_and_an_answer_that_breaks_off_breaks_its_connection() {
        CountDownLatch cut = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        hand.outbound.with("begun.test", request -> {
            boolean yes = awaited(begun);
            return new Answered(yes ? 200 : 504, List.of(), InputStream.nullInputStream(), null);
        });
        hand.outbound.with("slow.test", request -> {
            begun.countDown();
            try {
                Thread.sleep(600_000);
            } catch (InterruptedException gone) {
                cut.countDown();
            }
            return new Answered(200, List.of(), InputStream.nullInputStream(), null);
        });
        hand.outbound.with(
                "broken.test",
                request -> new Answered(
                        200,
                        List.of(),
                        new Pattern(1000) {
                            @Override
                            public int read(byte[] target, int offset, int length) throws IOException {
                                int count = super.read(target, offset, length);
                                if (count < 0) throw new IOException("the server went away");
                                return count;
                            }
                        },
                        null));
        hand.bash("curl -sS https://slow.test/ & curl -sSf https://begun.test/ && kill %1; wait %1")
                .failed();
        assertThat(awaited(cut)).isTrue();
        hand.bash("curl -sS https://broken.test/ -o /dev/null").failed();
        assertThat(hand.bash("curl -sS http://nowhere.test/").fine()).contains("nowhere.test");
    }

    private static boolean awaited(CountDownLatch latch) {
        try {
            return latch.await(5, TimeUnit.MINUTES);
        } catch (InterruptedException stopped) {
            return false;
        }
    }

    private long kilobytes(String field) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + hand.supervisor() + "/status")).stream()
                .filter(line -> line.startsWith(field))
                .map(line -> line.replaceAll("[^0-9]", ""))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow();
    }

    /** So many bytes, made as they are read. */
    private static class Pattern extends InputStream {
        private long left;

        Pattern(long bytes) {
            this.left = bytes;
        }

        @Override
        public int read() {
            return left-- > 0 ? 'x' : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left <= 0) return -1;
            int count = (int) Math.min(left, length);
            Arrays.fill(target, offset, offset + count, (byte) 'x');
            left -= count;
            return count;
        }
    }
}
