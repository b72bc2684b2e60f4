package io.dormouse.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Assumptions;

/** A real supervisor in a process of its own, on folders of the test's. */
final class TestHand implements AutoCloseable {
    static final String SECRET = "test-secret";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final AtomicInteger UIDS =
            new AtomicInteger(31_000 + (int) (ProcessHandle.current().pid() % 500) * 40);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final AtomicInteger IDS = new AtomicInteger();

    final Path home;
    final long uid;
    private final Map<String, String> extra;
    private final List<String> around;
    private Process process;
    private JsonNode run;

    private TestHand(Path home, Map<String, String> extra, List<String> around) {
        this.around = around;
        this.home = home;
        this.uid = UIDS.getAndIncrement();
        this.extra = extra;
    }

    /** Starts a hand in bubblewrap; {@code settings} are further environment variables, name and value by turns. */
    static TestHand start(Path home, String... settings) throws Exception {
        TestHand hand = prepared(home, settings);
        hand.startAgain();
        return hand;
    }

    /** The same, not yet started. */
    static TestHand prepared(Path home, String... settings) {
        Map<String, String> extra = new LinkedHashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            extra.put(settings[i], settings[i + 1]);
        }
        return new TestHand(home, extra, List.of());
    }

    /** As a container runtime starts it that gives root no more than usual: nothing to mount or to trace with. */
    static TestHand startContained(Path home, String... settings) throws Exception {
        TestHand hand = new TestHand(
                home,
                prepared(home, settings).extra,
                List.of(
                        "/usr/bin/setpriv",
                        "--bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap"
                                + ",+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap",
                        "--"));
        hand.startAgain();
        return hand;
    }

    static boolean root() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** The class path, where another user can read it, too: libraries may be in somebody's home. */
    private String readableClassPath() throws IOException {
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(":")) {
            Path jar = Path.of(entry);
            if (!jar.getFileName().toString().matches("jackson-.*\\.jar")) {
                entries.add(entry);
                continue;
            }
            Path copy = home.resolve(jar.getFileName());
            if (!Files.exists(copy)) Files.copy(jar, copy);
            entries.add(copy.toString());
        }
        return String.join(":", entries);
    }

    Process launch() throws IOException {
        List<String> command = new ArrayList<>(around);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "-cp",
                around.isEmpty() ? System.getProperty("java.class.path") : readableClassPath(),
                "io.dormouse.sandbox.Main"));
        ProcessBuilder builder = new ProcessBuilder(command);
        Map<String, String> environment = builder.environment();
        environment.put("HOST_TOKEN", "must-not-be-seen-inside");
        environment.put("DORMOUSE_HAND", "hand_test");
        environment.put("DORMOUSE_SECRET_SHA256", HexFormat.of().formatHex(Secret.sha256(SECRET)));
        environment.put("DORMOUSE_STATE_DIR", home.resolve("state").toString());
        environment.put("DORMOUSE_WORKSPACE_DIR", home.resolve("workspace").toString());
        environment.put("DORMOUSE_OUTPUTS_DIR", home.resolve("outputs").toString());
        environment.put("DORMOUSE_AGENT_UID", String.valueOf(uid));
        environment.putAll(extra);
        builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.redirectError(home.resolve("supervisor.err").toFile());
        return builder.start();
    }

    void startAgain() throws Exception {
        Files.deleteIfExists(home.resolve("state/run.json"));
        process = launch();
        until("the supervisor listens", () -> Files.exists(home.resolve("state/run.json")) || !process.isAlive());
        if (!process.isAlive()) {
            String why = Files.readString(home.resolve("supervisor.err"));
            if (process.exitValue() == Main.NO_ISOLATION && System.getenv("CI") == null) {
                System.out.println("Skipped: no bubblewrap here: " + why);
                Assumptions.abort(why);
            }
            fail("the supervisor ended with exit code " + process.exitValue() + ": " + why);
        }
        run = JSON.readTree(Files.readString(home.resolve("state/run.json")));
    }

    Process process() {
        return process;
    }

    Path workspace() {
        return home.resolve("workspace");
    }

    /** Kills the supervisor as a crash would. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    Result bash(String command) throws Exception {
        return tool("bash", "command", command);
    }

    /** Runs a tool to its end; {@code input} is names and values by turns. */
    Result tool(String name, Object... input) throws Exception {
        return executeToEnd("call_" + IDS.incrementAndGet(), name, input(input)).result();
    }

    static ObjectNode input(Object... namesAndValues) {
        ObjectNode input = JSON.createObjectNode();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            input.set((String) namesAndValues[i], JSON.valueToTree(namesAndValues[i + 1]));
        }
        return input;
    }

    Reply execute(String id, String name, JsonNode input, long waitMillis) throws Exception {
        ObjectNode body =
                JSON.createObjectNode().put("id", id).put("name", name).put("wait_ms", waitMillis);
        body.set("input", input);
        return post("/v1/execute", body.toString());
    }

    /** Runs a call to its end: one answer is waited for only so long, so this asks again. */
    Reply executeToEnd(String id, String name, JsonNode input) throws Exception {
        return toEnd(() -> execute(id, name, input, 60_000));
    }

    /** Cancels a call and asks again until it has come to its end. */
    Reply cancel(String id) throws Exception {
        return toEnd(
                () -> post("/v1/cancel", JSON.createObjectNode().put("id", id).toString()));
    }

    /** For a little longer than the longest timeout of a command. */
    private static Reply toEnd(Callable<Reply> ask) throws Exception {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(12);
        Reply reply = ask.call();
        while (reply.state().equals("running") && System.nanoTime() < end) {
            reply = ask.call();
        }
        return reply;
    }

    Reply post(String path, String body) throws Exception {
        return send(request(path)
                .header("Authorization", "Bearer " + SECRET)
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + run.path("port").asInt() + path))
                .timeout(Duration.ofSeconds(300));
    }

    static Reply send(HttpRequest.Builder request) throws Exception {
        HttpResponse<String> response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        return new Reply(response.statusCode(), JSON.readTree(response.body()));
    }

    record Reply(int status, JsonNode body) {
        String state() {
            return body.path("state").asText();
        }

        Result result() {
            assertThat(state()).as("reply %s", body).isEqualTo("done");
            return new Result(
                    body.path("content").path(0).path("text").asText(),
                    body.path("is_error").asBoolean());
        }
    }

    record Result(String text, boolean isError) {
        Result isFine() {
            assertThat(isError).as(text).isFalse();
            return this;
        }

        Result failed() {
            assertThat(isError).as(text).isTrue();
            return this;
        }
    }

    /** The pids, as seen outside, of processes whose command line contains {@code text}. */
    static List<Long> processesWith(String text) {
        return ProcessHandle.allProcesses()
                .filter(each -> commandLine(each.pid()).contains(text))
                .map(ProcessHandle::pid)
                .toList();
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline"), java.nio.charset.StandardCharsets.ISO_8859_1)
                    .replace('\0', ' ');
        } catch (IOException gone) {
            return "";
        }
    }

    /** Waits until something holds, for at most 120 s. */
    static void until(String what, BooleanSupplier holds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                fail("still not so after 120 s: " + what);
            }
            Thread.sleep(10);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
