package io.dormouse.sandbox.egress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The proxy and its lanes, over loopback, with a client and a holder that say what the test says. */
class EgressTest {
    private static final String HOST = "Host: a.test\r\n";

    @TempDir
    Path folder;

    private Egress egress;
    private Socket client;

    @BeforeEach
    void open() throws IOException {
        open(Lanes.ATTACHED_WITHIN);
    }

    private void open(Duration attachedWithin) throws IOException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        egress = Egress.open("hand_test", folder.resolve("egress"), false, any, "secret"::equals, attachedWithin);
        String proxy = egress.outlet().variables().get("HTTP_PROXY");
        client = new Socket(
                InetAddress.getLoopbackAddress(), Integer.parseInt(proxy.substring(proxy.lastIndexOf(':') + 1)));
        client.setSoTimeout(60_000);
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        egress.close();
    }

    private Holder holder(long epoch) throws IOException {
        Holder holder = Holder.dial(egress.port(), epoch, "secret");
        assertThat(holder.admitted()).isTrue();
        return holder;
    }

    private void say(String text) throws IOException {
        client.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The client reads until {@code end} has come. */
    private String hear(String end) throws IOException {
        StringBuilder heard = new StringBuilder();
        InputStream in = client.getInputStream();
        while (heard.indexOf(end) < 0) {
            int next = in.read();
            if (next < 0) {
                return heard + "[closed]";
            }
            heard.append((char) next);
        }
        return heard.toString();
    }

    @Test
    void only_who_knows_the_secret_opens_a_lane() throws IOException {
        try (Holder stranger = Holder.dial(egress.port(), 1, "guess")) {
            assertThat(stranger.admitted()).isFalse();
        }
        try (Holder known = holder(1)) {
            assertThat(known).isNotNull();
        }
    }

    @Test
    void requests_follow_each_other_on_one_connection_and_one_lane() throws IOException {
        try (Holder holder = holder(1)) {
            say("GET http://a.test/1?q HTTP/1.1\r\n" + HOST + "X-A: b\r\n\r\n");
            assertThat(holder.next())
                    .isEqualTo("Q{\"method\":\"GET\",\"url\":\"http://a.test/1?q\","
                            + "\"headers\":[[\"X-A\",\"b\"]],\"length\":0}");
            assertThat(holder.next()).isEqualTo("E");
            holder.send(
                            Frame.ANSWER,
                            "{\"status\":200,\"headers\":[[\"Content-Length\",\"2\"],[\"Connection\",\"x\"]]}")
                    .send(Frame.DATA, "hi")
                    .send(Frame.END, "");
            assertThat(hear("hi")).isEqualTo("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
            say("POST http://a.test/2 HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
            assertThat(holder.next()).contains("\"length\":-1");
            assertThat(holder.next()).isEqualTo("Dabc");
            assertThat(holder.next()).isEqualTo("E");
            holder.send(Frame.ANSWER, "{\"status\":201,\"headers\":[]}")
                    .send(Frame.DATA, "yo")
                    .send(Frame.END, "");
            assertThat(hear("0\r\n\r\n"))
                    .isEqualTo("HTTP/1.1 201 Status 201\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nyo\r\n0\r\n\r\n");
            say("HEAD http://a.test/3 HTTP/1.1\r\n" + HOST + "\r\n");
            assertThat(holder.next() + holder.next()).endsWith("E");
            holder.send(Frame.ANSWER, "{\"status\":200,\"headers\":[[\"Content-Length\",\"9\"]]}")
                    .send(Frame.END, "");
            assertThat(hear("\r\n\r\n")).contains("Content-Length: 9");
        }
    }

    @Test
    void a_client_that_waits_to_be_asked_for_its_body_is_asked() throws IOException {
        try (Holder holder = holder(1)) {
            say("PUT http://a.test/ HTTP/1.1\r\n" + HOST + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
            assertThat(hear("\r\n\r\n")).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            say("ok");
            assertThat(holder.next()).doesNotContain("Expect");
            assertThat(holder.next()).isEqualTo("Dok");
        }
    }

    @Test
    void a_refusal_is_an_answer_with_its_reason() throws IOException {
        try (Holder holder = holder(1)) {
            say("POST http://a.test/ HTTP/1.1\r\n" + HOST + "Content-Length: 2\r\n\r\nab");
            assertThat(holder.next() + holder.next() + holder.next()).endsWith("DabE");
            holder.send(Frame.REFUSED, "{\"status\":403,\"reason\":\"destination_denied\",\"message\":\"not there\"}");
            assertThat(hear("not there\n"))
                    .startsWith("HTTP/1.1 403 Forbidden\r\n")
                    .contains("X-Dormouse-Refused: destination_denied\r\n");
            say("GET http://a.test/next HTTP/1.1\r\n" + HOST + "\r\n");
            assertThat(holder.next()).contains("/next");
        }
    }

    @Test
    void an_answer_cannot_smuggle_a_second_one() throws IOException {
        try (Holder holder = holder(1)) {
            say("GET http://a.test/ HTTP/1.1\r\n" + HOST + "\r\n");
            assertThat(holder.next() + holder.next()).endsWith("E");
            holder.send(
                            Frame.ANSWER,
                            "{\"status\":200,\"headers\":[[\"X-A\",\"b\\r\\nX-Evil: 1\"],[\"X B\",\"c\"],"
                                    + "[\"Transfer-Encoding\",\"chunked\"],[\"Content-Length\",\"2\"]]}")
                    .send(Frame.DATA, "longer than it says");
            assertThat(hear("[never]")).isEqualTo("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[closed]");
        }
    }

    @Test
    void a_holder_that_goes_away_in_mid_answer_breaks_the_clients_connection() throws IOException {
        try (Holder holder = holder(1)) {
            say("GET http://a.test/ HTTP/1.1\r\n" + HOST + "\r\n");
            assertThat(holder.next() + holder.next()).endsWith("E");
            holder.send(Frame.ANSWER, "{\"status\":200,\"headers\":[]}").send(Frame.DATA, "half");
            assertThat(hear("half\r\n")).endsWith("4\r\nhalf\r\n");
        }
        assertThat(hear("0\r\n\r\n")).isEqualTo("[closed]");
    }

    @Test
    void a_client_that_goes_away_ends_its_lane() throws IOException {
        try (Holder holder = holder(1)) {
            say("GET http://a.test/ HTTP/1.1\r\n" + HOST + "\r\n");
            assertThat(holder.next() + holder.next()).endsWith("E");
            client.close();
            assertThat(holder.next()).isEqualTo("-");
        }
    }

    @Test
    void a_later_epoch_shuts_out_an_earlier_one() throws IOException {
        try (Holder before = holder(4);
                Holder after = holder(5)) {
            assertThat(before.next()).isEqualTo("-");
            try (Holder late = holder(4)) {
                assertThat(late.next()).isEqualTo("-");
            }
            say("GET http://a.test/ HTTP/1.1\r\n" + HOST + "\r\n");
            assertThat(after.next()).startsWith("Q");
        }
    }

    @Test
    void a_request_waits_a_moment_for_a_holder_and_no_longer() throws IOException {
        say("POST http://a.test/ HTTP/1.1\r\n" + HOST + "Content-Length: 2\r\n\r\nab");
        assertThat(hear("works\n"))
                .startsWith("HTTP/1.1 503 Service Unavailable\r\n")
                .contains("X-Dormouse-Refused: no_harness")
                .contains("no harness is attached");
        try (Holder holder = holder(1)) {
            say("GET http://a.test/later HTTP/1.1\r\n" + HOST + "\r\n");
            assertThat(holder.next()).contains("/later");
        }
    }

    @Test
    void a_request_gets_the_holder_that_comes_while_it_waits() throws IOException {
        close();
        // More than the usual moment: this machine may be slow in bringing the holder.
        open(Duration.ofSeconds(60));
        say("GET http://a.test/early HTTP/1.1\r\n" + HOST + "\r\n");
        try (Holder holder = holder(1)) {
            assertThat(holder.next()).contains("/early");
        }
    }

    @Test
    void the_authoritys_key_is_in_no_file() throws IOException {
        egress.outlet().ready().join();
        try (Stream<Path> files = Files.list(folder.resolve("egress"))) {
            for (Path file : files.toList()) {
                String content = Files.readString(file, StandardCharsets.ISO_8859_1);
                assertThat(content).as(file.toString()).doesNotContain("PRIVATE KEY");
            }
        }
        assertThat(Files.readString(folder.resolve("egress/ca-bundle.pem"))).contains("BEGIN CERTIFICATE");
    }
}
