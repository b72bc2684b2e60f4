package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.head.Lease;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.testkit.moto.Moto;
import io.dormouse.testkit.network.BadNetwork;
import io.dormouse.verify.ExportReader;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Some sessions on one store, through run after run: in each, their clients speak while something happens to the processes;
 * then all comes to rest, and is checked. On DynamoDB one of two suites may take the place of the other, and both reach the
 * same hands, as they would in the cloud.
 */
final class Ordeal implements AutoCloseable {
    private static final int SESSIONS = 3;

    /** An emulator that does one thing at a time is soon busy. */
    private static final int SESSIONS_ON_DYNAMODB = 2;

    /**
     * Seconds that pass in one for the suites: their leases are stale after 3 s. Not more, or beats alone would keep an
     * emulator busy that does one thing at a time.
     */
    private static final int CLOCK_RATE = 5;

    private static final Duration STALE = Lease.STALE_AFTER.dividedBy(CLOCK_RATE);

    private final Tally tally;
    private final Random random;
    private final Brain brain = new Brain();
    private final Brain.Role role = brain.role(Marks::reply);
    private final DynamoStore store;
    private final BadNetwork network;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final Rehearsal rehearsal;
    private final Path sharedHands;
    private final List<RunningSuite> all = new ArrayList<>();
    private final List<RunningSuite> retired = new ArrayList<>();
    private final List<Speaker> speakers = new ArrayList<>();
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private volatile RunningSuite suite;
    private int marks;

    /** @param dynamo or on SQLite @param rehearsal of the suites */
    Ordeal(boolean dynamo, long seed, Rehearsal rehearsal, Tally tally) throws IOException {
        // Neighbouring seeds begin alike otherwise.
        this.random = new Random(new SplittableRandom(seed).nextLong());
        this.rehearsal = rehearsal;
        this.tally = tally;
        environment.put("DORMOUSE_API_KEY", RunningSuite.KEY);
        environment.put("ANTHROPIC_BASE_URL", brain.address().toString());
        environment.put("DORMOUSE_TEST", "1");
        environment.put("DORMOUSE_TEST_CLOCK", Integer.toString(CLOCK_RATE));
        store = dynamo ? DynamoStore.fresh() : null;
        network = dynamo ? BadNetwork.before(Moto.endpoint(), seed) : null;
        if (dynamo) environment.putAll(store.environment(network.address()));
        sharedHands = dynamo ? Files.createTempDirectory("dormouse-hands-") : null;
        suite = another();
    }

    private RunningSuite another() throws IOException {
        RunningSuite another = rehearsal.suite(environment);
        all.add(another);
        if (sharedHands != null) Files.createSymbolicLink(another.home().resolve("hands"), sharedHands);
        return another;
    }

    void begin() {
        suite.start();
        try (Client client = new Client(suite.address(), RunningSuite.KEY)) {
            String agent = client.agent(role.system(), Client.TOOLSET).id();
            String place = client.environment();
            for (int i = store == null ? SESSIONS : SESSIONS_ON_DYNAMODB; i > 0; i--)
                speakers.add(new Speaker(client.session(agent, place), () -> suite.address(), store != null, http));
        }
        // Two suites on one folder of hands agree only on hands that exist.
        if (store == null) return;
        together(speakers.stream()
                .<Runnable>map(each -> () -> each.tool(List.of(mark())))
                .toList());
        rest();
    }

    private synchronized String mark() {
        return "m" + ++marks;
    }

    // ---- a run

    void run() throws IOException {
        long began = System.nanoTime();
        Harm harm = Harm.any(random, store != null);
        List<Runnable> words = new ArrayList<>();
        for (Speaker speaker : speakers) for (int i = 1 + random.nextInt(3); i > 0; i--) words.add(word(speaker));
        Duration moment = Duration.ofMillis(random.nextInt(900));
        List<Thread> speaking =
                words.stream().map(Thread.ofVirtual()::unstarted).toList();
        List<Throwable> failures = new ArrayList<>();
        for (Thread thread : speaking) {
            thread.setUncaughtExceptionHandler((t, failure) -> {
                synchronized (failures) {
                    failures.add(failure);
                }
            });
            thread.start();
        }
        Speaker.pause(moment);
        speakers.forEach(Speaker::look);
        List<Speaker> harmed = perform(harm);
        for (Thread thread : speaking) join(thread);
        synchronized (failures) {
            for (Throwable failure : failures) throw new AssertionError("a client", failure);
        }
        harmed.forEach(Speaker::excuse);
        rest();
        tally.ran(store == null ? "sqlite" : "dynamodb", harm, System.nanoTime() - began);
        retire();
    }

