package io.dormouse.outbound;

import java.util.Optional;

/**
 * Where a request goes, read once and strictly: what two programs could read differently is not a URL here.
 *
 * @param target path and query as they were written; never empty, begins with a slash
 */
public record HttpUrl(boolean secure, Host host, int port, String target) {
    public static final int MAX_LENGTH = 16_384;

    private static final String NOT_ANYWHERE = "\\#\"<>^`";

    /** Empty for whatever is not an absolute http or https URL, or has user information, a fragment or a strange host. */
    public static Optional<HttpUrl> parse(String text) {
        if (text == null || text.length() > MAX_LENGTH || !plain(text)) return Optional.empty();
        boolean secure = text.regionMatches(true, 0, "https://", 0, 8);
        if (!secure && !text.regionMatches(true, 0, "http://", 0, 7)) return Optional.empty();
        int start = secure ? 8 : 7;
        int end = start;
        while (end < text.length() && text.charAt(end) != '/' && text.charAt(end) != '?') end++;
        String authority = text.substring(start, end);
        int colon = authority.lastIndexOf(':');
        // A colon inside of brackets is part of the address.
        if (colon < authority.lastIndexOf(']')) colon = -1;
        Optional<Host> host = Host.parse(colon < 0 ? authority : authority.substring(0, colon));
        int port = colon < 0 ? secure ? 443 : 80 : port(authority.substring(colon + 1));
        if (host.isEmpty() || port < 0) return Optional.empty();
        String rest = text.substring(end);
        return Optional.of(new HttpUrl(secure, host.get(), port, rest.startsWith("/") ? rest : "/" + rest));
    }

    /** Printable ASCII without what browsers drop, turn round or take for an end. */
    private static boolean plain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c >= 127 || NOT_ANYWHERE.indexOf(c) >= 0) return false;
        }
        return true;
    }

    private static int port(String text) {
        if (text.isEmpty() || text.length() > 5 || text.charAt(0) == '0') return -1;
        int port = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') return -1;
            port = port * 10 + c - '0';
        }
        return port <= 65_535 ? port : -1;
    }

    /** Without the query. */
    public String path() {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }

    /** What a Host header says: without the port that the scheme has anyway. */
    public String authority() {
        return port == (secure ? 443 : 80) ? host.toString() : host + ":" + port;
    }

    public boolean sameOrigin(HttpUrl other) {
        return secure == other.secure && host.equals(other.host) && port == other.port;
    }

    /** The URL as it was read. */
    @Override
    public String toString() {
        return (secure ? "https://" : "http://") + authority() + target;
    }
}
