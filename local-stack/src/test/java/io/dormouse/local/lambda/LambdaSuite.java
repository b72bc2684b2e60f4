package io.dormouse.local.lambda;

import io.dormouse.aws.Table;
import io.dormouse.edge.ApiKeys;
import io.dormouse.id.WorkspaceId;
import io.dormouse.local.offline.OfflineModel;
import io.dormouse.testkit.lambda.Deployed;
import io.dormouse.testkit.lambda.LambdaEmulator;
import io.dormouse.testkit.moto.Moto;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;

/**
 * {@code ./dormouse up --lambda}: the zips that are deployed on AWS, on emulators. The harness is a fresh process for every
 * wake; the table's stream and the schedule of the sweep wake it as the deployment has it, the sweep more often. The API is
 * the function's HTTP server, without the Web Adapter before it. What moto keeps is gone when it ends.
 */
public final class LambdaSuite {
    private static final Path ROOT = root();
    private static final String HARNESS = "harness";
    /** The same function for the events that only wake, in a process that stays: a machine has fewer processors than AWS. */
    private static final String ROUNDS = "rounds";

    private static final byte[] SWEEP = "{\"sweep\":true}".getBytes(StandardCharsets.UTF_8);
    private static final int SWEEP_SECONDS = 10;
    private static final int STREAM_MILLIS = 300;
    private static final int READY_SECONDS = 120;

    private LambdaSuite() {}

    public static void main(String... arguments) throws IOException, InterruptedException {
        Map<String, String> told = System.getenv();
        String aws = told.get("AWS_ENDPOINT_URL");
        Account account = new Account(
                aws == null ? Moto.endpoint() : URI.create(aws), told.getOrDefault("DORMOUSE_TABLE", "dormouse"));
        Table table = account.furnish();
        String key = key(account.keys(), told.get("DORMOUSE_API_KEY"));
        String model = told.get("ANTHROPIC_BASE_URL");
        LambdaEmulator lambda = LambdaEmulator.start();
        Map<String, String> environment = new HashMap<>(account.environment(lambda.endpoint()));
        environment.put("DORMOUSE_HARNESS", HARNESS);
        Map<String, String> brains = new HashMap<>(environment);
        brains.put(
                "DORMOUSE_MODEL_URL",
                model == null ? OfflineModel.start().baseUri().toString() : model);
        brains.put("DORMOUSE_MODEL_SIGNING", "none");
        Deployed harness = Deployed.java(HARNESS, zip("harness"), Deployed.QUARKUS, brains);
        lambda.deploy(harness);
        lambda.deploy(harness.named(ROUNDS).with(Deployed.Life.KEPT).atMost(1));

        int port = port(told.getOrDefault("DORMOUSE_PORT", "8080"));
        Process api = api(environment, port);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            api.destroy();
            lambda.close();
        }));
        URI address = URI.create("http://127.0.0.1:" + port);
        awaitHealth(api, address);
        wakeForCertainty(lambda, account.streams(), table);
        System.out.println("\nDormouse is up, as functions. What it keeps is gone when it ends.\n\n  address  "
                + address + "\n  key      " + key + "\n");
        new CountDownLatch(1).await();
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.isDirectory(folder.resolve("functions/harness"))) folder = folder.getParent();
        if (folder == null) throw new IllegalStateException("not started inside of a checkout");
        return folder;
    }

    private static Path zip(String function) {
        return ROOT.resolve("functions").resolve(function).resolve("target/function.zip");
    }

    private static String key(ApiKeys keys, String given) {
        if (given == null)
            return keys.create(WorkspaceId.DEFAULT, "first start").plain();
        keys.register(given, WorkspaceId.DEFAULT, "DORMOUSE_API_KEY");
        return "the one in DORMOUSE_API_KEY";
    }

    private static int port(String wanted) throws IOException {
        if (!wanted.equals("0")) return Integer.parseInt(wanted);
        try (ServerSocket free = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private static Process api(Map<String, String> environment, int port) throws IOException {
        Deployed function = Deployed.program("api", zip("api"), List.of("./run.sh"), environment);
        ProcessBuilder builder = new ProcessBuilder(function.command())
                .directory(function.folder().toFile())
                .inheritIO();
        Map<String, String> all = builder.environment();
        all.keySet().removeIf(name -> name.startsWith("DORMOUSE_") || name.startsWith("AWS_"));
        all.put("PATH", Path.of(System.getProperty("java.home"), "bin") + ":" + all.get("PATH"));
        all.put("DORMOUSE_PORT", Integer.toString(port));
        all.putAll(environment);
        return builder.start();
    }

    private static void awaitHealth(Process api, URI address) throws InterruptedException {
        HttpRequest health = HttpRequest.newBuilder(address.resolve("/health")).build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            for (long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS); ; ) {
                if (!api.isAlive()) throw new IllegalStateException("the API ended");
                try {
                    if (http.send(health, HttpResponse.BodyHandlers.discarding())
                                    .statusCode()
                            == 200) return;
                } catch (IOException e) {
                    // Not yet.
                }
                if (System.nanoTime() > giveUp) throw new IllegalStateException("the API does not answer");
                TimeUnit.MILLISECONDS.sleep(50);
            }
        }
    }

    private static void wakeForCertainty(LambdaEmulator lambda, DynamoDbStreamsClient streams, Table table) {
        TableStream stream = new TableStream(
                streams,
                table.client()
                        .describeTable(describe -> describe.tableName(table.name()))
                        .table()
                        .latestStreamArn(),
                batch -> lambda.send(ROUNDS, batch));
        ScheduledExecutorService clock = Executors.newScheduledThreadPool(
                2, Thread.ofPlatform().daemon().name("events-", 0).factory());
        clock.scheduleWithFixedDelay(tried(stream::look), 0, STREAM_MILLIS, TimeUnit.MILLISECONDS);
        clock.scheduleWithFixedDelay(() -> lambda.send(ROUNDS, SWEEP), 0, SWEEP_SECONDS, TimeUnit.SECONDS);
    }

    /** A schedule ends with the first exception. */
    private static Runnable tried(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                System.err.println("the table's stream: " + e);
            }
        };
    }
}
