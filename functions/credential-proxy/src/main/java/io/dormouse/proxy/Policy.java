package io.dormouse.proxy;

import io.dormouse.outbound.HostRule;
import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.Networking;
import io.dormouse.outbound.Outbound.Header;
import io.dormouse.outbound.Outbound.Purpose;
import io.dormouse.outbound.Outbound.Request;
import io.dormouse.outbound.PackageHosts;
import io.dormouse.outbound.Refusal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Decides, by nothing but what it is told, where a request may go and what it gets. */
public record Policy(Ring.Open ring, PrivateHosts opened) {
    /** A shorter secret could not be told apart from other text in what comes back. */
    static final int SHORTEST_SECRET = 8;

    /** Headers that a secret never stands in: they say where a message goes, or end up in other people's logs. */
    private static final Set<String> NO_PLACE =
            Set.of("referer", "user-agent", "origin", "from", "range", "if-range", "content-type", "accept-encoding");

    /** Headers that carry credentials. Where the session has one of its own, no other may go. */
    private static final Set<String> CREDENTIALS = Set.of(
            "authorization",
            "x-api-key",
            "api-key",
            "apikey",
            "x-auth-token",
            "x-access-token",
            "x-auth-key",
            "private-token",
            "job-token",
            "x-goog-api-key",
            "x-goog-iam-authorization-token",
            "x-amz-security-token",
            "x-ms-authorization-auxiliary",
            "x-vault-token",
            "x-figma-token",
            "x-shopify-access-token",
            "ocp-apim-subscription-key");

    /** The same, in a query. */
    private static final Set<String> CREDENTIAL_PARAMETERS = Set.of(
            "access_token",
            "api_key",
            "apikey",
            "auth_token",
            "private_token",
            "x-amz-security-token",
            "x-amz-signature",
            "x-goog-signature");

    /** Whether a decision wants to see the request's body, if that is small enough. */
    public boolean looksIntoBodies(Purpose purpose) {
        return purpose == Purpose.SANDBOX && !variables().isEmpty();
    }

    /** @param body the whole of it; null when it is too large, or the decision does not look into it */
    public Decision decide(Purpose purpose, Request request, byte[] body) {
        return switch (RequestHead.of(request)) {
            case RequestHead.Bad bad -> new Decision.Deny(Refusal.REQUEST_INVALID, bad.why());
            case RequestHead.Good head -> decide(purpose, head, body);
        };
    }

    private List<Key.Variable> variables() {
        List<Key.Variable> keys = new ArrayList<>();
        for (Key key : ring.keys()) if (key instanceof Key.Variable v) keys.add(v);
        return keys;
    }

    private Decision decide(Purpose purpose, RequestHead.Good head, byte[] body) {
        HttpUrl url = head.url();
        String closed = closed(url);
        if (closed != null) return new Decision.Deny(Refusal.DESTINATION_DENIED, closed);
        String unreachable = unreachable(purpose, url);
        if (unreachable != null) return new Decision.Deny(Refusal.HOST_NOT_ALLOWED, unreachable);
        return new Credentials(head).decide(purpose, body);
    }

    // ---- where

    /** Why nobody may go there, as far as the URL tells it; what a name stands for is looked at later. */
    private String closed(HttpUrl url) {
        if (opened.of(url) != null) return null;
        if (url.host().isAddress() && !url.host().address().isPublic())
            return url.host() + " is a " + url.host().address().kind() + " address";
        if (url.host().isLocalName()) return url.host() + " is a name of local networks";
        if (url.port() < 1024 && url.port() != 80 && url.port() != 443)
            return "port " + url.port() + " is not one for HTTP";
        return null;
    }

    private String unreachable(Purpose purpose, HttpUrl url) {
        return switch (purpose) {
            case SANDBOX -> {
                if (repository(url) != null) yield null;
                if (isPush(url) && !repositories(url).isEmpty())
                    yield "the session has another repository at " + url.authority();
                yield inEnvironment(url) ? null : "the environment does not allow " + url.authority();
            }
            case MCP ->
                ring.mcpServers().contains(url) ? null : url.authority() + " is not an MCP server of the session";
            case GIT ->
                repositories(url).isEmpty() || repository(url) != null
                        ? null
                        : "the session has another repository at " + url.authority();
            case FETCH -> null;
        };
    }

    private boolean inEnvironment(HttpUrl url) {
        return switch (ring.networking()) {
            case Networking.Unrestricted u -> true;
            case Networking.Limited limited ->
                limited.allowedHosts().stream().anyMatch(rule -> rule.matches(url))
                        || limited.mcpServers() && ring.mcpServers().stream().anyMatch(url::sameOrigin)
                        || limited.packageManagers() && PackageHosts.holds(url);
        };
    }

