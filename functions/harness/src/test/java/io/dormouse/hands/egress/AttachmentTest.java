package io.dormouse.hands.egress;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Refusal;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The harness's end of a way out, with a supervisor that is this test. */
@Timeout(300)
class AttachmentTest {
    private static void ask(DataOutputStream out) throws IOException {
        byte[] head = "{\"method\":\"GET\",\"url\":\"https://a.test/\",\"headers\":[],\"length\":0}"
                .getBytes(StandardCharsets.UTF_8);
        out.writeByte('Q');
        out.writeInt(head.length);
        out.write(head);
        out.writeByte('E');
        out.writeInt(0);
        out.flush();
    }

    private static JsonNode asked(DataInputStream in, DataOutputStream out) throws IOException {
        ask(out);
        assertThat(in.readByte()).isEqualTo((byte) 'X');
        return Json.parse(new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8));
    }

    @Test
    void closed_means_that_what_was_cut_has_come_to_its_end() throws IOException, InterruptedException {
        CountDownLatch asked = new CountDownLatch(1);
        AtomicBoolean noted = new AtomicBoolean();
        Function<Outbound.Request, Outbound.Response> way = request -> {
            asked.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException cut) {
                // What it used is noted behind the cut, and that takes a moment.
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
                noted.set(true);
            }
            return Refusal.PROXY_UNAVAILABLE.because("cut");
        };
        try (ServerSocket supervisor = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Door door = new Door((InetSocketAddress) supervisor.getLocalSocketAddress(), "secret");
            try (Attachment attachment = new Attachment(() -> Optional.of(door), way, 7);
                    Socket lane = supervisor.accept()) {
                DataInputStream in = new DataInputStream(lane.getInputStream());
                DataOutputStream out = new DataOutputStream(lane.getOutputStream());
                in.readNBytes("dormouse-lane 1 7 secret\n".length());
                out.write("ok\n".getBytes(StandardCharsets.US_ASCII));
                ask(out);
                asked.await();
                assertThat(attachment).isNotNull();
            }
        }
        assertThat(noted).isTrue();
    }

    @Test
    void a_program_hears_of_a_refusal_with_the_status_that_the_refusal_has() throws IOException {
        AtomicReference<Refusal> refusal = new AtomicReference<>();
        try (ServerSocket supervisor = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Door door = new Door((InetSocketAddress) supervisor.getLocalSocketAddress(), "secret");
            try (Attachment attachment = new Attachment(
                            () -> Optional.of(door), request -> refusal.get().because("no"), 7);
                    Socket lane = supervisor.accept()) {
                assertThat(attachment).isNotNull();
                DataInputStream in = new DataInputStream(lane.getInputStream());
                DataOutputStream out = new DataOutputStream(lane.getOutputStream());
                byte[] greeting = "dormouse-lane 1 7 secret\n".getBytes(StandardCharsets.US_ASCII);
                assertThat(in.readNBytes(greeting.length)).isEqualTo(greeting);
                out.write("ok\n".getBytes(StandardCharsets.US_ASCII));
                for (Refusal each : Refusal.values()) {
                    refusal.set(each);
                    JsonNode told = asked(in, out);
                    assertThat(told.path("reason").asText()).isEqualTo(each.word());
                    assertThat(told.path("status").asInt()).as(each.word()).isEqualTo(each.status());
                }
            }
        }
    }
}
