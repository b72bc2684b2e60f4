package io.dormouse.hands.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dormouse.hands.HandFiles;
import io.dormouse.hands.Mount;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The files of a hand behind HTTP, streamed both ways. A supervisor's word is checked before it is used. */
final class RemoteFiles implements HandFiles {
    private static final Duration QUICK = Duration.ofSeconds(30);
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final int LONGEST_LIST_BYTES = 16 * 1024 * 1024;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http;
    private final Endpoint endpoint;

    RemoteFiles(HttpClient http, Endpoint endpoint) {
        this.http = http;
        this.endpoint = endpoint;
    }

    @Override
    public Map<String, String> placed() throws IOException {
        Map<String, String> placed = new TreeMap<>();
        for (JsonNode file : json(request("/v1/uploads", QUICK).GET()).path("files"))
            placed.put(file.path("path").asText(), file.path("sha256").asText());
        return placed;
    }

    @Override
    public void place(Mount mount, InputStream content) throws IOException {
        String path = "/v1/uploads?path=" + encoded(mount.path()) + "&sha256=" + encoded(mount.sha256());
        HttpRequest.BodyPublisher body = mount.sizeBytes() == 0
                ? BodyPublishers.noBody()
                : BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(() -> content), mount.sizeBytes());
        json(request(path, LONG).PUT(body));
    }

    @Override
    public void remove(String path) throws IOException {
        json(request("/v1/uploads?path=" + encoded(path), QUICK).DELETE());
    }

    @Override
    public Outputs outputs() throws IOException {
        JsonNode body = json(request("/v1/outputs", QUICK).GET());
        List<Output> outputs = new ArrayList<>();
        for (JsonNode file : body.path("files")) {
            String path = file.path("path").asText();
            long size = file.path("size").asLong(-1);
            if (path.isEmpty() || size < 0) throw new IOException("the sandbox gave an answer that makes no sense");
            outputs.add(new Output(path, size, file.path("state").asText()));
        }
        return new Outputs(outputs, body.path("complete").asBoolean());
    }

    @Override
    public InputStream read(Output output) throws IOException {
        String path = "/v1/outputs/content?path=" + encoded(output.path()) + "&size=" + output.sizeBytes();
        HttpResponse<InputStream> response = send(request(path, LONG).GET());
        if (response.statusCode() == 200
                && response.headers().firstValueAsLong("content-length").orElse(0) == output.sizeBytes())
            return response.body();
        response.body().close();
        throw new IOException("the sandbox does not give this output: " + response.statusCode());
    }

    private HttpRequest.Builder request(String path, Duration timeout) {
        return HttpRequest.newBuilder(endpoint.base().resolve(path))
                .timeout(timeout)
                .header("Authorization", "Bearer " + endpoint.secret());
    }

    private JsonNode json(HttpRequest.Builder request) throws IOException {
        HttpResponse<InputStream> response = send(request);
        try (InputStream in = response.body()) {
            byte[] bytes = in.readNBytes(LONGEST_LIST_BYTES);
            JsonNode body = JSON.readTree(bytes);
            if (response.statusCode() == 200 && body != null && body.isObject()) return body;
            String why = body == null ? "" : body.path("error").path("message").asText();
            throw new IOException("the sandbox answered " + response.statusCode() + " " + why);
        }
    }

    private HttpResponse<InputStream> send(HttpRequest.Builder request) throws IOException {
        try {
            return http.send(request.build(), BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
