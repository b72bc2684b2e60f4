package io.dormouse.local.e2e;

import io.dormouse.local.e2e.Upstream.Heard;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;

/** A host that sends back what it is sent, in every way that it can think of. The path says which. */
final class Echo {
    private Echo() {}

    static void answer(Heard heard, OutputStream out) throws IOException {
        String secret = heard.header("authorization");
        String target = heard.target();
        int query = target.indexOf('?');
        switch (query < 0 ? target : target.substring(0, query)) {
            case "/echo" -> Upstream.ok(out, "", heard.head());
            case "/echo-header" -> Upstream.ok(out, "X-Echo: " + secret + "\r\n", "in a header");
            case "/echo-error" ->
                Upstream.say(
                        out,
                        "HTTP/1.1 500 " + secret.replace(' ', '-') + "\r\nConnection: close\r\n\r\n<h1>" + heard.head()
                                + "</h1>");
            case "/echo-chunks" -> chunks(out, secret);
            case "/echo-forms" -> Upstream.ok(out, "", forms(secret.replace("Bearer ", "")));
            case "/echo-gzip" -> gzip(out, secret);
            case "/echo-cookie" -> Upstream.ok(out, "Set-Cookie: session=" + secret + "\r\n", "a cookie");
            case "/redirect" ->
                Upstream.say(
                        out,
                        "HTTP/1.1 302 Found\r\nLocation: "
                                + URLDecoder.decode(target.substring(query + 1), StandardCharsets.UTF_8)
                                + "\r\nContent-Length: 0\r\n\r\n");
            default -> Upstream.ok(out, "", "ok");
        }
    }

    /** The first half, a pause in which the bytes leave, then byte by byte. */
    private static void chunks(OutputStream out, String secret) throws IOException {
        Upstream.say(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (char c : secret.toCharArray()) Upstream.say(out, "1\r\n" + c + "\r\n");
        Upstream.say(out, "0\r\n\r\n");
    }

    private static String forms(String secret) {
        byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
        byte[] later = ("x" + secret + "x").getBytes(StandardCharsets.UTF_8);
        return String.join(
                "\n",
                secret,
                new StringBuilder(secret).reverse(),
                Base64.getEncoder().encodeToString(bytes),
                Base64.getUrlEncoder().encodeToString(later),
                HexFormat.of().formatHex(bytes),
                HexFormat.of().withUpperCase().formatHex(bytes),
                URLEncoder.encode(secret, StandardCharsets.UTF_8));
    }

    private static void gzip(OutputStream out, String secret) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(secret.getBytes(StandardCharsets.UTF_8));
        }
        Upstream.say(
                out, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + compressed.size() + "\r\n\r\n");
        out.write(compressed.toByteArray());
        out.flush();
    }
}
