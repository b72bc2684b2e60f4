package io.dormouse.testkit.outbound;

import io.dormouse.outbound.Outbound;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** Sends what it is given, anywhere; adds the bearer that a test gave it, as the proxy would. */
public final class DirectOutbound implements Outbound, AutoCloseable {
    /** What was asked for, in order: the method, the URL and the headers as the caller gave them. */
    public record Sent(Caller caller, String method, String url, List<Header> headers) {}

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(5))
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();
    private final List<Sent> sent = new CopyOnWriteArrayList<>();
    private volatile String bearer;

    /** Null for none. */
    public void bearer(String token) {
        bearer = token;
    }

    public List<Sent> sent() {
        return sent;
    }

    @Override
    public Response send(Caller caller, Request request) {
        sent.add(new Sent(caller, request.method(), request.url(), request.headers()));
        try {
            byte[] body = request.body().readAllBytes();
            HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(request.url()))
                    .method(
                            request.method(),
                            body.length == 0
                                    ? HttpRequest.BodyPublishers.noBody()
                                    : HttpRequest.BodyPublishers.ofByteArray(body));
            for (Header header : request.headers()) builder.header(header.name(), header.value());
            if (bearer != null) builder.header("Authorization", "Bearer " + bearer);
            HttpResponse<java.io.InputStream> response =
                    http.send(builder.build(), HttpResponse.BodyHandlers.ofInputStream());
            List<Header> headers = new ArrayList<>();
            response.headers()
                    .map()
                    .forEach((name, values) -> values.forEach(value -> headers.add(new Header(name, value))));
            return new Response.Answered(
                    response.statusCode(), headers, response.body(), bearer == null ? null : "vcrd_1");
        } catch (IOException | IllegalArgumentException e) {
            return new Response.Refused("unreachable", "could not be reached: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Response.Refused("interrupted", "given up");
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
