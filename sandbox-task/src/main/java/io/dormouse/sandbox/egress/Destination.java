package io.dormouse.sandbox.egress;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a request wants to go.
 *
 * @param host a name in lower case, or an address without brackets
 */
record Destination(String scheme, String host, int port) {
    private static final Pattern AUTHORITY =
            Pattern.compile("(?:([A-Za-z0-9._-]{1,253})|\\[([0-9A-Fa-f:.]{2,45})])(?::([0-9]{1,5}))?");

    /** From {@code host}, {@code host:port} or {@code [address]:port}; nothing when it is anything else. */
    static Optional<Destination> of(String scheme, String authority) {
        Matcher matcher = AUTHORITY.matcher(authority);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String host = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
        int port = matcher.group(3) == null ? usual(scheme) : Integer.parseInt(matcher.group(3));
        return port < 1 || port > 65_535
                ? Optional.empty()
                : Optional.of(new Destination(scheme, host.toLowerCase(Locale.ROOT), port));
    }

    /** The URL of a path here, the port only where it is not the usual one. */
    String url(String path) {
        String bracketed = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return scheme + "://" + bracketed + (port == usual(scheme) ? "" : ":" + port) + path;
    }

    private static int usual(String scheme) {
        return scheme.equals("https") ? 443 : 80;
    }
}
