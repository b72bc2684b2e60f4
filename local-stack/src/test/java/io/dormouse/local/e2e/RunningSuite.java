package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import io.dormouse.local.lambda.LambdaSuite;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The packaged suite as a process, on a data folder and a free port of its own. It can be stopped, killed, frozen and started
 * again on the same folder, and takes every process that it left behind with it when it is closed. Its storage is SQLite or,
 * with the system property {@code e2e.store=dynamodb}, a table and a bucket of its own; with {@code e2e.shape=lambda} it is
 * made of the functions that are deployed.
 */
final class RunningSuite implements AutoCloseable {
    static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    static final String KEY = "the-key-of-this-test";

    /** Whether suites are functions on emulators of Lambda and of DynamoDB, as they are on AWS. */
    static final boolean AS_FUNCTIONS = "lambda".equals(System.getProperty("e2e.shape"));

    /** The program of AWS's Web Adapter, if the API is to be invoked through it. */
    private static final String WEB_ADAPTER = System.getProperty("e2e.web-adapter");

    /** Whether suites are on DynamoDB when a test does not say where. */
    static final boolean ON_DYNAMODB = AS_FUNCTIONS || "dynamodb".equals(System.getProperty("e2e.store"));

    static final Path JAR = ROOT.resolve("local-stack/target/quarkus-app/quarkus-run.jar");
    private static final Pattern ADDRESS = Pattern.compile("address +(http://127\\.0\\.0\\.1:(\\d+))\n");

    private final Path home;
    private final Path output;
    private final Map<String, String> environment;
    private final List<String> flags;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    /** Of the suite's JVM. */
    private String heap = "512m";

    private Process process;
    private URI address;
    private long printedBefore;

    private RunningSuite(Path home, Path output, Map<String, String> environment, List<String> flags) {
        this.home = home;
        this.output = output;
        this.environment = environment;
        this.flags = flags;
    }

    /** @param model the base URL of a Messages API server; null for the offline model */
    static RunningSuite start(URI model) {
        Map<String, String> more = new LinkedHashMap<>();
        more.put("DORMOUSE_API_KEY", KEY);
        if (model != null) more.put("ANTHROPIC_BASE_URL", model.toString());
        return startWith(more);
    }

    /** With nothing in its environment but what is given here, where its storage is, and what every process needs. */
    static RunningSuite startWith(Map<String, String> environment) {
        return startWith(environment, "512m");
    }

    /** @param heap the largest that the suite's JVM may have */
    static RunningSuite startWith(Map<String, String> environment, String heap) {
        Map<String, String> all =
                new LinkedHashMap<>(ON_DYNAMODB ? DynamoStore.fresh().environment() : Map.of());
        all.putAll(environment);
        // A machine that does much else takes longer for the first rehearsal than a start may take.
        if (AS_FUNCTIONS) LambdaSuite.rehearse();
        RunningSuite suite =
                AS_FUNCTIONS ? of(all, List.of()) : Rehearsal.on(ON_DYNAMODB).suite(all);
        suite.heap = heap;
        suite.start();
        return suite;
    }

