package io.dormouse.web.fetch;

import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Outbound.Caller;
import io.dormouse.outbound.Outbound.Header;
import io.dormouse.outbound.Outbound.Response;
import io.dormouse.web.FetchRules;
import io.dormouse.web.Web.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** One page, from its URL through its redirects to its text. Every hop is a request of its own, and asks the rules anew. */
final class Visit {
    static final int MAX_BYTES = 5 * 1024 * 1024;
    static final int MAX_REDIRECTS = 5;

    private static final List<Header> HEADERS = List.of(
            new Header("Accept", "text/html,text/*,application/json,application/xml,application/pdf;q=0.9,*/*;q=0.1"),
            new Header("Accept-Encoding", "identity"),
            new Header("User-Agent", "Dormouse/0.1 (web_fetch)"));

    private final Outbound outbound;
    private final Caller caller;
    private final FetchRules rules;
    private InputStream open;
    private boolean ended;

    Visit(Outbound outbound, Caller caller, FetchRules rules) {
        this.outbound = outbound;
        this.caller = caller;
        this.rules = rules;
    }

    Answer page(String first) {
        String text = first;
        for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
            Optional<HttpUrl> url = url(text);
            if (url.isEmpty()) {
                String what = hop == 0 ? "This" : "The page is elsewhere, and its new place";
                return new Answer.Failed(what + " is not an absolute http or https URL without user and password.");
            }
            String refusal = rules.refusal(url.get());
            if (refusal != null) return new Answer.Failed(refusal);
            Outbound.Request request =
                    new Outbound.Request("GET", url.get().toString(), HEADERS, InputStream.nullInputStream(), 0);
            switch (outbound.send(caller, request)) {
                case Response.Refused r -> {
                    return new Answer.Failed("The page could not be fetched: " + r.message());
                }
                case Response.Answered a -> {
                    String next = redirect(a);
                    if (next == null) return answered(a, url.get(), hop > 0);
                    close(a.body());
                    text = resolved(url.get(), next);
                }
            }
        }
        return new Answer.Failed("The page is redirected more than " + MAX_REDIRECTS + " times.");
    }

    /** As browsers read it: without the fragment, and what is not ASCII escaped. */
    private static Optional<HttpUrl> url(String text) {
        int fragment = text.indexOf('#');
        String whole = fragment < 0 ? text : text.substring(0, fragment);
        try {
            return HttpUrl.parse(new URI(whole).toASCIIString());
        } catch (URISyntaxException e) {
            return HttpUrl.parse(whole);
        }
    }

    private static String resolved(HttpUrl from, String location) {
        try {
            return new URI(from.toString()).resolve(new URI(location)).toString();
        } catch (URISyntaxException e) {
            return location;
        }
    }

    private static String redirect(Response.Answered answer) {
        return switch (answer.status()) {
            case 301, 302, 303, 307, 308 -> header(answer, "location");
            default -> null;
        };
    }

    private static String header(Response.Answered answer, String name) {
        for (Header header : answer.headers())
            if (header.name().equalsIgnoreCase(name)) return header.value().strip();
        return null;
    }

    private Answer answered(Response.Answered answer, HttpUrl url, boolean redirected) {
        if (!holds(answer.body())) return new Answer.Cancelled();
        if (answer.status() < 200 || answer.status() > 299)
            return new Answer.Failed("The server answered HTTP " + answer.status() + ".");
        try {
            byte[] bytes = decoded(answer).readNBytes(MAX_BYTES + 1);
            return new PageText(rules.maxTokens())
                    .of(header(answer, "content-type"), bytes, MAX_BYTES, redirected ? url : null, url);
        } catch (IOException e) {
            return new Answer.Failed("The connection broke before the page was there.");
        }
    }

    private static InputStream decoded(Response.Answered answer) throws IOException {
        String encoding = header(answer, "content-encoding");
        // Some servers compress what nobody asked them to.
        return "gzip".equalsIgnoreCase(encoding) ? new GZIPInputStream(answer.body()) : answer.body();
    }

    /** The body is closed when the visit ends. False when it has. */
    private boolean holds(InputStream body) {
        synchronized (this) {
            open = body;
            if (!ended) return true;
        }
        close(body);
        return false;
    }

    void end() {
        InputStream body;
        synchronized (this) {
            ended = true;
            body = open;
        }
        // Closing may wait for whoever reads.
        if (body != null) Thread.startVirtualThread(() -> close(body));
    }

    private static void close(InputStream body) {
        try {
            body.close();
        } catch (IOException e) {
            // Whatever is left of it is of no use.
        }
    }
}
