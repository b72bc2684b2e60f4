package io.dormouse.hands.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandFiles;
import io.dormouse.hands.Workspace;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The requests that a hand's supervisor knows. Every failure is an {@link Answer}. Safe for several threads. */
public final class SupervisorClient implements AutoCloseable {
    /** How long one request lets the supervisor wait for a result. */
    static final Duration WAIT = Duration.ofSeconds(20);

    private static final Duration QUICK = Duration.ofSeconds(10);
    private static final long LONGEST_ANSWER_BYTES = 16L * 1024 * 1024;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http;

    public SupervisorClient() {
        http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(5))
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    /** What came of one request. */
    public sealed interface Answer {
        /** A JSON object with status 200. */
        record Ok(JsonNode body) implements Answer {}

        /** Any other status. */
        record Refused(int status, String message) implements Answer {}

        /** Nothing listens there: the request had no effect. */
        record Unreachable(String why) implements Answer {}

        /** The connection failed under way: the request may have arrived. */
        record Broken(String why) implements Answer {}
    }

    /** Whether the hand at {@code endpoint} is alive, admits us, and is called {@code hand}. */
    public boolean healthy(Endpoint endpoint, String hand, Duration timeout) {
        return send(endpoint, "/v1/health", null, timeout).join() instanceof Answer.Ok(JsonNode body)
                && body.path("hand").asText().equals(hand);
    }

    /** What the supervisor says of itself; nothing when it cannot be asked. */
    Optional<JsonNode> health(Endpoint endpoint) {
        return send(endpoint, "/v1/health", null, QUICK).join() instanceof Answer.Ok(JsonNode body)
                ? Optional.of(body)
                : Optional.empty();
    }

    /** Hands over variables for shells to come. @param complete whether nothing more is to be given */
    Answer prepare(Endpoint endpoint, Map<String, String> variables, boolean complete) {
        ObjectNode body = JSON.createObjectNode().put("complete", complete);
        body.set("variables", JSON.valueToTree(variables));
        return send(endpoint, "/v1/prepare", body, QUICK).join();
    }

    CompletableFuture<Answer> execute(Endpoint endpoint, HandCall call) {
        ObjectNode body = JSON.createObjectNode()
                .put("id", call.id())
                .put("name", call.name())
                .put("wait_ms", WAIT.toMillis());
        body.set("input", call.input());
        return send(endpoint, "/v1/execute", body, WAIT.plus(QUICK));
    }

    CompletableFuture<Answer> cancel(Endpoint endpoint, String callId) {
        return send(endpoint, "/v1/cancel", JSON.createObjectNode().put("id", callId), QUICK);
    }

    HandFiles files(Endpoint endpoint) {
        return new RemoteFiles(http, endpoint);
    }

    Workspace workspace(Endpoint endpoint) {
        return new RemoteWorkspace(http, endpoint);
    }

    /** Asks the supervisor to end itself and everything in it; answers as soon as it says that it will. */
    public boolean stop(Endpoint endpoint) {
        return send(endpoint, "/v1/stop", JSON.createObjectNode(), QUICK).join() instanceof Answer.Ok;
    }

    /** Cuts what is under way. */
    @Override
    public void close() {
        http.shutdownNow();
    }

    private CompletableFuture<Answer> send(Endpoint endpoint, String path, ObjectNode body, Duration timeout) {
        HttpRequest.Builder request = HttpRequest.newBuilder(endpoint.base().resolve(path))
                .timeout(timeout)
                .header("Authorization", "Bearer " + endpoint.secret());
        if (body != null) {
            request.header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        }
        return http.sendAsync(request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), LONGEST_ANSWER_BYTES))
                .handle((response, failed) -> response != null ? read(response) : failure(failed));
    }

    private static Answer read(HttpResponse<byte[]> response) {
        Optional<JsonNode> body = parse(response.body());
        if (response.statusCode() != 200) {
            String message = body.map(json -> json.path("error").path("message").asText())
                    .filter(text -> !text.isBlank())
                    .orElse("no reason given");
            return new Answer.Refused(response.statusCode(), message);
        }
        return body.filter(JsonNode::isObject)
                .<Answer>map(Answer.Ok::new)
                .orElseGet(() -> new Answer.Broken("the answer was not a JSON object"));
    }

    private static Optional<JsonNode> parse(byte[] bytes) {
        try {
            return Optional.ofNullable(JSON.readTree(bytes));
        } catch (IOException notJson) {
            return Optional.empty();
        }
    }

    private static Answer failure(Throwable failed) {
        Throwable cause =
                failed instanceof CompletionException && failed.getCause() != null ? failed.getCause() : failed;
        String why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        boolean connecting =
                cause instanceof ConnectException || cause instanceof java.net.http.HttpConnectTimeoutException;
        return connecting ? new Answer.Unreachable(why) : new Answer.Broken(why);
    }
}
