package io.dormouse.local.lambda;

import io.dormouse.aws.Table;
import io.dormouse.edge.ApiKeys;
import io.dormouse.id.WorkspaceId;
import io.dormouse.local.fargate.HandImage;
import io.dormouse.local.hands.LocalHands;
import io.dormouse.local.offline.OfflineModel;
import io.dormouse.testkit.ecs.EcsEmulator;
import io.dormouse.testkit.lambda.Deployed;
import io.dormouse.testkit.lambda.HttpDoor;
import io.dormouse.testkit.lambda.LambdaEmulator;
import io.dormouse.testkit.moto.Moto;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;

/**
 * {@code ./dormouse up --lambda}: the zips that are deployed on AWS, on emulators. The harness is a fresh process for every
 * wake, and hands are tasks of an emulator of ECS; the table's stream and the schedule of the sweep wake it as the deployment
 * has it, the sweep more often. The API is the function's HTTP server, twice, and connections go to one and the other; with
 * {@code DORMOUSE_WEB_ADAPTER} naming the program of AWS's Web Adapter, it is invoked through that as on AWS. What moto keeps
 * is gone when it ends.
 */
public final class LambdaSuite {
    private static final Path ROOT = root();
    private static final String HARNESS = "harness";
    /** The same function for the events that only wake, in a process that stays: a machine has fewer processors than AWS. */
    private static final String ROUNDS = "rounds";

    private static final byte[] SWEEP = "{\"sweep\":true}".getBytes(StandardCharsets.UTF_8);
    private static final int SWEEP_SECONDS = 10;
    private static final int STREAM_MILLIS = 300;
    /** Every process has a port of its own, below those that a system gives out: on Lambda each has a machine of its own. */
    private static final String ADAPTED =
            "export DORMOUSE_PORT=$((10000 + $$ % 20000)); export AWS_LWA_PORT=$DORMOUSE_PORT;"
                    + " ./run.sh & exec \"$WEB_ADAPTER\"";

    private static final int READY_SECONDS = 120;
    /** Of the API: on Lambda nobody knows which process answers. */
    private static final int SERVERS = 2;

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
        for (String operation : List.of("send", "store")) lambda.deploy(proxy(operation, environment, told));
        // As deployed.
        environment.put("DORMOUSE_STREAM_SECONDS", "840");
        environment.put("DORMOUSE_STREAM_REST_SECONDS", "20");
        pass(told, environment, "DORMOUSE_STREAM_REST_SECONDS");
        environment.put("DORMOUSE_HARNESS", HARNESS);
        environment.put("DORMOUSE_PROXY", "proxy-store");
        Map<String, String> brains = new HashMap<>(environment);
        brains.putAll(HandImage.PLACEMENT);
        brains.put("AWS_ENDPOINT_URL_ECS", hands(told).toString());
        brains.put(
                "DORMOUSE_MODEL_URL",
                model == null ? OfflineModel.start().baseUri().toString() : model);
        brains.put("DORMOUSE_MODEL_SIGNING", "none");
        pass(told, brains, "DORMOUSE_CONTEXT_WINDOW", "DORMOUSE_WEB_SEARCH");
        brains.put("DORMOUSE_PROXY", "proxy-send");
        Deployed harness = Deployed.rehearsed(HARNESS, zip(HARNESS), Deployed.QUARKUS, brains);
        lambda.deploy(harness);
        lambda.deploy(harness.named(ROUNDS).with(Deployed.Life.KEPT).atMost(1));

