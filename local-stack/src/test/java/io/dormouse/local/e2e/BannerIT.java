package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code up} prints is what a person does next, so it has to work as it stands. */
@FirstStoreOnly("about the first start, and the files of the data folder")
class BannerIT {
    @TempDir
    private Path folder;

    @Test
    void the_curl_example_works_as_it_is_printed_with_the_key_that_is_shown_once() throws Exception {
        try (RunningSuite suite = RunningSuite.startWith(Map.of())) {
            String example = between(suite.printed(), "Try it with curl", "Or with the official SDK");
            assertThat(example).contains("export ANTHROPIC_BASE_URL=" + suite.address());
            Path output = folder.resolve("output");
            Process bash = new ProcessBuilder("bash", "-eu", "-c", example)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            try {
                Eventually.until("the stream shows the end of the turn: " + read(output), () -> {
                    // Its last command follows the stream until a person stops it; anything else is a failure.
                    assertThat(bash.isAlive()).as(read(output)).isTrue();
                    return read(output).contains("session.status_idle");
                });
            } finally {
                bash.descendants().forEach(ProcessHandle::destroyForcibly);
                bash.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            }
            assertThat(read(output)).contains("agent.tool_use", "agent.tool_result", "end_turn", "drwx");
            String key = example.lines()
                    .filter(line -> line.contains("ANTHROPIC_API_KEY="))
                    .findFirst()
                    .orElseThrow()
                    .replaceAll(".*ANTHROPIC_API_KEY=(\\S+).*", "$1");
            suite.kill();
            suite.start();
            assertThat(suite.printed()).doesNotContain(key).contains("made at an earlier start");
            try (Client client = new Client(suite.address(), key)) {
                assertThat(client.get("/v1/sessions").json().path("data")).hasSize(1);
            }
            for (Path file : files(suite.home()))
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain(key);
        }
    }

    @Test
    void a_second_suite_on_the_same_data_says_what_to_do() throws Exception {
        try (RunningSuite suite = RunningSuite.startWith(Map.of("DORMOUSE_API_KEY", RunningSuite.KEY))) {
            RunningSuite.Ran second = suite.dormouse("up");
            assertThat(second.exit()).isEqualTo(1);
            assertThat(second.err()).contains("another Dormouse is running on " + suite.home());
            assertThat(second.err().lines()).hasSize(1);
        }
    }

    private static List<Path> files(Path home) throws IOException {
        try (var files = Files.walk(home)) {
            return new ArrayList<>(files.filter(Files::isRegularFile).toList());
        }
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            return "";
        }
    }

    private static String between(String text, String first, String last) {
        int from = text.indexOf('\n', text.indexOf(first));
        return text.substring(from, text.indexOf(last));
    }
}
