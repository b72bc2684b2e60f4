package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * One session through all that happens to the suite, and its client: which repeats what was not answered, always with the same
 * {@code Idempotency-Key}, at whichever suite is there. It knows what it sent, and so what the history must be.
 */
final class Speaker {
    /**
     * A suite that is frozen answers nothing, and another one may have taken its place. One that is only slow answers at last
     * to a client that waits longer each time.
     */
    private static final Duration ANSWER = Duration.ofSeconds(4);

    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(60);

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(80);
    private static final String TEXT = "text";

    private final String session;
    private final Supplier<URI> suite;
    private final boolean failsAtTimes;
    private final HttpClient http;

    /** Marks that were accepted, with their message's id. */
    private final Map<String, String> accepted = Collections.synchronizedMap(new LinkedHashMap<>());

    private final Set<String> toDo = Collections.synchronizedSet(new HashSet<>());

    /** Marks whose calls may be lost, for their hand was harmed. */
    private final Set<String> excused = new HashSet<>();

    private List<JsonNode> told = List.of();

    /** @param failsAtTimes whether the suite may answer with an error of its own, since its store is out of reach */
    Speaker(String session, Supplier<URI> suite, boolean failsAtTimes, HttpClient http) {
        this.session = session;
        this.suite = suite;
        this.failsAtTimes = failsAtTimes;
        this.http = http;
    }

    String session() {
        return session;
    }

    // ---- what it sends

    void say(String mark) {
        send(List.of(mark), Marks.say(mark));
    }

    void tool(List<String> marks) {
        toDo.addAll(marks);
        send(marks, Marks.tool(marks));
    }

    private void send(List<String> marks, String text) {
        var event = Json.object().put("type", "user.message");
        event.putArray("content").addObject().put("type", TEXT).put(TEXT, text);
        var body = Json.object();
        body.putArray("events").add(event);
        JsonNode answer = ask("POST", "/events", body.toString(), "key-of-" + marks.getFirst() + "-" + session);
        String id = answer.path("data").path(0).path("id").asText();
        marks.forEach(mark -> accepted.put(mark, id));
    }

    /** Asks until there is an answer of success. */
    private JsonNode ask(String method, String path, String body, String key) {
        AtomicReference<Duration> patience = new AtomicReference<>(ANSWER);
        return Eventually.value(method + " " + path + " of " + session, () -> {
            try {
                Optional<JsonNode> answer = once(method, path, body, key, patience.get());
                if (answer.isEmpty()) pause(Duration.ofMillis(30));
                return answer;
            } catch (HttpTimeoutException slow) {
                Duration longer = patience.get().multipliedBy(2);
                patience.set(longer.compareTo(LONGEST_ANSWER) < 0 ? longer : LONGEST_ANSWER);
                return Optional.empty();
            }
        });
    }

