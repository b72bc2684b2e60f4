package io.dormouse.proxy;

import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.Outbound.Header;
import io.dormouse.outbound.Outbound.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** A request's head as it may be sent: read strictly, and without what belongs to the connection it came over. */
sealed interface RequestHead {
    record Good(String method, HttpUrl url, List<Header> headers) implements RequestHead {}

    record Bad(String why) implements RequestHead {}

    int MAX_HEADERS = 100;
    int MAX_BYTES = 65_536;

    /** Headers of one connection, and those by which a proxy speaks for a client. None of them passes. */
    Set<String> DROPPED = Set.of(
            "connection",
            "keep-alive",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "host",
            "content-length",
            "expect",
            "forwarded",
            "via",
            "x-real-ip");

    /** What {@code Connection} may name: dropping another header because a client says so would be its way to hide it. */
    Set<String> CONNECTION = Set.of("close", "keep-alive", "te", "upgrade", "proxy-connection", "http2-settings", "");

    static RequestHead of(Request request) {
        String method = request.method();
        if (!isToken(method) || method.length() > 20) return new Bad("the method is not one");
        if (method.equals("CONNECT") || method.equals("TRACE"))
            return new Bad("the method " + method + " is not passed on");
        Optional<HttpUrl> url = HttpUrl.parse(request.url());
        if (url.isEmpty()) return new Bad("the URL is not one that every program reads the same");
        List<Header> kept = new ArrayList<>();
        int bytes = request.url().length();
        int hosts = 0;
        int lengths = 0;
        boolean encoded = false;
        for (Header header : request.headers()) {
            String name = header.name().toLowerCase(Locale.ROOT);
            String value = header.value().strip();
            if (!isToken(name)) return new Bad("a header's name is not one");
            if (!isValue(value)) return new Bad("the value of the header " + name + " has control characters");
            bytes += name.length() + value.length() + 4;
            switch (name) {
                case "host" -> hosts++;
                case "content-length" -> {
                    lengths++;
                    if (!value.equals(Long.toString(request.length())))
                        return new Bad("content-length is not the length of the body");
                }
                case "transfer-encoding" -> encoded = true;
                case "connection" -> {
                    for (String named : value.toLowerCase(Locale.ROOT).split(","))
                        if (!CONNECTION.contains(named.strip()))
                            return new Bad("the connection header names another header");
                }
                default -> {}
            }
            if (!dropped(name)) kept.add(new Header(header.name(), value));
        }
        if (hosts > 1) return new Bad("there are " + hosts + " host headers");
        if (lengths > 1 || lengths == 1 && encoded) return new Bad("the length of the body is told twice");
        if (request.headers().size() > MAX_HEADERS || bytes > MAX_BYTES) return new Bad("the head is too large");
        return new Good(method, url.get(), kept);
    }

    private static boolean dropped(String name) {
        return DROPPED.contains(name)
                || name.startsWith("proxy-")
                || name.startsWith("x-forwarded-")
                || name.startsWith("http2-");
    }

    private static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!letter && "!#$%&'*+-.^_`|~".indexOf(c) < 0) return false;
        }
        return !text.isEmpty();
    }

    /** Bytes, without controls: what is above 255 would have to be written in some encoding. */
    static boolean isValue(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' && c != '\t' || c == 127 || c > 255) return false;
        }
        return true;
    }
}
