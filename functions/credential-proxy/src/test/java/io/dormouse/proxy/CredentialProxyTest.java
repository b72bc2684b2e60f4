package io.dormouse.proxy;

import static io.dormouse.proxy.Outside.CANARY;
import static io.dormouse.proxy.Outside.PUBLIC;
import static io.dormouse.proxy.Outside.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.CredentialId;
import io.dormouse.outbound.CredentialUse;
import io.dormouse.outbound.Outbound.Header;
import io.dormouse.outbound.Outbound.Purpose;
import io.dormouse.outbound.Outbound.Request;
import io.dormouse.outbound.Outbound.Response;
import io.dormouse.outbound.UseLedger;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The proxy against hosts that mean no good. */
class CredentialProxyTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String USE = "Authorization: Bearer PLACEHOLDER-1";
    private static final String API = "http://api.example.org/v1/items";

    private final Outside outside = new Outside();
    private final List<AutoCloseable> opened = new ArrayList<>(List.of(outside));

    private Upstream upstream(Upstream.Script script) throws IOException {
        Upstream upstream = Upstream.plain(script);
        opened.add(upstream);
        return upstream;
    }

    private Upstream saying(String answer) throws IOException {
        return upstream((head, in, out) -> out.write(Upstream.bytes(answer)));
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) each.close();
    }

    private static String refused(Response response) {
        assertThat(response).isInstanceOf(Response.Refused.class);
        Response.Refused refused = (Response.Refused) response;
        assertThat(refused.message()).isNotBlank();
        clean(refused.message());
        return refused.reason();
    }

    private static String body(Response response) throws IOException {
        assertThat(response).isInstanceOf(Response.Answered.class);
        try (InputStream in = ((Response.Answered) response).body()) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    /** In none of the forms in which a host may send it back. */
    private static void clean(String text) {
        byte[] canary = CANARY.getBytes(StandardCharsets.UTF_8);
        assertThat(text)
                .doesNotContain(CANARY)
                .doesNotContain(new StringBuilder(CANARY).reverse())
                .doesNotContain(HexFormat.of().formatHex(canary))
                .doesNotContain(HexFormat.of().withUpperCase().formatHex(canary))
                .doesNotContain(Base64.getEncoder().encodeToString(canary));
    }

    private List<CredentialUse> noted() {
        return outside.uses.untold(Outside.SESSION.primaryThread(), 100);
    }

    private static CredentialUse use(String method, String path, int status, long bytes) {
        return new CredentialUse(
                new CredentialId("vcrd_1"), "api.example.org", method, path, status, bytes, Outside.CALL);
    }

    // ---- swapping

    @Test
    void the_secret_goes_where_its_placeholder_stood_and_the_use_is_noted() throws IOException {
        Upstream upstream = saying(OK);
        outside.api(upstream);
        Response response = outside.get(API + "/12345?q=1", USE, "Accept: x", "X-Forwarded-For: 1.2.3.4");
        assertThat(((Response.Answered) response).credential()).isEqualTo("vcrd_1");
        assertThat(noted()).isEmpty();
        assertThat(body(response)).isEqualTo("ok");
        assertThat(upstream.heads)
                .containsExactly("GET /v1/items/12345?q=1 HTTP/1.1\r\nHost: api.example.org\r\nAuthorization: Bearer "
                        + CANARY + "\r\nAccept: x\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n");
        assertThat(noted()).containsExactly(use("GET", "/v1/items/*", 200, 2));
        assertThat(noted().toString()).doesNotContain(CANARY);
    }

    @Test
    void in_a_body_the_secret_counts_in_the_length() throws IOException {
        outside.api(upstream((head, in, out) -> {
            int length = Integer.parseInt(head.replaceAll("(?s).*Content-Length: (\\d+).*", "$1"));
            byte[] body = in.readNBytes(length);
            boolean right = new String(body, StandardCharsets.ISO_8859_1).equals("a=" + CANARY + "&b=" + CANARY);
            out.write(Upstream.bytes("HTTP/1.1 200 OK\r\n\r\n" + right));
        }));
        String text = "a=PLACEHOLDER-1&b=PLACEHOLDER-1";
        assertThat(body(outside.send(request("POST", API, text)))).isEqualTo("true");
        Request unknown = new Request("POST", API, List.of(), new ByteArrayInputStream(Upstream.bytes(text)), -1);
        assertThat(body(outside.send(unknown))).isEqualTo("true");
        assertThat(noted()).hasSize(2);
    }

    @Test
    void a_placeholder_deep_in_a_large_body_ends_the_request() throws IOException {
        outside.api(upstream((head, in, out) -> {
            in.readAllBytes();
            out.write(Upstream.bytes(OK));
        }));
        String large = "x".repeat(200_000) + "PLACEHOLDER-1" + "x".repeat(200_000);
        assertThat(refused(outside.send(request("POST", API, large)))).isEqualTo("credential_not_allowed");
        assertThat(noted()).isEmpty();
    }

    @Test
    void the_request_of_a_purpose_without_keys_gets_none() throws IOException {
        Upstream upstream = saying(OK);
        outside.api(upstream);
        Response response =
                outside.proxy().send(Outside.caller(Purpose.FETCH), request("GET", API, "", "X-Token: PLACEHOLDER-1"));
        assertThat(body(response)).isEqualTo("ok");
        assertThat(upstream.heads.getFirst()).contains("PLACEHOLDER-1").doesNotContain(CANARY);
        assertThat(noted()).isEmpty();
    }

    // ---- echoes

    @Test
    void an_echo_is_overwritten_in_bodies_headers_and_error_pages_however_it_is_cut() throws IOException {
        byte[] canary = CANARY.getBytes(StandardCharsets.UTF_8);
        String forms = String.join(
                "\n",
                CANARY,
                new StringBuilder(CANARY).reverse(),
                Base64.getEncoder().encodeToString(canary),
                HexFormat.of().formatHex(canary),
                HexFormat.of().withUpperCase().formatHex(canary));
        for (String status : new String[] {"200 OK", "401 " + CANARY, "500 No"})
            for (boolean chunked : new boolean[] {true, false}) {
                Outside around = new Outside();
                opened.add(around);
                around.api(upstream((head, in, out) -> {
                    String token = head.replaceAll("(?s).*Bearer (\\S+).*", "$1");
                    String body = head + forms;
                    out.write(Upstream.bytes("HTTP/1.1 " + status + "\r\nX-Echo: <" + token + ">\r\n"
                            + token.replaceAll("[^a-zA-Z0-9]", "") + ": x\r\n"));
                    out.write(Upstream.bytes(
                            chunked
                                    ? "Transfer-Encoding: chunked\r\n\r\n"
                                    : "Content-Length: " + body.length() + "\r\n\r\n"));
                    for (int i = 0; i < body.length(); i++) {
                        out.write(
                                Upstream.bytes(chunked ? "1\r\n" + body.charAt(i) + "\r\n" : body.substring(i, i + 1)));
                        out.flush();
                    }
                    if (chunked) out.write(Upstream.bytes("0\r\nX-Trailer: " + token + "\r\n\r\n"));
                }));
                Response response = around.get(API, USE);
                String body = body(response);
                clean(body);
                assertThat(body).contains("Authorization: Bearer " + "*".repeat(CANARY.length()) + "\r\n");
                clean(((Response.Answered) response).headers().toString());
                assertThat(((Response.Answered) response).headers())
                        .contains(new Header("X-Echo", "<" + "*".repeat(CANARY.length()) + ">"));
            }
    }

    @Test
    void what_was_stored_there_by_an_earlier_request_is_hidden_as_well() throws IOException {
        outside.api(saying("HTTP/1.1 200 OK\r\n\r\nlast seen: " + CANARY));
        assertThat(body(outside.get(API))).isEqualTo("last seen: " + "*".repeat(CANARY.length()));
        assertThat(noted()).isEmpty();
    }

    @Test
    void a_compressed_answer_of_a_credentialed_host_is_refused() throws IOException {
        outside.api(saying("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n…"));
        assertThat(refused(outside.get(API, USE))).isEqualTo("answer_compressed");
        assertThat(noted()).containsExactly(use("GET", "/v1/items", 200, 0));
    }

    @Test
    void a_cookie_that_a_credential_earned_stays_outside() throws IOException {
        outside.api(saying("HTTP/1.1 200 OK\r\nSet-Cookie: s=1\r\nX: y\r\n\r\n"));
        Response.Answered answer = (Response.Answered) outside.get(API, USE);
        assertThat(answer.headers()).containsExactly(new Header("X", "y"));
        answer.body().close();
    }

    @Test
    void a_redirect_is_handed_back_and_not_followed() throws IOException {
        for (String to :
                new String[] {"https://other.example/", "http://169.254.169.254/", "http://api.example.org/", API}) {
            Outside around = new Outside();
            opened.add(around);
            Upstream upstream = saying("HTTP/1.1 302 Found\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n");
            around.api(upstream);
            Response.Answered answer = (Response.Answered) around.get(API, USE);
            assertThat(answer.status()).isEqualTo(302);
            assertThat(answer.headers()).contains(new Header("Location", to));
            body(answer);
            assertThat(upstream.heads).hasSize(1);
            assertThat(around.dialled).containsExactly(PUBLIC);
        }
    }

    // ---- destinations

    @Test
    void a_name_that_stands_for_anything_private_is_not_dialled() {
        String[][] answers = {
            {"10.0.0.5"},
            {"100.64.0.1"},
            {"127.0.0.1"},
            {"169.254.169.254"},
            {PUBLIC, "127.0.0.1"},
            {"::1", PUBLIC},
            {"64:ff9b::a9fe:a9fe"},
            {"::ffff:8.8.8.8"},
            {"fd00:ec2::254"},
            {"0.0.0.0"}
        };
        int number = 0;
        for (String[] addresses : answers) {
            String name = "n" + number++ + ".example";
            outside.name(name, addresses);
            for (Purpose purpose : new Purpose[] {Purpose.SANDBOX, Purpose.FETCH, Purpose.GIT})
                assertThat(refused(outside.proxy()
                                .send(Outside.caller(purpose), request("GET", "https://" + name + "/", ""))))
                        .isEqualTo("destination_denied");
        }
        assertThat(outside.dialled).isEmpty();
        assertThat(refused(outside.get("https://nowhere.example/"))).isEqualTo("name_not_found");
    }

    @Test
    void what_is_written_as_a_number_or_a_local_name_is_not_even_looked_up() {
        for (String host : new String[] {
            "2130706433",
            "127.1",
            "0",
            "0x7f.1",
            "0177.0.0.1",
            "[::]",
            "localhost.",
            "localhost",
            "x.localhost",
            "169.254.169.254",
            "[::ffff:169.254.169.254]",
            "[::ffff:a9fe:a9fe]",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:a9fe:a9fe::]",
            "[::169.254.169.254]",
            "[fd00:ec2::254]",
            "127.0.0.1",
            "metadata.google.internal"
        })
            assertThat(refused(outside.get("http://" + host + "/")))
                    .as(host)
                    .isIn("destination_denied", "request_invalid");
        assertThat(outside.lookedUp).isEmpty();
        assertThat(outside.dialled).isEmpty();
    }

    @Test
    void a_name_is_looked_up_once_and_what_it_stood_for_then_is_dialled() throws IOException {
        outside.name("rebinding.example", PUBLIC).name("rebinding.example", "127.0.0.1");
        outside.at(PUBLIC, saying(OK)).at("127.0.0.1", saying("HTTP/1.1 200 OK\r\n\r\ninside"));
        assertThat(body(outside.get("http://rebinding.example/"))).isEqualTo("ok");
        assertThat(outside.lookedUp).hasSize(1);
        assertThat(outside.dialled).containsExactly(PUBLIC);
        assertThat(refused(outside.get("http://rebinding.example/"))).isEqualTo("destination_denied");
    }

    @Test
    void the_next_address_is_tried_when_nobody_is_at_the_first() throws IOException {
        outside.name("two.example", "2606:4700::1", PUBLIC).at(PUBLIC, saying(OK));
        assertThat(body(outside.get("http://two.example/"))).isEqualTo("ok");
        assertThat(outside.dialled).hasSize(2);
        outside.name("none.example", "8.8.4.4");
        assertThat(refused(outside.get("http://none.example/"))).isEqualTo("connect_failed");
    }

    @Test
    void an_opened_destination_is_dialled_without_a_look_up_and_no_other() throws IOException {
        outside.opened = PrivateHosts.parse("git.internal:8080=10.0.0.5");
        outside.at("10.0.0.5", saying(OK)).name("git.internal", "10.0.0.5");
        assertThat(body(outside.get("http://git.internal:8080/"))).isEqualTo("ok");
        assertThat(outside.lookedUp).isEmpty();
        assertThat(refused(outside.get("http://git.internal:8081/"))).isEqualTo("destination_denied");
        assertThat(refused(outside.get("http://10.0.0.5:8080/"))).isEqualTo("destination_denied");
        outside.name("alias.example", "10.0.0.5");
        assertThat(refused(outside.get("http://alias.example:8080/"))).isEqualTo("destination_denied");
    }

    // ---- the session

    @Test
    void the_session_is_asked_for_anew_at_every_request_and_a_closed_one_sends_nothing() throws IOException {
        Upstream upstream = saying(OK);
        outside.api(upstream);
        Ring ring = outside.ring;
        AtomicInteger asked = new AtomicInteger();
        InputStream unread = new InputStream() {
            @Override
            public int read() {
                throw new AssertionError("a refused request is not read");
            }
        };
        for (String reason : new String[] {"session_not_found", "session_ended", "interrupted", "superseded"}) {
            outside.keyring = caller -> {
                asked.incrementAndGet();
                assertThat(caller.epoch()).isEqualTo(1);
                return new Ring.Closed(reason, "It is over.");
            };
            assertThat(refused(outside.send(new Request("POST", API, List.of(), unread, 5))))
                    .isEqualTo(reason);
        }
        outside.keyring = caller -> ring;
        assertThat(body(outside.get(API, USE))).isEqualTo("ok");
        assertThat(asked).hasValue(4);
        assertThat(upstream.heads).hasSize(1);
        outside.keyring = caller -> {
            throw new IllegalStateException("the store says " + CANARY);
        };
        assertThat(refused(outside.get(API, USE))).isEqualTo("keys_unavailable");
    }

    @Test
    void a_session_has_so_many_requests_at_once_and_gets_the_room_back() throws IOException {
        outside.api(saying(OK));
        for (int round = 0; round < 3; round++) {
            List<Response> open = new ArrayList<>();
            for (int i = 0; i < 4; i++) open.add(outside.get(API));
            for (int i = 0; i < 3; i++) assertThat(refused(outside.get(API))).isEqualTo("busy");
            for (Response response : open) ((Response.Answered) response).body().close();
            for (int i = 0; i < 9; i++)
                assertThat(refused(outside.get("http://127.0.0.1/"))).isEqualTo("destination_denied");
        }
    }

    @Test
    void when_uses_pile_up_that_no_log_has_no_credential_is_used() throws IOException {
        Upstream upstream = saying(OK);
        outside.api(upstream);
        for (int i = 0; i < UseLedger.MOST; i++)
            outside.uses.note(Outside.SESSION.primaryThread(), use("GET", "/", 200, i));
        assertThat(refused(outside.get(API, USE))).isEqualTo("busy");
        assertThat(upstream.heads).isEmpty();
        assertThat(body(outside.get(API))).isEqualTo("ok");
    }

    // ---- bodies

    @Test
    void an_upload_streams_and_an_early_answer_is_heard() throws IOException {
        long size = 50_000_000;
        outside.api(upstream((head, in, out) -> {
            assertThat(head).contains("Transfer-Encoding: chunked");
            out.write(Upstream.bytes("HTTP/1.1 413 Too much\r\nContent-Length: 5\r\n\r\nstop!"));
        }));
        InputStream endless = new InputStream() {
            private long left = size;

            @Override
            public int read() {
                return left-- > 0 ? 'x' : -1;
            }
        };
        Response.Answered answer = (Response.Answered) outside.send(new Request("PUT", API, List.of(), endless, -1));
        assertThat(answer.status()).isEqualTo(413);
        assertThat(body(answer)).isEqualTo("stop!");
    }

    @Test
    void a_large_upload_of_known_length_arrives_as_it_is() throws IOException {
        int size = 3_000_000;
        outside.api(upstream((head, in, out) -> {
            assertThat(head).contains("Content-Length: " + size);
            int sum = 0;
            for (byte b : in.readNBytes(size)) sum += b;
            out.write(Upstream.bytes("HTTP/1.1 200 OK\r\n\r\n" + sum));
        }));
        byte[] bytes = new byte[size];
        int sum = 0;
        for (int i = 0; i < size; i++) sum += bytes[i] = (byte) (i * 31 >> 3);
        Request request = new Request("PUT", API, List.of(), new ByteArrayInputStream(bytes), size);
        assertThat(body(outside.send(request))).isEqualTo(Integer.toString(sum));
    }

    @Test
    void a_body_that_is_not_as_long_as_it_says_is_not_sent() throws IOException {
        outside.api(upstream((head, in, out) -> in.readAllBytes()));
        for (int told : new int[] {4, 6, 2_000, 5_000}) {
            Request request = new Request(
                    "PUT", API, List.of(), new ByteArrayInputStream(new byte[told < 1_000 ? 5 : 3_000]), told);
            assertThat(refused(outside.send(request))).as("told " + told).isEqualTo("request_invalid");
        }
        InputStream broken = new SequenceInputStream(new ByteArrayInputStream(new byte[2_000]), new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("torn");
            }
        });
        assertThat(refused(outside.send(new Request("PUT", API, List.of(), broken, -1))))
                .isEqualTo("request_invalid");
    }
}