    private List<Key.Repository> repositories(HttpUrl url) {
        List<Key.Repository> there = new ArrayList<>();
        for (Key key : ring.keys())
            if (key instanceof Key.Repository r && r.repository().sameOrigin(url)) there.add(r);
        return there;
    }

    /** Git's smart protocol: what comes before a push, and the push, in whatever way a server may read it. */
    private static boolean isPush(HttpUrl url) {
        String read = unescaped(url.target());
        return read.contains("/git-receive-pack") || read.contains("service=git-receive-pack");
    }

    /** The one that this URL is part of; null for none. */
    private Key.Repository repository(HttpUrl url) {
        String path = url.path();
        // What a server could read as another path is part of none.
        if (path.indexOf('%') >= 0 || path.contains("//") || path.contains("/.")) return null;
        for (Key.Repository key : repositories(url)) {
            String base = key.repository().path();
            if (base.endsWith("/")) base = base.substring(0, base.length() - 1);
            if (base.endsWith(".git")) base = base.substring(0, base.length() - 4);
            if (!base.isEmpty() && (path.startsWith(base + "/") || path.startsWith(base + ".git/"))) return key;
        }
        return null;
    }

    /** Whether the session has a credential that is meant for this host by name. */
    private boolean guarded(HttpUrl url) {
        return ring.keys().stream().anyMatch(key -> meant(key, url));
    }

    private static boolean meant(Key key, HttpUrl url) {
        return switch (key) {
            case Key.Variable v -> !v.anyHost() && allowed(v.hosts(), url);
            case Key.Bearer b -> b.server().host().equals(url.host());
            case Key.Repository r -> r.repository().host().equals(url.host());
        };
    }

    private static boolean allowed(List<HostRule> rules, HttpUrl url) {
        return rules.stream().anyMatch(rule -> rule.matches(url));
    }

    // ---- with what

    /** The credentials of one request that may go where it wants to. */
    private final class Credentials {
        private final RequestHead.Good head;
        private final HttpUrl url;
        private final Set<Key> used = new LinkedHashSet<>();
        private final List<Header> headers = new ArrayList<>();

        Credentials(RequestHead.Good head) {
            this.head = head;
            this.url = head.url();
        }

        Decision decide(Purpose purpose, byte[] body) {
            return switch (purpose) {
                case SANDBOX -> repository(url) != null ? basic() : swapped(variables(), body);
                case MCP -> bearer();
                case GIT -> basic();
                case FETCH -> without();
            };
        }

        private Decision bearer() {
            for (Key key : ring.keys())
                if (key instanceof Key.Bearer b && b.server().equals(url))
                    return authorized(b, "Bearer " + text(b.secret()));
            return without();
        }

        private Decision basic() {
            Key.Repository key = repository(url);
            if (key == null) return without();
            byte[] pair = ("x-access-token:" + text(key.secret())).getBytes(StandardCharsets.ISO_8859_1);
            return authorized(key, "Basic " + Base64.getEncoder().encodeToString(pair));
        }

        /** Puts the key's own header in the place of what the caller may have set. */
        private Decision authorized(Key key, String value) {
            String fault = unfit(key);
            if (fault == null && !RequestHead.isValue(value)) fault = "has control characters";
            if (fault != null) return notAllowed(key, fault);
            head.headers().stream()
                    .filter(header -> !header.name().equalsIgnoreCase("authorization"))
                    .forEach(headers::add);
            headers.add(new Header("Authorization", value));
            used.add(key);
            return finish(null, Placeholders.NONE, Set.of("authorization"));
        }

        private Decision without() {
            headers.addAll(head.headers());
            return finish(null, Placeholders.NONE, Set.of());
        }

