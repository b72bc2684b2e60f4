package io.dormouse.testkit.lambda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.json.Json;
import io.dormouse.testkit.lambda.LambdaEmulator.FunctionFailed;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LambdaEmulatorTest {
    private static final Duration SOON = Duration.ofMillis(50);

    @TempDir
    private Path room;

    private final LambdaEmulator lambda = LambdaEmulator.start(List.of(SOON, SOON));
    private Path zip;
    private Deployed small;

    @BeforeEach
    void deploy() throws IOException {
        zip = room.resolve("function.zip");
        String name = SmallFunction.class.getName().replace('.', '/') + ".class";
        try (OutputStream file = Files.newOutputStream(zip);
                ZipOutputStream out = new ZipOutputStream(file)) {
            out.putNextEntry(new ZipEntry(name));
            out.write(SmallFunction.class
                    .getClassLoader()
                    .getResourceAsStream(name)
                    .readAllBytes());
        }
        small = Deployed.java("small", zip, SmallFunction.class.getName(), Map.of());
        lambda.deploy(small);
    }

    @AfterEach
    void close() {
        lambda.close();
    }

    private String call(String event) throws FunctionFailed {
        return new String(lambda.call("small", event.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
    }

    @Test
    void every_invocation_has_a_process_of_its_own_that_does_not_outlive_it() throws FunctionFailed {
        var first = Json.parse(call("\"a\""));
        var second = Json.parse(call("\"b\""));
        assertThat(first.path("event").asText()).isEqualTo("a");
        assertThat(second.path("served").asInt()).isEqualTo(1);
        assertThat(second.path("process").asLong())
                .isNotEqualTo(first.path("process").asLong());
        eventually(() -> ProcessHandle.of(first.path("process").asLong())
                .filter(ProcessHandle::isAlive)
                .isEmpty());
    }

    @Test
    void a_rehearsed_function_finds_its_classes_linked() throws Exception {
        Path loaded = room.resolve("loaded.txt");
        Map<String, String> told = Map.of("JAVA_TOOL_OPTIONS", "-Xlog:class+load:file=" + loaded);
        lambda.deploy(Deployed.rehearsed("small", zip, SmallFunction.class.getName(), told));
        assertThat(Json.parse(call("\"a\"")).path("event").asText()).isEqualTo("a");
        assertThat(Files.readString(loaded)).containsPattern("SmallFunction source: shared objects file");
    }

    @Test
    void a_kept_process_serves_the_next_invocation() throws FunctionFailed {
        // The second one waits for the end of the first, which is later than its answer.
        lambda.deploy(small.with(Deployed.Life.KEPT).atMost(1));
        call("\"a\"");
        assertThat(Json.parse(call("\"b\"")).path("served").asInt()).isEqualTo(2);
        assertThat(lambda.started("small")).isEqualTo(1);
    }

    /** The runtime client would unpack its native part to one place for all, over what others have mapped. */
    @Test
    void processes_do_not_write_over_each_others_libraries() throws Exception {
        lambda.deploy(small.with(Deployed.Life.KEPT));
        long process = Json.parse(call("\"a\"")).path("process").asLong();
        String mapped = Files.readString(Path.of("/proc/" + process + "/maps"));
        assertThat(mapped).contains("libaws-lambda-jni").doesNotContain("/tmp/.libaws-lambda-jni");
    }

    @Test
    void what_a_function_throws_is_told() {
        assertThatThrownBy(() -> call("\"fail\""))
                .isInstanceOf(FunctionFailed.class)
                .hasMessageContaining("as it was told");
    }

    @Test
    void a_process_that_ends_is_an_error() {
        assertThatThrownBy(() -> call("\"exit\"")).hasMessageContaining("Runtime.ExitError");
    }

    @Test
    void a_process_that_takes_too_long_is_killed() {
        lambda.deploy(small.with(Duration.ofSeconds(3)));
        assertThatThrownBy(() -> call("\"sleep\"")).hasMessageContaining("Sandbox.Timedout");
        eventually(() -> lambda.busy("small").isEmpty());
    }

    @Test
    void a_function_knows_how_much_time_is_left() throws FunctionFailed {
        assertThat(Long.parseLong(call("\"left\""))).isBetween(1L, Deployed.LONGEST.toMillis());
    }

    @Test
    void an_event_is_tried_three_times_under_one_id_and_then_kept() throws Exception {
        assertThat(invoke("Event", "\"fail\"").statusCode()).isEqualTo(202);
        eventually(() -> lambda.deadLetters().size() == 1);
        List<String> ids = Pattern.compile("event \"fail\" in (\\S+)")
                .matcher(lambda.log("small"))
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
        assertThat(ids).hasSize(3);
        assertThat(ids.stream().distinct()).hasSize(1);
    }

    @Test
    void an_invocation_over_http_is_answered_as_lambda_does() throws Exception {
        assertThat(Json.parse(invoke("RequestResponse", "\"a\"").body())
                        .path("event")
                        .asText())
                .isEqualTo("a");
        HttpResponse<String> failed = invoke("RequestResponse", "\"fail\"");
        assertThat(failed.statusCode()).isEqualTo(200);
        assertThat(failed.headers().firstValue("X-Amz-Function-Error")).contains("Unhandled");
        assertThat(invoke("Event", "\"" + "a".repeat(1 << 20) + "\"").statusCode())
                .isEqualTo(413);
        assertThat(post("/2015-03-31/functions/other/invocations", "Event", "{}")
                        .statusCode())
                .isEqualTo(404);
    }

    private HttpResponse<String> invoke(String type, String event) throws Exception {
        return post("/2015-03-31/functions/small/invocations", type, event);
    }

    private HttpResponse<String> post(String path, String type, String event) throws Exception {
        URI target = lambda.endpoint().resolve(path);
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                    HttpRequest.newBuilder(target)
                            .header("X-Amz-Invocation-Type", type)
                            .POST(HttpRequest.BodyPublishers.ofString(event))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    private static void eventually(BooleanSupplier condition) {
        long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(300);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("it never came").isLessThan(giveUp);
            try {
                TimeUnit.MILLISECONDS.sleep(10);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
