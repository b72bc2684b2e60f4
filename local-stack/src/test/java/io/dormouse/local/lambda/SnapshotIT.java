package io.dormouse.local.lambda;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.ThreadId;
import io.dormouse.local.bench.ColdWorld;
import io.dormouse.session.Entry;
import io.dormouse.testkit.lambda.Deployed;
import io.dormouse.testkit.lambda.Deployed.Life;
import io.dormouse.testkit.lambda.LambdaEmulator;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Provider;
import java.security.Security;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The harness as Lambda would take a snapshot of it (SnapStart): two processes from the zip that is deployed, under the real
 * runtime client, parked where it asks to be restored. A parked process stands for its snapshot, which nobody can take here.
 * What the kernel gives them at random is what a file says.
 */
@Tag("first-store-only")
class SnapshotIT {
    private static final List<String> TWINS = List.of("one", "other");
    private static final String DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    /** More than a process draws until it is killed. */
    private static final int DRAWS = 20_000;

    @TempDir
    private static Path room;

    private static ColdWorld world;
    private static LambdaEmulator lambda;
    /** Of one of them, while it was parked: how many objects of which class can be reached, and its TCP sockets. */
    private static Map<String, Long> living;

    private static List<String> connections;

    @BeforeAll
    static void park() throws Exception {
        world = new ColdWorld();
        lambda = LambdaEmulator.start(List.of());
        Path zip = LambdaSuite.zip("harness");
        Deployed harness = Deployed.java("harness", zip, Deployed.QUARKUS, world.environment(lambda));
        for (String twin : TWINS) {
            lambda.deploy(harness.named(twin).with(Life.RESTORED).told("JAVA_TOOL_OPTIONS", entropy(twin)));
            Files.writeString(file(twin), "the snapshot's");
            ProcessHandle parked = lambda.park(twin);
            living = histogram(parked);
            connections = connections(parked);
            // The rehearsal was one.
            assertThat(lambda.log(twin)).doesNotContain("WARN");
        }
    }

    @AfterAll
    static void close() {
        lambda.close();
        world.close();
    }

    private static Path file(String twin) {
        return room.resolve(twin);
    }

