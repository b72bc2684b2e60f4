package io.dormouse.web.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Outbound.Header;
import io.dormouse.outbound.Outbound.Response;
import io.dormouse.pace.Cancellation;
import io.dormouse.web.FetchRules;
import io.dormouse.web.Web.Answer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class ProxiedWebTest {
    private static final SessionId SESSION = new SessionId("sesn_1111111111111111111111");
    private static final ThreadId THREAD = SESSION.primaryThread();

    private final Map<String, Response> pages = new HashMap<>();
    private final List<Outbound.Request> sent = new ArrayList<>();
    private final List<Outbound.Caller> callers = new ArrayList<>();
    private final Outbound outbound = (caller, request) -> {
        sent.add(request);
        callers.add(caller);
        return pages.getOrDefault(request.url(), new Response.Refused("destination_denied", "nobody may go there"));
    };

    private Answer fetch(String url, String config) {
        FetchRules rules = new FetchRules(Json.parse(config.replace('\'', '"')));
        return new ProxiedWeb(outbound, Duration.ofSeconds(30)).fetch(CALLER, url, rules, new Cancellation());
    }

    private static Response answer(int status, String type, byte[] body, String... more) {
        List<Header> headers = new ArrayList<>();
        if (type != null) headers.add(new Header("Content-Type", type));
        for (int i = 0; i < more.length; i += 2) headers.add(new Header(more[i], more[i + 1]));
        return new Response.Answered(status, headers, new ByteArrayInputStream(body), null);
    }

    private void page(String type, String body) {
        pages.put("https://a.example/", answer(200, type, body.getBytes(StandardCharsets.UTF_8)));
    }

    private static String text(Answer answer) {
        assertThat(answer).isInstanceOf(Answer.Page.class);
        return ((Answer.Page) answer).content().path(0).path("text").asText();
    }

    private String text() {
        return text(fetch("https://a.example/", "{}"));
    }

    private String failure(String url, String config) {
        Answer answer = fetch(url, config);
        assertThat(answer).isInstanceOf(Answer.Failed.class);
        return ((Answer.Failed) answer).message();
    }

    // ---- texts

    @Test
    void html_becomes_what_a_reader_sees() {
        page("text/html", """
                <html><head><title>The title</title><style>p{}</style></head><body><script>evil()</script>
                <h2>Part</h2><p>One <b>bold</b>   word, <a href="/next?a=1">a link</a>.</p>
                <ul><li>first</li><li>second</li></ul><pre>  a
                    b</pre><table><tr><td>1</td><td>2</td></tr></table></body></html>""");
        assertThat(text())
                .startsWith("Title: The title\n\n## Part\n")
                .contains("One bold word, [a link](https://a.example/next?a=1).\n")
                .contains("- first\n")
                .contains("- second\n")
                .contains("  a\n    b")
                .contains("1 2")
                .doesNotContain("evil");
    }

    @Test
    void text_json_and_xml_stay_as_they_are() {
        for (String type :
                List.of("text/plain", "text/csv; charset=utf-8", "application/json", "application/atom+xml")) {
            page(type, "{\"ü\": 1}\n");
            assertThat(text()).isEqualTo("{\"ü\": 1}\n");
        }
    }

    @Test
    void charsets_are_those_of_the_header_or_of_the_page() {
        byte[] latin = "<meta charset=iso-8859-1><p>für</p>".getBytes(StandardCharsets.ISO_8859_1);
        pages.put("https://a.example/", answer(200, "text/html", latin));
        assertThat(text()).isEqualTo("für");
        pages.put("https://a.example/", answer(200, "text/plain; charset=ISO-8859-1", new byte[] {(byte) 0xFC}));
        assertThat(text()).isEqualTo("ü");
        pages.put("https://a.example/", answer(200, "text/plain; charset=nonsense!", new byte[] {(byte) 0xFC, 0}));
        assertThat(text()).isEqualTo("\uFFFD ");
    }

    @Test
    void a_long_text_is_cut_and_says_so() {
        page("text/plain", "é".repeat(1000));
        assertThat(text(fetch("https://a.example/", "{'max_content_tokens':100}")))
                .startsWith("é".repeat(150) + "\n\n[cut here: 850 more characters");
        page("text/html", "<p>x" + " ".repeat(Visit.MAX_BYTES) + "<p>end");
        assertThat(text()).contains("[cut here").doesNotContain("end");
    }

    @Test
    void what_comes_compressed_is_unpacked_as_far_as_it_is_read() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            for (int i = 0; i < 200; i++) out.write(new byte[1 << 20]);
        }
        pages.put("https://a.example/", answer(200, "text/plain", packed.toByteArray(), "Content-Encoding", "gzip"));
        assertThat(text()).contains("[cut here");
    }

    @Test
    void a_pdf_is_a_document_unless_it_is_too_long() {
        pages.put("https://a.example/", answer(200, "application/pdf", new byte[] {1, 2, 3}));
        JsonNode content = ((Answer.Page) fetch("https://a.example/", "{}")).content();
        assertThat(content)
                .isEqualTo(Json.parse("[{\"type\":\"document\",\"source\":{\"type\":\"base64\","
                        + "\"media_type\":\"application/pdf\",\"data\":\"AQID\"}}]"));
        pages.put("https://a.example/", answer(200, "application/pdf", new byte[400_000]));
        assertThat(failure("https://a.example/", "{}")).contains("too long").contains("400000 bytes");
    }

    @Test
    void what_is_no_text_is_an_error() {
        pages.put("https://a.example/", answer(200, "image/png", new byte[3]));
        assertThat(failure("https://a.example/", "{}")).contains("image/png");
        pages.put("https://a.example/", answer(404, "text/html", new byte[3]));
        assertThat(failure("https://a.example/", "{}")).isEqualTo("The server answered HTTP 404.");
        pages.put("https://a.example/", answer(200, "text/plain", new byte[3], "Content-Encoding", "gzip"));
        assertThat(failure("https://a.example/", "{}")).contains("broke");
    }

    // ---- ways

    @Test
    void nothing_but_a_get_without_credentials_is_sent() {
        page("text/plain", "x");
        fetch(" https://a.example/#part".strip(), "{}");
        assertThat(sent).hasSize(1);
        assertThat(sent.getFirst().method()).isEqualTo("GET");
        assertThat(sent.getFirst().url()).isEqualTo("https://a.example/");
        assertThat(sent.getFirst().length()).isZero();
        assertThat(sent.getFirst().headers())
                .extracting(Header::name)
                .containsExactly("Accept", "Accept-Encoding", "User-Agent");
        assertThat(callers.getFirst().purpose()).isEqualTo(Outbound.Purpose.FETCH);
    }

    @Test
    void only_http_urls_are_fetched() {
        for (String url :
                List.of("file:///etc/passwd", "ftp://a.example/", "x", "https://me:pw@a.example/", "https://"))
            assertThat(failure(url, "{}")).contains("not an absolute http or https URL");
        assertThat(sent).isEmpty();
        pages.put("https://a.example/%C3%BC", answer(200, "text/plain", new byte[] {'x'}));
        assertThat(text(fetch("https://a.example/ü", "{}"))).isEqualTo("x");
    }

    @Test
    void a_redirect_is_followed_and_told() {
        pages.put("https://a.example/x/y", answer(302, null, new byte[0], "Location", "../z#top"));
        pages.put("https://a.example/z", answer(308, null, new byte[0], "location", "//b.example/"));
        pages.put("https://b.example/", answer(200, "text/plain", new byte[] {'x'}));
        assertThat(text(fetch("https://a.example/x/y", "{}"))).isEqualTo("[redirected to https://b.example/]\n\nx");
    }

    @Test
    void a_redirect_leads_nowhere_that_the_rules_do_not_allow() {
        pages.put("https://a.example/", answer(302, null, new byte[0], "Location", "https://b.example/"));
        assertThat(failure("https://a.example/", "{'allowed_domains':['a.example']}"))
                .contains("b.example");
        pages.put("https://a.example/", answer(302, null, new byte[0], "Location", "file:///etc/passwd"));
        assertThat(failure("https://a.example/", "{}")).contains("not an absolute http or https URL");
        pages.put("https://a.example/", answer(302, null, new byte[0], "Location", "http://169.254.169.254/"));
        assertThat(failure("https://a.example/", "{}")).contains("nobody may go there");
        assertThat(sent).hasSize(4);
    }

    @Test
    void redirects_end() {
        pages.put("https://a.example/", answer(302, null, new byte[0], "Location", "/"));
        assertThat(failure("https://a.example/", "{}")).contains("more than 5 times");
        assertThat(sent).hasSize(6);
    }

    // ---- giving up

    private static final Outbound.Caller CALLER =
            new Outbound.Caller(WorkspaceId.DEFAULT, SESSION, THREAD, 1, null, Outbound.Purpose.FETCH);

    /** An answer whose body says nothing until it is closed. */
    private static Response hanging() {
        CountDownLatch closed = new CountDownLatch(1);
        InputStream body = new InputStream() {
            @Override
            public int read() throws IOException {
                try {
                    closed.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                return -1;
            }

            @Override
            public void close() {
                closed.countDown();
            }
        };
        return new Response.Answered(200, List.of(), body, null);
    }

    private static Answer fetch(Outbound outbound, Duration timeout, Cancellation cancellation) {
        return new ProxiedWeb(outbound, timeout)
                .fetch(CALLER, "http://a.example", new FetchRules(Json.object()), cancellation);
    }

    @Test
    void a_page_that_hangs_is_given_up() {
        assertThat(fetch((caller, request) -> hanging(), Duration.ofMillis(10), new Cancellation()))
                .isInstanceOf(Answer.Failed.class);
    }

    @Test
    void a_page_that_hangs_is_given_up_when_nobody_wants_it_any_more() {
        Cancellation cancellation = new Cancellation();
        Outbound outbound = (caller, request) -> {
            cancellation.request();
            return hanging();
        };
        assertThat(fetch(outbound, Duration.ofSeconds(50), cancellation)).isInstanceOf(Answer.Cancelled.class);
    }

    @Test
    void what_was_cancelled_before_is_not_asked_for() {
        Cancellation cancellation = new Cancellation();
        cancellation.request();
        Outbound nobody = (caller, request) -> {
            throw new AssertionError("sent");
        };
        assertThat(fetch(nobody, Duration.ofSeconds(50), cancellation)).isInstanceOf(Answer.Cancelled.class);
    }
}
