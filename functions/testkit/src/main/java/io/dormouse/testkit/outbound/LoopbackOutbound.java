package io.dormouse.testkit.outbound;

import io.dormouse.outbound.Outbound;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/**
 * Sends to servers of this machine, by plain HTTP whatever the URL's scheme: each has a name that only this knows. Any other
 * name is refused as {@code destination_denied}. Remembers who sent what where.
 */
public final class LoopbackOutbound implements Outbound {
    private static final Set<String> SET_BY_THE_CLIENT =
            Set.of("connection", "content-length", "expect", "host", "upgrade", "transfer-encoding");

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    private final Map<String, InetSocketAddress> servers = new ConcurrentHashMap<>();
    private final Map<String, Function<Request, Response>> answers = new ConcurrentHashMap<>();
    private final List<Sent> sent = new CopyOnWriteArrayList<>();

    /** One request, without its body. */
    public record Sent(Caller caller, String method, String url, List<Header> headers) {}

    /** From now on {@code host} is the server at {@code address}. */
    public LoopbackOutbound with(String host, InetSocketAddress address) {
        servers.put(host, address);
        return this;
    }

    /** From now on requests to {@code host} get this answer. */
    public LoopbackOutbound with(String host, Function<Request, Response> answer) {
        answers.put(host, answer);
        return this;
    }

    /** In the order in which they came. */
    public List<Sent> sent() {
        return List.copyOf(sent);
    }

    @Override
    public Response send(Caller caller, Request request) {
        URI url = URI.create(request.url());
        sent.add(new Sent(caller, request.method(), request.url(), request.headers()));
        Function<Request, Response> answer = answers.get(url.getHost());
        if (answer != null) return answer.apply(request);
        InetSocketAddress server = servers.get(url.getHost());
        if (server == null) return new Response.Refused("destination_denied", url.getHost() + " is not reachable here");
        try {
            return forward(request, server, url);
        } catch (IOException failed) {
            return new Response.Refused("connect_failed", "no answer from " + url.getHost());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return new Response.Refused("cancelled", "nobody waits for it");
        }
    }

    private Response forward(Request request, InetSocketAddress server, URI url)
            throws IOException, InterruptedException {
        String path = url.getRawPath() + (url.getRawQuery() == null ? "" : "?" + url.getRawQuery());
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(URI.create("http://" + server.getHostString() + ":" + server.getPort() + path));
        for (Header header : request.headers())
            if (!SET_BY_THE_CLIENT.contains(header.name().toLowerCase(java.util.Locale.ROOT)))
                builder.header(header.name(), header.value());
        HttpResponse<InputStream> response = http.send(
                builder.method(request.method(), body(request)).build(), HttpResponse.BodyHandlers.ofInputStream());
        List<Header> headers = new ArrayList<>();
        response.headers().map().forEach((name, values) -> {
            for (String value : values) headers.add(new Header(name, value));
        });
        return new Response.Answered(response.statusCode(), headers, response.body(), null);
    }

    private static BodyPublisher body(Request request) {
        if (request.length() == 0) return BodyPublishers.noBody();
        BodyPublisher stream = BodyPublishers.ofInputStream(request::body);
        return request.length() < 0 ? stream : BodyPublishers.fromPublisher(stream, request.length());
    }
}