    /** All that is random in that JVM comes from the file, {@code ThreadLocalRandom}'s seed, too. */
    private static String entropy(String twin) throws IOException, URISyntaxException {
        Path classes = Path.of(FileEntropy.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        Path folder = Path.of(FileEntropy.class.getPackageName().replace('.', '/'));
        Path copies = Files.createDirectories(room.resolve("classes").resolve(folder));
        try (Stream<Path> all = Files.list(classes.resolve(folder))) {
            for (Path one : all.filter(f -> f.getFileName().toString().startsWith("FileEntropy"))
                    .toList()) Files.write(copies.resolve(one.getFileName()), Files.readAllBytes(one));
        }
        StringBuilder providers = new StringBuilder("security.provider.1=" + FileEntropy.class.getName() + "\n");
        int number = 2;
        for (Provider provider : Security.getProviders())
            providers.append("security.provider." + number++ + "=" + provider.getName() + "\n");
        Path properties = Files.writeString(room.resolve("security.properties"), providers);
        return "-Xbootclasspath/a:" + room.resolve("classes") + " -Djava.security.properties=" + properties
                + " -Djava.util.secureRandomSeed=true -Dentropy=" + file(twin);
    }

    @Test
    void what_is_parked_holds_nothing_of_its_own() {
        // Whoever remembers, knows the time, or may act for somebody is made after the snapshot.
        assertThat(living.keySet())
                .doesNotContain(
                        "io.dormouse.wake.WakeFunction",
                        "io.dormouse.wake.Brain",
                        "io.dormouse.harness.Harness",
                        "io.dormouse.harness.Memory",
                        "io.dormouse.id.Ids",
                        "io.dormouse.threads.ThreadPace",
                        "io.dormouse.head.Head",
                        "io.dormouse.session.Entry",
                        "io.dormouse.messages.MessagesModel",
                        "io.dormouse.aws.SigV4",
                        "jdk.internal.net.http.HttpClientImpl",
                        "sun.security.ssl.SSLSessionImpl",
                        "sun.security.ssl.SSLSocketImpl",
                        "sun.security.ssl.SSLEngineImpl")
                .noneMatch(name -> name.matches("software\\.amazon\\.awssdk\\.services\\.\\w+\\.Default\\w+Client"))
                .noneMatch(name ->
                        name.matches("software\\.amazon\\.awssdk\\..*Aws(Basic|Session)Credentials(Identity)?"));
        assertThat(living.keySet().stream().filter(SnapshotIT::draws))
                .containsOnly(
                        // What the JDK itself draws from the kernel, or here from a file, each time anew.
                        "java.security.SecureRandom",
                        // There is one in every JVM. Retries of the SDK wait by it; nothing is called by it.
                        "java.util.concurrent.ThreadLocalRandom",
                        // Of a retry policy of the SDK that is not ours.
                        "java.util.Random");
        assertThat(living.get("java.util.Random")).isEqualTo(1);
    }

    private static boolean draws(String name) {
        return name.matches("java\\.util\\..*Random|jdk\\.random\\..*|java\\.security\\.SecureRandom"
                + "|sun\\.security\\.provider\\.(SecureRandom|DRBG|\\w+Drbg)");
    }

    @Test
    void what_is_parked_is_connected_with_nothing_but_its_runtime() {
        assertThat(connections).hasSize(1);
    }

    /** Both go on from the same: what they call things by can only differ by what was drawn since. */
    @Test
    void twins_draw_all_that_is_random_after_they_were_restored() throws Exception {
        Set<String> seen = new HashSet<>();
        for (String twin : TWINS) {
            Files.writeString(file(twin), twin);
            ThreadId thread = world.session();
            Entry begun = world.log(thread).getFirst();
            assertThat(new String(lambda.call(twin, ColdWorld.wake(thread)))).contains("SETTLED");
            Set<Integer> drawn = new HashSet<>();
            for (int i = 0; i < DRAWS; i++)
                drawn.add(ByteBuffer.wrap(FileEntropy.drawn(twin, i, 4)).getInt());
            List<Entry> told = new ArrayList<>(world.log(thread));
            told.remove(begun);
            assertThat(told).isNotEmpty();
            for (Entry entry : told) {
                long drawnLast = number(entry.nonce()).longValue();
                int second = (int) drawnLast;
                // As a generator makes a long of two draws.
                int first = (int) ((drawnLast - second) >> 32);
                assertThat(drawn.contains(first) && drawn.contains(second))
                        .as("%s of %s was drawn from what its file says now", entry.nonce(), twin)
                        .isTrue();
                assertThat(seen.add(entry.nonce())).isTrue();
                assertThat(entry.epoch()).isEqualTo(1);
            }
        }
    }

    private static BigInteger number(String base58) {
        BigInteger number = BigInteger.ZERO;
        for (char digit : base58.toCharArray())
            number = number.multiply(BigInteger.valueOf(58)).add(BigInteger.valueOf(DIGITS.indexOf(digit)));
        return number;
    }

    // ---- what can be seen of a process

    private static Map<String, Long> histogram(ProcessHandle process) throws IOException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin/jcmd");
        Process told = new ProcessBuilder(jcmd.toString(), Long.toString(process.pid()), "GC.class_histogram").start();
        Map<String, Long> all = new TreeMap<>();
        told.inputReader().lines().map(String::strip).forEach(line -> {
            String[] fields = line.split("\\s+");
            if (fields.length >= 4 && fields[0].endsWith(":") && fields[1].matches("\\d+"))
                all.merge(fields[3], Long.parseLong(fields[1]), Long::sum);
        });
        assertThat(all).containsKeys("java.lang.String", "io.dormouse.wake.SnapStart");
        return all;
    }

    /** Listening ones as well. */
    private static List<String> connections(ProcessHandle process) throws IOException {
        Path proc = Path.of("/proc", Long.toString(process.pid()));
        Set<String> sockets = new HashSet<>();
        try (Stream<Path> files = Files.list(proc.resolve("fd"))) {
            for (Path file : files.toList())
                sockets.add(Files.readSymbolicLink(file).toString());
        }
        List<String> found = new ArrayList<>();
        for (String table : List.of("net/tcp", "net/tcp6"))
            for (String line : Files.readAllLines(proc.resolve(table))) {
                String[] fields = line.strip().split("\\s+");
                if (fields.length > 9 && sockets.contains("socket:[" + fields[9] + "]")) found.add(line);
            }
        return found;
    }
}
