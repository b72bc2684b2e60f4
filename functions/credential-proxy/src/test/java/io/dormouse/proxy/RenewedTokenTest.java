package io.dormouse.proxy;

import static io.dormouse.proxy.Outside.PUBLIC;
import static io.dormouse.proxy.Outside.request;
import static io.dormouse.proxy.Outside.url;
import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.CredentialId;
import io.dormouse.outbound.CredentialUse;
import io.dormouse.outbound.Networking;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Outbound.Purpose;
import io.dormouse.outbound.Outbound.Request;
import io.dormouse.outbound.Outbound.Response;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An MCP server refuses a token that did not look stale. */
class RenewedTokenTest {
    private static final String SERVER = "http://mcp.example.org/mcp";
    private static final CredentialId ID = new CredentialId("vcrd_1");

    private final Outside outside = new Outside();
    private final AtomicInteger renewals = new AtomicInteger();
    private volatile String token = "first-token";
    private String next = "second-token";
    private Upstream upstream;

    @AfterEach
    void close() throws IOException {
        outside.close();
        upstream.close();
    }

    /** @param accepted the token that the server takes */
    private void server(String accepted) throws IOException {
        upstream = Upstream.plain((head, in, out) -> {
            String length = head.replaceAll("(?s).*Content-Length: (\\d+).*|.*", "$1");
            int bytes = length.isEmpty() ? 0 : Integer.parseInt(length);
            String body = new String(in.readNBytes(bytes), StandardCharsets.ISO_8859_1);
            boolean taken = head.contains("Authorization: Bearer " + accepted + "\r\n");
            String answer = taken ? "heard " + body : "no";
            out.write(Upstream.bytes("HTTP/1.1 " + (taken ? "200 OK" : "401 Unauthorized") + "\r\nContent-Length: "
                    + answer.length() + "\r\n\r\n" + answer));
        });
        outside.name("mcp.example.org", PUBLIC).at(PUBLIC, upstream);
        outside.opened = PrivateHosts.parse("mcp.example.org:80=" + PUBLIC);
        outside.keyring = new Keyring() {
            @Override
            public Ring of(Outbound.Caller caller) {
                Key key = new Key.Bearer(ID, url(SERVER), Secret.of(token));
                return new Ring.Open(new Networking.Unrestricted(), List.of(url(SERVER)), List.of(key));
            }

            @Override
            public boolean renew(Outbound.Caller caller, Key.Bearer refused) {
                assertThat(refused.secret().is(token)).isTrue();
                renewals.incrementAndGet();
                if (next == null) return false;
                token = next;
                return true;
            }
        };
    }

    private String post(Request request) throws IOException {
        Response response = outside.proxy().send(Outside.caller(Purpose.MCP), request);
        assertThat(response).isInstanceOf(Response.Answered.class);
        try (InputStream body = ((Response.Answered) response).body()) {
            return ((Response.Answered) response).status() + " "
                    + new String(body.readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private List<Integer> statuses() {
        return outside.uses.untold(Outside.SESSION.primaryThread(), 100).stream()
                .map(CredentialUse::status)
                .toList();
    }

    @Test
    void another_one_is_fetched_and_the_request_made_again_with_its_body() throws IOException {
        server("second-token");
        assertThat(post(request("POST", SERVER, "{\"method\":\"tools/call\"}")))
                .isEqualTo("200 heard {\"method\":\"tools/call\"}");
        assertThat(renewals).hasValue(1);
        assertThat(upstream.heads).hasSize(2);
        // The secret left twice, and both times are told.
        assertThat(statuses()).containsExactly(401, 200);
        assertThat(post(request("DELETE", SERVER, ""))).isEqualTo("200 heard ");
        assertThat(renewals).hasValue(1);
    }

    @Test
    void it_is_tried_once_and_never_in_a_loop() throws IOException {
        server("third-token");
        assertThat(post(request("POST", SERVER, "{}"))).isEqualTo("401 no");
        assertThat(renewals).hasValue(1);
        assertThat(upstream.heads).hasSize(2);
        assertThat(statuses()).containsExactly(401, 401);
    }

    @Test
    void without_another_one_the_servers_answer_is_what_is_told() throws IOException {
        server("third-token");
        next = null;
        assertThat(post(request("POST", SERVER, "{}"))).isEqualTo("401 no");
        assertThat(upstream.heads).hasSize(1);
        assertThat(statuses()).containsExactly(401);
    }

    @Test
    void a_body_that_cannot_be_sent_twice_is_sent_once() throws IOException {
        server("second-token");
        byte[] large = new byte[outside.limits.lookedIntoBytes() + 1];
        Request request = new Request("POST", SERVER, List.of(), new ByteArrayInputStream(large), large.length);
        assertThat(post(request)).isEqualTo("401 no");
        assertThat(renewals).hasValue(0);
    }
}
