package io.dormouse.sandbox.egress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RequestHeadTest {
    private static final String GET = "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n";

    private static RequestHead.Read read(String text) throws IOException {
        return RequestHead.from(new ClientInput(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1))));
    }

    @Test
    void an_ordinary_head_is_read() throws IOException {
        RequestHead head =
                ((RequestHead.Read.Good) read(GET + "X-A: 1\r\nx-a:  2 \r\nContent-Length: 7\r\n\r\n")).head();
        assertThat(head.method()).isEqualTo("GET");
        assertThat(head.target()).isEqualTo("http://a.test/");
        assertThat(head.length()).isEqualTo(7);
        assertThat(head.keepAlive()).isTrue();
        assertThat(head.forwarded()).containsExactly(new Header("X-A", "1"), new Header("x-a", "2"));
    }

    @Test
    void what_belongs_to_the_connection_is_not_forwarded() throws IOException {
        RequestHead head = ((RequestHead.Read.Good) read(GET + "Connection: close, X-Mine\r\nX-Mine: 1\r\n"
                        + "Proxy-Authorization: Basic eA==\r\nTE: trailers\r\nKeep-Alive: 5\r\nCookie: a=b\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n"))
                .head();
        assertThat(head.forwarded()).containsExactly(new Header("Cookie", "a=b"));
        assertThat(head.length()).isEqualTo(-1);
        assertThat(head.keepAlive()).isFalse();
    }

    @Test
    void what_two_readers_could_understand_differently_is_refused() throws IOException {
        Map<String, String> cases = new TreeMap<>();
        cases.put("length and chunks", GET + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
        cases.put("two lengths", GET + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n");
        cases.put("a list of lengths", GET + "Content-Length: 1, 1\r\n\r\n");
        cases.put("a signed length", GET + "Content-Length: +1\r\n\r\n");
        cases.put("a huge length", GET + "Content-Length: 9999999999999999999\r\n\r\n");
        cases.put("two codings", GET + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n");
        cases.put("another coding", GET + "Transfer-Encoding: gzip, chunked\r\n\r\n");
        cases.put("a coding that is almost chunked", GET + "Transfer-Encoding: xchunked\r\n\r\n");
        cases.put("chunks in HTTP/1.0", "GET http://a.test/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
        cases.put("two hosts", GET + "Host: b.test\r\n\r\n");
        cases.put("no host", "GET http://a.test/ HTTP/1.1\r\n\r\n");
        cases.put("a folded line", GET + "X-A: 1\r\n 2\r\n\r\n");
        cases.put("a space before the colon", GET + "X-A : 1\r\n\r\n");
        cases.put("a header without a colon", GET + "X-A\r\n\r\n");
        cases.put("a header without a name", GET + ": 1\r\n\r\n");
        cases.put("a NUL", GET + "X-A: 1\0002\r\n\r\n");
        cases.put("a bare carriage return", GET + "X-A: 1\r2\r\n\r\n");
        cases.put("a bare line feed", "GET http://a.test/ HTTP/1.1\nHost: a.test\n\n");
        cases.put("a space in the target", "GET http://a.test/ b HTTP/1.1\r\nHost: a.test\r\n\r\n");
        cases.put("no method", " http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n");
        cases.put("a strange method", "G(T http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n");
        cases.put("a byte above ASCII in the target", "GET http://a.test/\u00e4 HTTP/1.1\r\nHost: a.test\r\n\r\n");
        cases.put("an end in the middle", "GET http://a.test/ HTTP/1.1\r\nHost: a");
        cases.put("another protocol", "GET http://a.test/ HTTP/2.0\r\nHost: a.test\r\n\r\n");
        cases.put("too long", GET + "X-A: " + "x".repeat(70_000) + "\r\n\r\n");
        cases.put("too many", GET + "X-A: 1\r\n".repeat(201) + "\r\n");
        for (Map.Entry<String, String> each : cases.entrySet()) {
            assertThat(read(each.getValue())).as(each.getKey()).isInstanceOf(RequestHead.Read.Bad.class);
        }
        assertThat(read("")).isEqualTo(new RequestHead.Read.Ended());
    }

    @Test
    void a_chunked_body_ends_where_it_says() throws IOException {
        assertThat(body("5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: t\r\n\r\nREST"))
                .isEqualTo("hello world|REST");
        for (String bad : List.of(
                "5\r\nhelloo\r\n0\r\n\r\n",
                "-1\r\n\r\n",
                "0x5\r\nhello\r\n0\r\n\r\n",
                "5\nhello\n0\n\n",
                " 5\r\nhello\r\n0\r\n\r\n",
                "5\r\nhel",
                "\r\n",
                "ffffffffffffffff\r\n")) {
            assertThat(body(bad)).as(bad).isEqualTo("broken");
        }
    }

    private static String body(String text) throws IOException {
        ClientInput in = new ClientInput(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)));
        RequestHead chunked = new RequestHead("POST", "/", false, true, List.of(), -1);
        try {
            String read = new String(RequestBody.of(chunked, in).readAllBytes(), StandardCharsets.ISO_8859_1);
            return read + "|" + new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException broken) {
            return "broken";
        }
    }

    @Test
    void a_destination_is_a_host_and_a_port() {
        assertThat(Destination.of("https", "A.Test:8443")).contains(new Destination("https", "a.test", 8443));
        assertThat(Destination.of("https", "[::1]:443").orElseThrow().url("/x")).isEqualTo("https://[::1]/x");
        assertThat(Destination.of("http", "a.test").orElseThrow().url("/")).isEqualTo("http://a.test/");
        for (String bad :
                List.of("", ":80", "a.test:", "a.test:0", "a.test:65536", "u@a.test", "a.test:80:80", "a b")) {
            assertThat(Destination.of("http", bad)).as(bad).isEmpty();
        }
    }
}
