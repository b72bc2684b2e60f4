package io.dormouse.hands.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dormouse.hands.Workspace;
import io.dormouse.pace.Cancellation;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The workspace of a hand behind HTTP, streamed both ways. */
final class RemoteWorkspace implements Workspace {
    private static final Duration BEGIN = Duration.ofSeconds(30);
    private static final Duration WHOLE = Duration.ofMinutes(10);
    private static final long LONGEST_ANSWER_BYTES = 1 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http;
    private final Endpoint endpoint;

    RemoteWorkspace(HttpClient http, Endpoint endpoint) {
        this.http = http;
        this.endpoint = endpoint;
    }

    @Override
    public InputStream save() throws IOException {
        HttpResponse<InputStream> response =
                joined(http.sendAsync(request("/v1/workspace", BEGIN).GET().build(), BodyHandlers.ofInputStream()));
        if (response.statusCode() == 200) return new Sealed(response.body());
        response.body().close();
        throw new IOException("the sandbox does not give its workspace: " + response.statusCode());
    }

    @Override
    public Restored restore(String sha256, long sizeBytes, InputStream content, Cancellation cancellation)
            throws IOException {
        if (has(sha256)) return new Restored.Done(null);
        HttpRequest.BodyPublisher body =
                BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(() -> content), sizeBytes);
        CompletableFuture<HttpResponse<byte[]>> asked = http.sendAsync(
                request("/v1/workspace?sha256=" + sha256, WHOLE).PUT(body).build(),
                BodyHandlers.limiting(BodyHandlers.ofByteArray(), LONGEST_ANSWER_BYTES));
        cancellation.onRequest(() -> asked.cancel(true));
        HttpResponse<byte[]> response = joined(asked);
        JsonNode answer = JSON.readTree(response.body());
        String problem = answer.path("problem").asText();
        return switch (response.statusCode()) {
            case 200 -> new Restored.Done(problem.isBlank() ? null : problem.strip());
            case 409, 422 ->
                new Restored.Refused(answer.path("error").path("message").asText());
            default -> throw new IOException("the sandbox answered " + response.statusCode());
        };
    }

    /** Whoever asked before may have died before he heard of it. */
    private boolean has(String sha256) throws IOException {
        HttpResponse<byte[]> health = joined(http.sendAsync(
                request("/v1/health", BEGIN).GET().build(),
                BodyHandlers.limiting(BodyHandlers.ofByteArray(), LONGEST_ANSWER_BYTES)));
        return JSON.readTree(health.body()).path("restored").asText().equals(sha256);
    }

    private HttpRequest.Builder request(String path, Duration timeout) {
        return HttpRequest.newBuilder(endpoint.base().resolve(path))
                .timeout(timeout)
                .header("Authorization", "Bearer " + endpoint.secret());
    }

    private static <T> T joined(CompletableFuture<T> asked) throws IOException {
        try {
            return asked.join();
        } catch (CancellationException e) {
            throw new IOException("interrupted", e);
        } catch (CompletionException e) {
            throw new IOException(String.valueOf(e.getCause()), e);
        }
    }
}