    /** A message, and when it is sent. */
    private Runnable word(Speaker speaker) {
        Duration when = Duration.ofMillis(random.nextInt(700));
        int tools = random.nextInt(4);
        List<String> own = new ArrayList<>();
        for (int i = 0; i < Math.max(1, tools); i++) own.add(mark());
        return () -> {
            Speaker.pause(when);
            if (tools == 0) speaker.say(own.getFirst());
            else speaker.tool(own);
        };
    }

    private void rest() {
        for (Speaker speaker : speakers) speaker.awaitIdle();
        for (Speaker speaker : speakers) speaker.check(suite.hand(speaker.session()));
    }

    private static void together(List<Runnable> tasks) {
        List<Thread> threads = tasks.stream().map(Thread::startVirtualThread).toList();
        threads.forEach(Ordeal::join);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // ---- what happens

    /** @return the sessions whose calls may be lost by it */
    private List<Speaker> perform(Harm harm) throws IOException {
        return switch (harm) {
            case SUITE_KILLED -> {
                killSuite();
                suite.start();
                yield List.of();
            }
            case SUITE_KILLED_TWICE -> {
                killSuite();
                suite.launch();
                Speaker.pause(Duration.ofMillis(random.nextInt(1_200)));
                killSuite();
                suite.start();
                yield List.of();
            }
            case SUITE_FROZEN -> {
                suite.freeze();
                Speaker.pause(STALE.plusMillis(random.nextInt(800)));
                suite.thaw();
                yield List.of();
            }
            case SUITE_REPLACED -> {
                replaceSuite();
                yield List.of();
            }
            case HAND_KILLED -> {
                Optional<Speaker> victim = victim();
                victim.flatMap(this::hand).ifPresent(ProcessHandle::destroyForcibly);
                yield victim.stream().toList();
            }
            case HAND_FROZEN -> {
                Optional<ProcessHandle> hand = victim().flatMap(this::hand);
                hand.ifPresent(each -> RunningSuite.signal(each, "STOP"));
                Speaker.pause(Duration.ofMillis(100 + random.nextInt(1_400)));
                hand.ifPresent(each -> RunningSuite.signal(each, "CONT"));
                yield List.of();
            }
            case MACHINE_KILLED -> {
                killSuite();
                List<ProcessHandle> hands = suite.hands();
                hands.forEach(ProcessHandle::destroyForcibly);
                for (ProcessHandle hand : hands) Eventually.until("a hand is dead", () -> !alive(hand));
                suite.start();
                yield speakers;
            }
            case HAND_SILENT -> {
                Optional<Speaker> victim = victim();
                victim.flatMap(this::hand).ifPresent(hand -> RunningSuite.signal(hand, "STOP"));
                killSuite();
                suite.start();
                yield victim.stream().toList();
            }
        };
    }

    /** A zombie has nobody to wait for it when this JVM did not start it. */
    private static boolean alive(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
        } catch (IOException gone) {
            return false;
        }
    }

    private Optional<Speaker> victim() {
        List<Speaker> living =
                speakers.stream().filter(each -> hand(each).isPresent()).toList();
        if (living.isEmpty()) tally.missed();
        return living.isEmpty() ? Optional.empty() : Optional.of(living.get(random.nextInt(living.size())));
    }

    private Optional<ProcessHandle> hand(Speaker speaker) {
        return RunningSuite.supervisor(suite.hand(speaker.session()));
    }

    private void killSuite() throws IOException {
        suite.kill();
        if (store == null) integrity(suite.home());
    }

