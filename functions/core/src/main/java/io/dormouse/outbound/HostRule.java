package io.dormouse.outbound;

import java.util.Optional;

/**
 * A host that is allowed, or every name below one.
 *
 * @param below whether it means the names below {@code name}, and not {@code name} itself
 * @param port or 0 for any
 */
public record HostRule(String name, boolean below, int port) {
    /** {@code name}, {@code *.name}, an address, each perhaps with {@code :port}. Empty when no host can be meant. */
    public static Optional<HostRule> parse(String text) {
        boolean below = text.startsWith("*.");
        // Read as part of a URL, so that a rule names what a request can name.
        Optional<HttpUrl> url = HttpUrl.parse("http://" + (below ? text.substring(2) : text));
        if (url.isEmpty() || text.indexOf('/') >= 0 || text.indexOf('?') >= 0) return Optional.empty();
        Host host = url.get().host();
        if (below && host.isAddress()) return Optional.empty();
        boolean port = text.lastIndexOf(':') > text.lastIndexOf(']');
        return Optional.of(new HostRule(host.text(), below, port ? url.get().port() : 0));
    }

    public boolean matches(HttpUrl url) {
        String host = url.host().text();
        boolean named = below ? !url.host().isAddress() && host.endsWith("." + name) : host.equals(name);
        return named && (port == 0 || port == url.port());
    }

    @Override
    public String toString() {
        return (below ? "*." : "") + (name.indexOf(':') >= 0 ? "[" + name + "]" : name) + (port == 0 ? "" : ":" + port);
    }
}
