package io.dormouse.local.hands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.dormouse.hands.Hand;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider.Provided;
import io.dormouse.hands.HandResult;
import io.dormouse.pace.Cancellation;
import io.dormouse.threads.ThreadPace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalHandsTest {
    private static final HandId HAND = new HandId("hand_Test1");
    private static final AtomicInteger CALLS = new AtomicInteger();

    @TempDir
    Path home;

    private final ThreadPace pace = new ThreadPace();
    private final List<LocalHands> made = new ArrayList<>();

    @BeforeEach
    void bubblewrap_is_here() throws IOException {
        if (suite().provide(HAND) instanceof Provided.Unavailable(String reason)) {
            if (System.getenv("CI") != null) {
                fail(reason);
            }
            System.out.println("Skipped: no sandboxes here: " + reason);
            Assumptions.abort(reason);
        }
    }

    @AfterEach
    void close() {
        made.forEach(LocalHands::close);
        pace.close();
    }

    @Test
    void a_hand_is_started_once_and_found_after_that() throws IOException {
        LocalHands suite = suite();
        long pid = pid();
        Provided.Ready again = (Provided.Ready) suite.provide(HAND);
        assertThat(again.fresh()).isFalse();
        assertThat(pid()).isEqualTo(pid);
        assertThat(bash(again.hand(), "echo hello")).isEqualTo("hello\n");
        assertThat(((Provided.Ready) suite.provide(new HandId("hand_Other"))).fresh())
                .isTrue();
    }

    @Test
    void a_hand_outlives_a_killed_suite_and_is_found_by_the_next() throws Exception {
        HandId id = new HandId("hand_Survivor");
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OtherSuite.class.getName(),
                        home.resolve("survivors").toString(),
                        id.text(),
                        "cd /tmp; colour=green; echo ran >> /workspace/effects")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertThat(other.inputReader().readLine()).isEqualTo("ready");
        other.destroyForcibly().waitFor();

        LocalHands next = suite(home.resolve("survivors"), Map.of());
        Provided.Ready found = (Provided.Ready) next.provide(id);
        assertThat(found.fresh()).isFalse();
        assertThat(bash(found.hand(), "pwd; echo $colour")).isEqualTo("/tmp\ngreen\n");
        var input = JsonNodeFactory.instance
                .objectNode()
                .put("command", "cd /tmp; colour=green; echo ran >> /workspace/effects");
        found.hand().execute(new HandCall("other_suite_call", "bash", input), new Cancellation());
        assertThat(bash(found.hand(), "cat /workspace/effects")).isEqualTo("ran\n");
    }

    @Test
    void ctrl_c_at_the_suite_does_not_reach_a_hand() throws Exception {
        String stat = Files.readString(Path.of("/proc/" + pid() + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        assertThat(fields[2]).as("its process group").isEqualTo(String.valueOf(pid()));
        assertThat(fields[3]).as("its session").isEqualTo(String.valueOf(pid()));
    }

    @Test
    void a_supervisor_lost_under_way_is_a_lost_call_and_never_a_second_run() throws Exception {
        LocalHands suite = suite();
        Hand hand = hand(suite);
        HandCall call = call("echo ran >> effects; sleep 4801");
        CompletableFuture<HandResult> asked =
                CompletableFuture.supplyAsync(() -> hand.execute(call, new Cancellation()), Thread::startVirtualThread);
        HandsContract.until(
                "it runs", () -> workspace().resolve("effects").toFile().length() > 0);
        ProcessHandle.of(pid()).orElseThrow().destroyForcibly();
        assertThat(asked.get(60, TimeUnit.SECONDS))
                .isInstanceOf(HandResult.Lost.class)
                .asString()
                .contains("may or may not");
        assertThat(hand(suite).execute(call, new Cancellation())).isInstanceOf(HandResult.Lost.class);
        assertThat(bash(hand(suite), "cat effects")).isEqualTo("ran\n");
        assertThat(supervisors()).hasSize(1);
    }

    @Test
    void the_workspace_outlives_an_idle_stop() throws Exception {
        LocalHands suite = suite(home.resolve("idle"), LocalHands.passedOn(Map.of("DORMOUSE_HAND_IDLE_SECONDS", "1")));
        bash(hand(suite), "echo kept > file");
        Path run = home.resolve("idle/hand_Test1/state/run.json");
        HandsContract.until("it went to sleep", () -> !Files.exists(run));
        Provided.Ready again = (Provided.Ready) suite.provide(HAND);
        assertThat(again.fresh()).isTrue();
        assertThat(bash(again.hand(), "cat file")).isEqualTo("kept\n");
    }

    @Test
    void a_clean_stop_ends_every_hand_and_keeps_the_workspaces() throws Exception {
        LocalHands suite = suite();
        bash(hand(suite), "echo kept > file; sleep 4802 &");
        suite.provide(new HandId("hand_Other"));
        suite.close();
        assertThat(supervisors()).isEmpty();
        assertThat(suite.provide(HAND)).isInstanceOf(Provided.Unavailable.class);
        assertThat(bash(hand(suite()), "cat file; jobs")).isEqualTo("kept\n");
    }

    @Test
    void discard_ends_the_hand_and_removes_its_folder() throws Exception {
        LocalHands suite = suite();
        bash(
                hand(suite),
                "python3 -c '\nimport os\nfor i in range(3000):\n    os.mkdir(\"d\")\n    os.chdir(\"d\")'; sleep 4803 &");
        suite.discard(HAND);
        assertThat(home.resolve("hands/hand_Test1")).doesNotExist();
        assertThat(supervisors()).isEmpty();
        suite.discard(HAND);
        assertThat(bash(hand(suite), "ls")).isEqualTo("(no output)");
    }

    @Test
    void a_call_to_a_discarded_hand_does_not_bring_it_back() throws Exception {
        LocalHands suite = suite();
        Hand hand = hand(suite);
        suite.discard(HAND);
        assertThat(hand.execute(call("ls"), new Cancellation())).isInstanceOf(HandResult.Failed.class);
        assertThat(home.resolve("hands/hand_Test1")).doesNotExist();
    }

    @Test
    void each_hand_has_a_user_of_its_own() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root has users to give");
        LocalHands suite = suite();
        suite.provide(new HandId("hand_Second"));
        Object first = Files.getAttribute(workspace(), "unix:uid");
        Object second = Files.getAttribute(home.resolve("hands/hand_Second/workspace"), "unix:uid");
        assertThat(first).isNotEqualTo(second);
        assertThat(List.of((int) first, (int) second))
                .allMatch(uid -> uid >= LocalHands.FIRST_UID && uid <= LocalHands.LAST_UID);
        // Also after a restart of the suite, which reads the users from the folders.
        suite().provide(new HandId("hand_Third"));
        assertThat(Files.getAttribute(home.resolve("hands/hand_Third/workspace"), "unix:uid"))
                .isNotIn(first, second);
    }

    @Test
    void the_supervisor_has_nothing_of_the_suites_environment_and_not_the_secret() throws Exception {
        String environment = Files.readString(Path.of("/proc/" + pid() + "/environ"), StandardCharsets.ISO_8859_1);
        Set<String> names = new HashSet<>();
        for (String each : environment.split("\0")) {
            names.add(each.substring(0, each.indexOf('=')));
        }
        assertThat(names).allMatch(name -> name.equals("LANG") || name.startsWith("DORMOUSE_"));
        String secret = new ObjectMapper()
                .readTree(Files.readAllBytes(home.resolve("hands/hand_Test1/hand.json")))
                .path("secret")
                .asText();
        assertThat(secret).hasSize(64);
        assertThat(environment).doesNotContain(secret);
    }

    @Test
    void where_walls_do_not_stand_there_is_no_hand_and_a_reason() throws Exception {
        LocalHands suite = suite(home.resolve("broken"), Map.of("DORMOUSE_LIMIT_ADDRESS_BYTES", "1000000"));
        assertThat(suite.provide(HAND))
                .isInstanceOf(Provided.Unavailable.class)
                .asString()
                .contains("starting a room failed");
    }

    @Test
    void a_hand_without_walls_is_not_taken_over_by_a_suite_that_wants_them() throws Exception {
        Path folder = home.resolve("mixed");
        LocalHands unsafe = new LocalHands(folder, program(), true, Map.of(), pace);
        made.add(unsafe);
        assertThat(bash(hand(unsafe), "pwd")).isEqualTo(folder.toRealPath() + "/hand_Test1/workspace\n");
        LocalHands safe = suite(folder, Map.of());
        Provided.Ready again = (Provided.Ready) safe.provide(HAND);
        assertThat(again.fresh()).isTrue();
        assertThat(bash(again.hand(), "pwd")).isEqualTo("/workspace\n");
    }

    private LocalHands suite() throws IOException {
        return suite(home.resolve("hands"), Map.of());
    }

    private LocalHands suite(Path folder, Map<String, String> settings) throws IOException {
        LocalHands hands = new LocalHands(folder, program(), false, settings, pace);
        made.add(hands);
        return hands;
    }

    private static SandboxProgram program() {
        return SandboxProgram.ofClassPath(System.getProperty("java.class.path"));
    }

    private Path workspace() {
        return home.resolve("hands/hand_Test1/workspace");
    }

    private static Hand hand(LocalHands suite) {
        return ((Provided.Ready) suite.provide(HAND)).hand();
    }

    private static HandCall call(String command) {
        return new HandCall(
                "call_" + CALLS.incrementAndGet(),
                "bash",
                JsonNodeFactory.instance.objectNode().put("command", command));
    }

    private static String bash(Hand hand, String command) {
        HandResult result = hand.execute(call(command), new Cancellation());
        assertThat(result).isInstanceOf(HandResult.Output.class);
        return ((HandResult.Output) result).content().path(0).path("text").asText();
    }

    private long pid() throws IOException {
        return new ObjectMapper()
                .readTree(Files.readAllBytes(home.resolve("hands/hand_Test1/state/run.json")))
                .path("pid")
                .asLong();
    }

    /** Living supervisors of hands below the test's own {@code hands} folder. */
    private List<Long> supervisors() {
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(pid -> environment(pid).contains("DORMOUSE_STATE_DIR=" + home.resolve("hands") + "/"))
                .toList();
    }

    private static String environment(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/environ"), StandardCharsets.ISO_8859_1);
        } catch (IOException gone) {
            return "";
        }
    }
}
