package io.dormouse.web;

import io.dormouse.outbound.Host;
import io.dormouse.outbound.HttpUrl;
import java.util.Optional;

/**
 * A domain with all names below it, as {@code allowed_domains} and {@code blocked_domains} name it.
 *
 * @param path null, or what paths of it begin with: {@code /blog} means {@code /blog} and what is below it
 */
public record Domain(Host host, String path) {
    /** {@code example.com} or {@code example.com/blog}: without a scheme, a port or a wildcard. Empty for anything else. */
    public static Optional<Domain> parse(String text) {
        int slash = text.indexOf('/');
        String path = slash < 0 ? "" : text.substring(slash);
        while (path.endsWith("/")) path = path.substring(0, path.length() - 1);
        if (ambiguous(path) || path.indexOf('*') >= 0 || path.indexOf('?') >= 0) return Optional.empty();
        String kept = path.isEmpty() ? null : path;
        return Host.parse(slash < 0 ? text : text.substring(0, slash)).map(host -> new Domain(host, kept));
    }

    /** Whether two servers could read it as two paths. */
    private static boolean ambiguous(String path) {
        return path.indexOf('%') >= 0 || path.indexOf('\\') >= 0 || path.contains("//") || path.contains("/.");
    }

    /** @param strict whether a path that could be read in several ways is outside */
    boolean holds(HttpUrl url, boolean strict) {
        String name = url.host().text();
        boolean named = url.host().equals(host)
                || !host.isAddress() && !url.host().isAddress() && name.endsWith("." + host.text());
        if (!named || path == null) return named;
        if (ambiguous(url.path())) return !strict;
        return url.path().equals(path) || url.path().startsWith(path + "/");
    }
}
