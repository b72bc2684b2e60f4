package io.dormouse.local.egress;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import io.dormouse.hands.Reach;
import io.dormouse.outbound.Outbound.Purpose;
import io.dormouse.testkit.outbound.LoopbackOutbound.Sent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a command in a real room reaches, and what it does not. */
class NetworkTest {
    @TempDir
    static Path home;

    static OnHand hand;

    @BeforeAll
    static void start() throws IOException {
        hand = OnHand.in(home);
        hand.serve("site.test", NetworkTest::echo);
    }

    @AfterAll
    static void stop() {
        hand.close();
    }

    private static void echo(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        byte[] answer = (exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + body.length + "\n")
                .getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, exchange.getRequestMethod().equals("HEAD") ? -1 : answer.length);
        if (!exchange.getRequestMethod().equals("HEAD"))
            exchange.getResponseBody().write(answer);
        exchange.close();
    }

    @Test
    void a_request_goes_out_under_the_sessions_identity() {
        assertThat(hand.bash(
                                "curl -sS https://site.test/a?b=c; curl -sS http://site.test/plain; "
                                        + "curl -sS -d hello https://site.test/post; curl -sSI --suppress-connect-headers https://site.test/head | head -1")
                        .fine())
                .isEqualTo("GET /a?b=c 0\nGET /plain 0\nPOST /post 5\nHTTP/1.1 200 OK\r\n");
        Sent sent = hand.outbound.sent().stream()
                .filter(each -> each.url().equals("https://site.test/a?b=c"))
                .findFirst()
                .orElseThrow();
        assertThat(sent.caller().session()).isEqualTo(OnHand.SESSION);
        assertThat(sent.caller().purpose()).isEqualTo(Purpose.SANDBOX);
        assertThat(sent.caller().call().text()).startsWith("sevt_");
    }

    @Test
    void a_refusal_is_told_with_its_reason() {
        assertThat(hand.bash("curl -sS -w '%{http_code} %header{x-dormouse-refused}' https://evil.test/")
                        .fine())
                .isEqualTo("dormouse: evil.test is not reachable here\n403 destination_denied");
    }

    @Test
    void without_a_harness_there_is_no_network() {
        hand.detach();
        try {
            assertThat(hand.bash("curl -sS -w '%{http_code}' https://site.test/")
                            .fine())
                    .contains("no harness is attached")
                    .endsWith("503");
        } finally {
            hand.attach(1);
        }
        assertThat(hand.bash("curl -sS https://site.test/again").fine()).isEqualTo("GET /again 0\n");
    }

    @Test
    void whoever_takes_over_shuts_out_whoever_was_before() {
        Reach before = hand.attach(7);
        OnHand.bash(before, "true").fine();
        Reach after = hand.attach(8);
        assertThat(OnHand.bash(after, "curl -sS https://site.test/8").fine()).isEqualTo("GET /8 0\n");
        assertThat(OnHand.bash(before, "curl -sS https://site.test/7").fine()).isEqualTo("GET /7 0\n");
        List<Sent> sent = hand.outbound.sent();
        assertThat(sent.get(sent.size() - 1).caller().epoch()).isEqualTo(8);
        before.close();
        assertThat(OnHand.bash(after, "curl -sS https://site.test/9").fine()).isEqualTo("GET /9 0\n");
    }

    @Test
    void nothing_but_http_leaves() throws IOException {
        try (ServerSocket host = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            hand.bash("echo > /dev/tcp/127.0.0.1/" + host.getLocalPort()).failed();
        }
        assertThat(hand.bash("echo > /dev/tcp/1.1.1.1/443").failed()).contains("unreachable");
        hand.bash("getent hosts site.test").failed();
        hand.bash("getent hosts example.com").failed();
        assertThat(hand.bash("exec 9<>/dev/tcp/127.0.0.1/3128; printf 'CONNECT site.test:22 HTTP/1.1\\r\\nHost: "
                                + "site.test:22\\r\\n\\r\\nSSH-2.0-x\\r\\n' >&9; cat <&9; exec 9>&-")
                        .fine())
                .contains("200 Connection established")
                .contains("400")
                .contains("only HTTP and HTTPS leave this sandbox");
        assertThat(hand.bash("curl -sS -w '%{http_code}' -H 'Upgrade: websocket' -H 'Connection: Upgrade' "
                                + "https://site.test/")
                        .fine())
                .contains("no web sockets")
                .endsWith("501");
    }

    @Test
    void a_rooms_own_servers_are_reached_directly() {
        assertThat(hand.bash("cd /tmp; echo own > own.txt; python3 -m http.server 8321 >/dev/null 2>&1 & "
                                + "for i in $(seq 600); do curl -s http://localhost:8321/own.txt && break; sleep 0.1; done; "
                                + "kill %1; wait")
                        .fine())
                .contains("own");
    }

    @Test
    void what_is_ambiguous_is_refused() {
        for (String head : List.of(
                "GET https://site.test/ HTTP/1.1\\r\\nHost: site.test\\r\\n\\r\\n",
                "GET http://site.test/ HTTP/1.1\\r\\nHost: other.test\\r\\n\\r\\n",
                "GET http://a@site.test/ HTTP/1.1\\r\\nHost: site.test\\r\\n\\r\\n",
                "GET http://site.test/#x HTTP/1.1\\r\\nHost: site.test\\r\\n\\r\\n"))
            assertThat(hand.bash("exec 9<>/dev/tcp/127.0.0.1/3128; printf '" + head + "' >&9; head -1 <&9; exec 9>&-")
                            .fine())
                    .as(head)
                    .startsWith("HTTP/1.1 400");
    }
}