        private Decision swapped(List<Key.Variable> keys, byte[] body) {
            if (keys.isEmpty()) return without();
            Placeholders inHeader = new Placeholders(keys, key -> fault(key, key.inHeader(), "headers"));
            Key.Variable stray = inHeader.in(url.target());
            if (stray == null) stray = inHeader.in(unescaped(url.target()));
            if (stray != null) return notAllowed(stray, "does not go into a URL");
            Set<String> ours = new HashSet<>();
            for (Header header : head.headers()) {
                List<Key.Variable> found = inHeader.allIn(header.value());
                String name = header.name().toLowerCase(Locale.ROOT);
                Key.Variable hidden = inHeader.in(header.name());
                if (hidden == null && found.isEmpty()) hidden = inHeader.in(basicPair(header.value()));
                if (hidden != null) return notAllowed(hidden, "does not go into a name, or into Basic authorization");
                for (Key.Variable key : found) {
                    String fault =
                            NO_PLACE.contains(name) ? "does not go into the header " + name : inHeader.fault(key);
                    if (fault == null && used.contains(key)) fault = "goes into one header of a request";
                    if (fault != null) return notAllowed(key, fault);
                }
                if (found.isEmpty()) headers.add(header);
                else {
                    String value = inHeader.swap(header.value(), used);
                    if (!RequestHead.isValue(value)) return notAllowed(found.getFirst(), "has control characters");
                    headers.add(new Header(header.name(), value));
                    ours.add(name);
                }
            }
            Placeholders inBody = new Placeholders(keys, key -> fault(key, key.inBody(), "bodies"));
            if (body == null) return finish(null, inBody, ours);
            String text = new String(body, StandardCharsets.ISO_8859_1);
            List<Key.Variable> found = inBody.allIn(text);
            for (Key.Variable key : found) if (inBody.fault(key) != null) return notAllowed(key, inBody.fault(key));
            byte[] sent = found.isEmpty() ? body : inBody.swap(text, used).getBytes(StandardCharsets.ISO_8859_1);
            return finish(sent, Placeholders.NONE, ours);
        }

        private String fault(Key.Variable key, boolean inPlace, String place) {
            if (!key.anyHost() && !allowed(key.hosts(), url)) return "is not meant for " + url.authority();
            return inPlace ? unfit(key) : "does not go into " + place;
        }

        private String unfit(Key key) {
            if (key.secret().bytes().length < SHORTEST_SECRET)
                return "has fewer than " + SHORTEST_SECRET + " bytes, too few to be found again in an answer";
            // An operator who opens a host by name and address vouches for the way to it.
            return url.secure() || opened.of(url) != null ? null : "only goes over https";
        }

        /** @param ours headers, in lower case, whose credential is the session's */
        private Decision finish(byte[] body, Placeholders strays, Set<String> ours) {
            boolean guarded = guarded(url) || !used.isEmpty();
            List<Header> sent = new ArrayList<>();
            for (Header header : headers) {
                String name = header.name().toLowerCase(Locale.ROOT);
                if (!guarded || ours.contains(name)) sent.add(header);
                else if (CREDENTIALS.contains(name)) return foreign("the header " + name);
                else if (name.equals("cookie") || name.equals("accept-encoding")) continue;
                // A part of an echo is not found again.
                else if (!used.isEmpty() && (name.equals("range") || name.equals("if-range"))) continue;
                else sent.add(header);
            }
            if (guarded) {
                String parameter = credentialParameter();
                if (parameter != null) return foreign("the parameter " + parameter);
                sent.add(new Header("Accept-Encoding", "identity"));
            }
            List<Secret> hidden = new ArrayList<>();
            for (Key key : ring.keys())
                if (guarded
                        && (used.contains(key) || meant(key, url))
                        && key.secret().bytes().length >= SHORTEST_SECRET) hidden.add(key.secret());
            return new Decision.Allow(url, sent, List.copyOf(used), hidden, guarded, body, strays);
        }

        private String credentialParameter() {
            int query = url.target().indexOf('?');
            if (query < 0) return null;
            for (String pair : url.target().substring(query + 1).split("&")) {
                int equals = pair.indexOf('=');
                String name =
                        unescaped(equals < 0 ? pair : pair.substring(0, equals)).toLowerCase(Locale.ROOT);
                if (CREDENTIAL_PARAMETERS.contains(name)) return name;
            }
            return null;
        }

        private Decision foreign(String what) {
            return new Decision.Deny(
                    Refusal.FOREIGN_CREDENTIAL,
                    what + " is a credential of its own; " + url.authority() + " gets those of the session only");
        }

        private Decision notAllowed(Key key, String why) {
            return new Decision.Deny(Refusal.CREDENTIAL_NOT_ALLOWED, "credential " + key.id() + " " + why);
        }
    }

    /** Each char is one byte. */
    private static String text(Secret secret) {
        return new String(secret.bytes(), StandardCharsets.ISO_8859_1);
    }

    private static String unescaped(String text) {
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            int high = i + 2 < text.length() && text.charAt(i) == '%' ? Character.digit(text.charAt(i + 1), 16) : -1;
            int low = high < 0 ? -1 : Character.digit(text.charAt(i + 2), 16);
            if (low < 0) plain.append(text.charAt(i));
            else {
                plain.append((char) (high * 16 + low));
                i += 2;
            }
        }
        return plain.toString();
    }

    /** The user and password that a value holds as Basic authorization does; empty for any other value. */
    private static String basicPair(String value) {
        if (!value.regionMatches(true, 0, "basic ", 0, 6)) return "";
        try {
            byte[] pair = Base64.getDecoder().decode(value.substring(6).strip());
            return new String(pair, StandardCharsets.ISO_8859_1);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }
}