    private Optional<JsonNode> once(String method, String path, String body, String key, Duration patience)
            throws HttpTimeoutException {
        URI target = suite.get().resolve("/v1/sessions/" + session + path);
        HttpRequest.Builder request = HttpRequest.newBuilder(target)
                .timeout(patience)
                .header("x-api-key", RunningSuite.KEY)
                .header("content-type", "application/json")
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (key != null) request.header("idempotency-key", key);
        try {
            HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            int status = response.statusCode();
            if (status == 200) return Optional.of(Json.parse(response.body()));
            boolean mayPass = status == 409 || (failsAtTimes && status >= 500);
            assertThat(mayPass)
                    .as(method + " " + target + ": " + status + " " + response.body())
                    .isTrue();
        } catch (HttpConnectTimeoutException e) {
            // Nobody there.
        } catch (HttpTimeoutException slow) {
            throw slow;
        } catch (IOException e) {
            // Nobody there, or nobody any more.
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return Optional.empty();
    }

    static void pause(Duration time) {
        try {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // ---- what it sees

    /** One look, at a suite that may be about to end. */
    void look() {
        List<JsonNode> events = new ArrayList<>();
        String page = "";
        while (page != null) {
            Optional<JsonNode> answer;
            try {
                answer = once("GET", "/events" + page, null, null, ANSWER);
            } catch (HttpTimeoutException slow) {
                return;
            }
            if (answer.isEmpty()) return;
            page = add(answer.get(), events);
        }
        remember(events);
    }

    private List<JsonNode> events() {
        List<JsonNode> events = new ArrayList<>();
        String page = "";
        while (page != null) page = add(ask("GET", "/events" + page, null, null), events);
        return events;
    }

    private static String add(JsonNode answer, List<JsonNode> events) {
        answer.path("data").forEach(events::add);
        JsonNode next = answer.path("next_page");
        return next.isTextual() ? "?page=" + next.asText() : null;
    }

    /** What was told once is told for ever. */
    private void remember(List<JsonNode> events) {
        Legal.continues(told, events);
        told = events;
    }

    void awaitIdle() {
        Eventually.until(session + " comes to rest", () -> {
            if (ask("GET", "", null, null).path("status").asText().equals("idle")) return true;
            // Not more often: each look is work for two processes that are to get on.
            pause(BETWEEN_LOOKS);
            return false;
        });
    }

    /** The hand was harmed: what has no result by now may be lost. */
    void excuse() {
        excused.addAll(toDo);
    }

    /**
     * At rest: the history has all that was accepted, once, and its answer; every call has one result; and the file has what
     * the results say.
     *
     * @param hand the folder of the session's hand
     */
    void check(Path hand) {
        List<JsonNode> events = events();
        remember(events);
        Legal.events(events);
        Map<String, Integer> asked = new HashMap<>();
        Map<String, Integer> said = new HashMap<>();
        Map<String, String> calls = new HashMap<>();
        Map<String, JsonNode> results = new HashMap<>();
        for (JsonNode event : events) {
            String text = event.path("content").path(0).path(TEXT).asText();
            switch (event.path("type").asText()) {
                case "user.message" -> {
                    for (String mark : Marks.in(text)) {
                        asked.merge(mark, 1, Integer::sum);
                        assertThat(accepted)
                                .as("what was accepted")
                                .containsEntry(mark, event.path("id").asText());
                    }
                }
                case "agent.message" -> Marks.in(text).forEach(mark -> said.merge(mark, 1, Integer::sum));
                case "agent.tool_use" -> {
                    for (String mark : Marks.in(event.path("input").toString()))
                        assertThat(calls.put(mark, event.path("id").asText()))
                                .as("calls for " + mark)
                                .isNull();
                }
                case "agent.tool_result" ->
                    assertThat(results.put(event.path("tool_use_id").asText(), event))
                            .as("results")
                            .isNull();
                default -> {}
            }
        }
        assertThat(asked.keySet()).isEqualTo(accepted.keySet());
        assertThat(said.keySet()).isEqualTo(accepted.keySet());
        assertThat(asked.values()).as("in the history").containsOnly(1);
        assertThat(said.values()).as("answered").containsOnly(1);
        assertThat(calls.keySet()).isEqualTo(toDo);
        Map<String, Integer> written = written(hand);
        for (String mark : toDo) {
            JsonNode result = results.get(calls.get(mark));
            boolean failed = result.path("is_error").asBoolean();
            int lines = written.getOrDefault(mark, 0);
            if (failed)
                assertThat(excused).as("lost, and its hand lived: " + result).contains(mark);
            assertThat(lines).as("how often " + mark + " was written").isBetween(failed ? 0 : 1, 1);
        }
        excused.clear();
        // What was lost then is lost for ever.
        toDo.forEach(mark -> {
            if (results.get(calls.get(mark)).path("is_error").asBoolean()) excused.add(mark);
        });
    }

    private static Map<String, Integer> written(Path hand) {
        Map<String, Integer> written = new HashMap<>();
        Path file = hand.resolve("workspace").resolve(Marks.FILE);
        if (!Files.exists(file)) return written;
        try {
            for (String line : Files.readAllLines(file)) written.merge(line, 1, Integer::sum);
            return written;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