    /** Not started yet. @param environment names the storage, too @param flags further ones for its JVM */
    static RunningSuite of(Map<String, String> environment, List<String> flags) {
        assertThat(JAR).as("the packaged suite: mvn package").exists();
        try {
            Path folder = Files.createTempDirectory("dormouse-e2e-");
            return new RunningSuite(
                    folder.resolve("home"), folder.resolve("output.txt"), Map.copyOf(environment), List.copyOf(flags));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the process, and waits until it says that it is ready. */
    void start() {
        launch();
        awaitReady();
    }

    /** Starts the process, and does not wait. */
    void launch() {
        try {
            printedBefore = Files.exists(output) ? Files.size(output) : 0;
            // It starts often and lives for seconds: the optimizing compiler would only get in the way.
            ProcessBuilder builder =
                    command("java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx" + heap, "-Xss512k");
            builder.command().addAll(flags);
            builder.command().add("--enable-native-access=ALL-UNNAMED");
            // Unpacked functions go with the suite's folder.
            builder.command().add("-Djava.io.tmpdir=" + output.getParent());
            builder.command()
                    .addAll(
                            AS_FUNCTIONS
                                    ? List.of("-cp", System.getProperty("java.class.path"), LambdaSuite.class.getName())
                                    : List.of("-jar", JAR.toString()));
            process = builder.redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void awaitReady() {
        address = Eventually.value("the suite says where it listens", () -> {
            if (!process.isAlive()) throw new AssertionError("the suite ended: " + output());
            Matcher matcher = ADDRESS.matcher(printed());
            return matcher.find() ? Optional.of(URI.create(matcher.group(1))) : Optional.empty();
        });
        Eventually.until("the suite is healthy", this::healthy);
    }

    private boolean healthy() {
        try {
            HttpRequest request = HttpRequest.newBuilder(address.resolve("/health"))
                    .timeout(Duration.ofSeconds(10))
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** A process of the repository's root with the suite's data folder and settings, and the JDK of this test. */
    ProcessBuilder command(String... command) {
        List<String> words = new ArrayList<>(Arrays.asList(command));
        Path java = Path.of(System.getProperty("java.home"));
        if (words.getFirst().equals("java"))
            words.set(0, java.resolve("bin/java").toString());
        ProcessBuilder builder = new ProcessBuilder(words).directory(ROOT.toFile());
        Map<String, String> all = builder.environment();
        all.keySet()
                .removeIf(name ->
                        name.startsWith("DORMOUSE_") || name.startsWith("ANTHROPIC_") || name.startsWith("AWS_"));
        all.put("JAVA_HOME", java.toString());
        all.put("DORMOUSE_HOME", home.toString());
        all.put("DORMOUSE_PORT", "0");
        if (WEB_ADAPTER != null) {
            all.put("DORMOUSE_WEB_ADAPTER", WEB_ADAPTER);
            // Each stream that was cut has a process to itself until it ends.
            all.put("DORMOUSE_STREAM_REST_SECONDS", "5");
        }
        all.putAll(environment);
        return builder;
    }

    /** What a command printed, and how it ended. */
    record Ran(int exit, String out, String err) {}

    /** {@code ./dormouse …}, as a person calls it beside the running suite. */
    Ran dormouse(String... arguments) {
        try {
            // The script builds what is older than its sources. What is tested here has just been built.
            Files.writeString(ROOT.resolve("local-stack/target/.built"), "");
            List<String> words = new ArrayList<>(List.of("./dormouse"));
            words.addAll(List.of(arguments));
            Path err = Files.createTempFile(home.getParent(), "err", ".txt");
            Process ran = command(words.toArray(String[]::new))
                    .redirectError(err.toFile())
                    .start();
            ran.getOutputStream().close();
            String out = new String(ran.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Ran(ran.waitFor(), out, Files.readString(err));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** A client with a new key of that workspace. */
    Client workspace(String name) {
        Ran created = dormouse("key", "create", "--workspace", name);
        assertThat(created.exit()).as(created.err()).isZero();
        return new Client(address, created.out().strip());
    }

    URI address() {
        return address;
    }

    Path home() {
        return home;
    }

    /** What this start printed. */
    String printed() {
        try {
            byte[] all = Files.readAllBytes(output);
            int from = (int) Math.min(printedBefore, all.length);
            return new String(all, from, all.length - from, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What all starts printed; of functions, what their processes did, too. */
    String output() {
        try {
            StringBuilder all = new StringBuilder(Files.readString(output));
            if (AS_FUNCTIONS) for (Path log : logs()) all.append(Files.readString(log));
            return all.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Path> logs() throws IOException {
        try (Stream<Path> files = Files.find(output.getParent(), 2, (file, is) -> file.getFileName()
                .toString()
                .endsWith(".log"))) {
            return files.toList();
        }
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    /** SIGKILL. Hands survive it. */
    void kill() {
        // Functions are processes of their own, and none of them may outlive this.
        if (AS_FUNCTIONS) process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        ended();
    }

    /** SIGSTOP: it does nothing, knows nothing of that, and keeps its files and connections. */
    void freeze() {
        signal(process.toHandle(), "STOP");
    }

    /** SIGCONT: it goes on as if no time had passed. */
    void thaw() {
        signal(process.toHandle(), "CONT");
    }

    static void signal(ProcessHandle process, String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** SIGTERM, as a person's Ctrl-C or a service manager sends it. @return the exit code */
    int stop() {
        process.destroy();
        return ended();
    }

    private int ended() {
        try {
            if (!process.waitFor(Eventually.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                throw new AssertionError("the suite did not end: " + output());
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Where a session's hand has its files, if it has one: a task's are gone with it. */
    Path hand(String session) {
        return home.resolve("hands").resolve("hand_" + session.substring(session.indexOf('_') + 1));
    }

    /** The living supervisors, of all sessions. */
    List<ProcessHandle> hands() {
        List<ProcessHandle> living = new ArrayList<>();
        if (!Files.isDirectory(home.resolve("hands"))) return living;
        try (Stream<Path> folders = Files.list(home.resolve("hands"))) {
            for (Path folder : folders.toList()) supervisor(folder).ifPresent(living::add);
            return living;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The living supervisor whose folder this is. */
    static Optional<ProcessHandle> supervisor(Path hand) {
        try {
            JsonNode run = Json.parse(Files.readString(hand.resolve("state/run.json")));
            long pid = run.path("pid").asLong();
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            boolean same = fields[19].equals(run.path("start_ticks").asText()) && !fields[0].equals("Z");
            return same ? ProcessHandle.of(pid) : Optional.empty();
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        if (process != null && process.isAlive()) kill();
        List<ProcessHandle> left = hands();
        left.forEach(ProcessHandle::destroyForcibly);
        for (ProcessHandle hand : left) Eventually.until("a hand that was left over is gone", () -> !hand.isAlive());
        http.close();
        remove(home.getParent());
    }

    static void remove(Path folder) {
        try {
            new ProcessBuilder("/bin/rm", "-rf", "--", folder.toString())
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