    /** The other one works on, and answers, from now on. Until the end of the run the first one lives beside it. */
    private void replaceSuite() throws IOException {
        RunningSuite first = suite;
        first.freeze();
        Map<ThreadId, Lease> leases = leases();
        RunningSuite second = another();
        second.start();
        suite = second;
        if (random.nextInt(10) < 7) for (Speaker speaker : speakers) speaker.awaitIdle();
        else Speaker.pause(Duration.ofMillis(random.nextInt(2 * (int) STALE.toMillis())));
        Map<ThreadId, Lease> now = leases();
        leases.forEach((thread, before) -> {
            if (before.held() && now.get(thread).epoch() > before.epoch()) tally.leaseTaken();
        });
        first.thaw();
    }

    private Map<ThreadId, Lease> leases() {
        Heads heads = store.heads();
        Map<ThreadId, Lease> leases = new HashMap<>();
        for (Speaker speaker : speakers) {
            ThreadId thread = SessionId.parse(speaker.session()).orElseThrow().primaryThread();
            leases.put(thread, heads.read(thread).map(Head::lease).orElseThrow());
        }
        return leases;
    }

    /** A suite that was replaced tells the same as the one in its place; then it ends. */
    private void retire() {
        for (RunningSuite each : List.copyOf(all)) {
            if (each == suite) continue;
            RunningSuite second = suite;
            suite = each;
            for (Speaker speaker : speakers) speaker.check(second.hand(speaker.session()));
            suite = second;
            each.kill();
            all.remove(each);
            // Its folder stays: hands that it started know theirs by that path.
            retired.add(each);
        }
    }

    // ---- the end

    /** Every log, by the verifier; the last kill, and what it leaves. */
    void end() throws IOException {
        for (Speaker speaker : speakers) verify(speaker.session());
        try (Client client = new Client(suite.address(), RunningSuite.KEY)) {
            for (Speaker speaker : speakers) Legal.events(new Talk(client, speaker.session()).events());
        }
        Legal.requests(role);
        killSuite();
        String any = speakers.get(random.nextInt(speakers.size())).session();
        RunningSuite.Ran ran = suite.dormouse("verify", any, "--local");
        assertThat(ran.exit()).as(ran.out() + ran.err()).isZero();
        if (network != null) tally.connectionsHarmed(network.harmed());
    }

    private void verify(String session) {
        ExportReader reader = new ExportReader();
        HttpRequest request = HttpRequest.newBuilder(suite.address().resolve("/v1/sessions/" + session + "/export"))
                .header("x-api-key", RunningSuite.KEY)
                .timeout(Eventually.PATIENCE)
                .build();
        try (Stream<String> lines =
                http.send(request, HttpResponse.BodyHandlers.ofLines()).body()) {
            lines.forEach(line -> reader.add(line.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
        ExportReader.Result result = reader.end();
        assertThat(result.findings()).as("the verifier on " + session).isEmpty();
        tally.verified(result.summary());
    }

    /** Of a copy: the next suite must find what the killed one left, not what a look at it has mended. */
    private void integrity(Path home) throws IOException {
        Path copy = Files.createTempDirectory("dormouse-integrity-");
        for (String name : List.of("dormouse.db", "dormouse.db-wal")) {
            Path file = home.resolve(name);
            if (Files.exists(file)) Files.copy(file, copy.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + copy.resolve("dormouse.db"));
                ResultSet result = connection.createStatement().executeQuery("PRAGMA integrity_check")) {
            assertThat(result.next()).isTrue();
            assertThat(result.getString(1))
                    .as("PRAGMA integrity_check after kill -9")
                    .isEqualTo("ok");
            tally.intact();
        } catch (SQLException e) {
            throw new AssertionError("the database after kill -9", e);
        }
        for (String name : List.of("dormouse.db", "dormouse.db-wal", "dormouse.db-shm"))
            Files.deleteIfExists(copy.resolve(name));
        Files.delete(copy);
    }

    /** For a failure. */
    String output() {
        StringBuilder text = new StringBuilder();
        for (RunningSuite each : all)
            text.append("---- ").append(each.home()).append('\n').append(each.output());
        return text.toString();
    }

    @Override
    public void close() {
        all.forEach(RunningSuite::close);
        retired.forEach(RunningSuite::close);
        http.close();
        brain.close();
        if (network != null) network.close();
        if (sharedHands != null) RunningSuite.remove(sharedHands);
    }
}
