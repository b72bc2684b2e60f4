package io.dormouse.local.bench;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The packaged suite as {@code ./dormouse up} starts it, on a data folder and a port of its own. */
final class SuiteProcess implements AutoCloseable {
    static final String KEY = "benchmark-key-of-this-run";
    private static final Path FOLDER = Path.of("local-stack/target/bench");

    private final Process process;
    private final Path home;
    private final int port;
    private final long startMillis;

    private SuiteProcess(Process process, Path home, int port, long startMillis) {
        this.process = process;
        this.home = home;
        this.port = port;
        this.startMillis = startMillis;
    }

    /** Returns when {@code /health} answers. The data is below the build's folder: a disk, where /tmp may be memory. */
    static SuiteProcess start(URI model) throws IOException, InterruptedException {
        Files.createDirectories(FOLDER);
        Path home = Files.createTempDirectory(FOLDER.toAbsolutePath(), "home-");
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // The script passes on what `up` would use, so that there is one place that says it.
        command.addAll(List.of(System.getProperty("dormouse.suite").split(" +")));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(FOLDER.resolve("suite.log").toFile());
        builder.environment().put("DORMOUSE_HOME", home.toString());
        builder.environment().put("DORMOUSE_PORT", Integer.toString(port));
        builder.environment().put("DORMOUSE_API_KEY", KEY);
        builder.environment().put("ANTHROPIC_BASE_URL", model.toString());
        builder.environment().put("ANTHROPIC_API_KEY", "of-no-use");
        long begun = System.nanoTime();
        Process process = builder.start();
        awaitHealth(process, port);
        return new SuiteProcess(process, home, port, (System.nanoTime() - begun) / 1_000_000);
    }

    private static void awaitHealth(Process process, int port) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest health = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health"))
                    .build();
            while (true) {
                if (!process.isAlive()) throw new IOException("the suite ended; see " + FOLDER.resolve("suite.log"));
                try {
                    if (http.send(health, HttpResponse.BodyHandlers.discarding())
                                    .statusCode()
                            == 200) return;
                } catch (IOException e) {
                    // Not yet.
                }
                Thread.sleep(10);
            }
        }
    }

    int port() {
        return port;
    }

    long pid() {
        return process.pid();
    }

    /** From the start of the process to its first good answer, milliseconds. */
    long startMillis() {
        return startMillis;
    }

    /** Stops it as a person would, and returns how long that took, milliseconds. */
    long stop() throws InterruptedException {
        long begun = System.nanoTime();
        process.destroy();
        if (!process.waitFor(30, TimeUnit.SECONDS)) throw new IllegalStateException("the suite does not stop");
        return (System.nanoTime() - begun) / 1_000_000;
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        try (Stream<Path> files = Files.walk(home)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
        }
    }
}