        Runtime.getRuntime().addShutdownHook(new Thread(lambda::close));
        String adapter = told.get("DORMOUSE_WEB_ADAPTER");
        URI address = adapter == null
                ? servers(environment, Integer.parseInt(told.getOrDefault("DORMOUSE_PORT", "8080")))
                : adapted(lambda, environment, adapter);
        wakeForCertainty(lambda, account.streams(), table);
        System.out.println("\nDormouse is up, as functions. What it keeps is gone when it ends.\n\n  address  "
                + address + "\n  key      " + key + "\n");
        new CountDownLatch(1).await();
    }

    /** Takes long, once for each build of the zip: whoever must not wait for a start has had it done. */
    public static void rehearse() {
        Deployed.rehearsed(
                HARNESS,
                zip(HARNESS),
                Deployed.QUARKUS,
                Map.of("AWS_REGION", "us-east-1", "DORMOUSE_MODEL_SIGNING", "none"));
    }

    /** Tasks are processes with an address of their own, and end with this one. @param told what an operator may say of them */
    private static URI hands(Map<String, String> told) throws IOException {
        Path folder = told.containsKey("DORMOUSE_HOME")
                ? Files.createDirectories(Path.of(told.get("DORMOUSE_HOME"), "hands"))
                : Files.createTempDirectory("hands-");
        EcsEmulator ecs = HandImage.cluster(folder, LocalHands.passedOn(told)).linked("dormouse:hand");
        Runtime.getRuntime().addShutdownHook(new Thread(ecs::close));
        return ecs.endpoint();
    }

    /** As Lambda calls a wrapper: with the command line of its own client. @param told what an operator may say of the way out */
    static Deployed proxy(String operation, Map<String, String> environment, Map<String, String> told) {
        Map<String, String> all = new HashMap<>(environment);
        all.put("DORMOUSE_PROXY_OPERATION", operation);
        all.put("DORMOUSE_SECRETS", environment.get("DORMOUSE_TABLE") + "/vault/");
        pass(told, all, "DORMOUSE_PRIVATE_HOSTS", "DORMOUSE_EXTRA_CA");
        List<String> command = List.of("./start.sh", "java", "-cp", "/var/runtime/lib/*", "AWSLambda");
        return Deployed.program("proxy-" + operation, zip("credential-proxy"), command, all);
    }

    private static void pass(Map<String, String> told, Map<String, String> on, String... names) {
        for (String name : names) if (told.containsKey(name)) on.put(name, told.get(name));
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.isDirectory(folder.resolve("functions/harness"))) folder = folder.getParent();
        if (folder == null) throw new IllegalStateException("not started inside of a checkout");
        return folder;
    }

    static Path zip(String function) {
        return ROOT.resolve("functions").resolve(function).resolve("target/function.zip");
    }

    private static String key(ApiKeys keys, String given) {
        if (given == null)
            return keys.create(WorkspaceId.DEFAULT, "first start").plain();
        keys.register(given, WorkspaceId.DEFAULT, "DORMOUSE_API_KEY");
        return "the one in DORMOUSE_API_KEY";
    }

    /** One request at a time in each process, as on Lambda. @param adapter the Web Adapter's program */
    private static URI adapted(LambdaEmulator lambda, Map<String, String> environment, String adapter) {
        Map<String, String> all = new HashMap<>(environment);
        all.put("WEB_ADAPTER", adapter);
        all.put("AWS_LWA_INVOKE_MODE", "response_stream");
        all.put("AWS_LWA_READINESS_CHECK_PATH", "/health");
        lambda.deploy(Deployed.program("api", zip("api"), List.of("sh", "-c", ADAPTED), all));
        return HttpDoor.before(lambda, "api").address();
    }

    private static URI servers(Map<String, String> environment, int port) throws IOException, InterruptedException {
        Map<URI, Process> started = new LinkedHashMap<>();
        for (int i = 0; i < SERVERS; i++) {
            int own = FreePort.next();
            Process api = api(environment, own);
            Runtime.getRuntime().addShutdownHook(new Thread(api::destroy));
            started.put(URI.create("http://127.0.0.1:" + own), api);
        }
        for (Map.Entry<URI, Process> each : started.entrySet()) awaitHealth(each.getValue(), each.getKey());
        return Turns.before(List.copyOf(started.keySet()), port).address();
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
