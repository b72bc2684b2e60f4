package io.dormouse.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CallsTest {
    @TempDir
    Path home;

    @Test
    void one_id_runs_once_and_answers_the_same_for_ever() throws Exception {
        try (TestHand hand = TestHand.start(home)) {
            ObjectNode input = TestHand.input("command", "echo ran >> effects; wc -l < effects");
            for (int i = 0; i < 5; i++) {
                assertThat(hand.executeToEnd("once", "bash", input).result().text())
                        .isEqualTo("1\n");
            }
            hand.kill();
            hand.startAgain();
            assertThat(hand.executeToEnd("once", "bash", input).result().text()).isEqualTo("1\n");
            assertThat(hand.bash("wc -l < effects").text()).isEqualTo("1\n");
        }
    }

    @Test
    void an_id_with_another_body_is_a_conflict() throws Exception {
        try (TestHand hand = TestHand.start(home)) {
            hand.executeToEnd("c", "bash", TestHand.input("command", "echo 1", "timeout_ms", 5000));
            assertThat(hand.executeToEnd("c", "bash", TestHand.input("timeout_ms", 5000, "command", "echo 1"))
                            .status())
                    .as("the order of fields does not matter")
                    .isEqualTo(200);
            assertThat(hand.executeToEnd("c", "bash", TestHand.input("command", "echo 2"))
                            .status())
                    .isEqualTo(409);
            assertThat(hand.executeToEnd("c", "read", TestHand.input("command", "echo 1", "timeout_ms", 5000))
                            .status())
                    .isEqualTo(409);
        }
    }

    @Test
    void a_long_call_says_running_until_it_is_done() throws Exception {
        try (TestHand hand = TestHand.start(home)) {
            ObjectNode input =
                    TestHand.input("command", "until [ -e go ]; do sleep 0.05; done; echo went >> effects; echo went");
            assertThat(hand.execute("long", "bash", input, 0).state()).isEqualTo("running");
            assertThat(hand.execute("long", "bash", input, 200).state()).isEqualTo("running");
            hand.tool("write", "file_path", "go", "content", "").isFine();
            assertThat(hand.executeToEnd("long", "bash", input).result().text()).isEqualTo("went\n");
            assertThat(hand.bash("cat effects").text()).isEqualTo("went\n");
        }
    }

    @Test
    void a_supervisor_that_died_says_so_and_runs_nothing_twice() throws Exception {
        try (TestHand hand = TestHand.start(home)) {
            ObjectNode input = TestHand.input("command", "echo ran >> effects; sleep 4720");
            hand.execute("cut-off", "bash", input, 0);
            TestHand.until(
                    "it sleeps", () -> !TestHand.processesWith("sleep 4720").isEmpty());
            hand.kill();
            TestHand.until("all of it is gone", () -> TestHand.processesWith("sleep 4720")
                    .isEmpty());
            // A line that the crash cut short must not spoil the journal.
            Files.writeString(home.resolve("state/journal.jsonl"), "{\"fact\":\"do", StandardOpenOption.APPEND);
            hand.startAgain();
            var result = hand.executeToEnd("cut-off", "bash", input).result();
            assertThat(result.failed().text()).contains("died while this ran").contains("may or may not");
            assertThat(hand.bash("cat effects").text()).isEqualTo("ran\n");
            hand.kill();
            hand.startAgain();
            assertThat(hand.executeToEnd("cut-off", "bash", input).result()).isEqualTo(result);
        }
    }

    @Test
    void a_call_cancelled_before_it_comes_never_runs() throws Exception {
        try (TestHand hand = TestHand.start(home)) {
            assertThat(hand.cancel("early").result().failed().text()).contains("interrupted");
            hand.kill();
            hand.startAgain();
            var late = hand.executeToEnd("early", "bash", TestHand.input("command", "touch ran"));
            assertThat(late.result().failed().text()).contains("interrupted");
            hand.bash("test ! -e ran").isFine();
        }
    }

    @Test
    void only_the_secret_opens_and_nothing_else_is_said() throws Exception {
        try (TestHand hand = TestHand.start(home)) {
            String hash = java.util.HexFormat.of().formatHex(Secret.sha256(TestHand.SECRET));
            for (String header :
                    new String[] {"Bearer wrong", "Bearer ", "Basic x", TestHand.SECRET, "Bearer " + hash}) {
                var reply = TestHand.send(hand.request("/v1/health")
                        .header("Authorization", header)
                        .GET());
                assertThat(reply.status()).as(header).isEqualTo(401);
                assertThat(reply.body().toString()).isEqualTo("{\"error\":{\"message\":\"unauthorized\"}}");
            }
            assertThat(TestHand.send(hand.request("/nowhere").GET()).status()).isEqualTo(401);
            var health = TestHand.send(hand.request("/v1/health")
                    .header("Authorization", "Bearer " + TestHand.SECRET)
                    .GET());
            assertThat(health.body().path("hand").asText()).isEqualTo("hand_test");
            assertThat(health.body().path("status").asText()).isEqualTo("ready");
        }
    }

    @Test
    void bad_requests_get_an_answer_and_no_stack_trace() throws Exception {
        try (TestHand hand = TestHand.start(home)) {
            for (String body : new String[] {
                "",
                "[]",
                "{",
                "\"x\"",
                "{\"id\":1,\"name\":\"bash\"}",
                "{\"id\":\"x\"}",
                "{\"id\":\"\",\"name\":\"bash\"}",
                "{\"id\":\"x\",\"name\":\"bash\",\"wait_ms\":\"soon\"}",
                "{\"id\":\"x\",\"name\":\"bash\",\"wait_ms\":-1}",
                "{\"id\":\"" + "x".repeat(201) + "\",\"name\":\"bash\"}",
                "[".repeat(100_000),
            }) {
                var reply = hand.post("/v1/execute", body);
                assertThat(reply.status())
                        .as(body.substring(0, Math.min(60, body.length())))
                        .isEqualTo(400);
                assertThat(reply.body().path("error").path("message").asText())
                        .isNotBlank()
                        .doesNotContain("at io.");
            }
            assertThat(hand.post("/v1/nothing", "{}").status()).isEqualTo(404);
            assertThat(hand.post("/v1/health", "{}").status()).isEqualTo(404);
            var large = hand.request("/v1/execute").header("Authorization", "Bearer " + TestHand.SECRET);
            assertThat(TestHand.send(large.POST(HttpRequest.BodyPublishers.ofByteArray(new byte[17 * 1024 * 1024])))
                            .status())
                    .isEqualTo(413);
            assertThat(hand.bash("echo fine").text()).isEqualTo("fine\n");
        }
    }

    @Test
    void a_caller_that_goes_silent_blocks_nobody() throws Exception {
        try (TestHand hand = TestHand.start(home)) {
            int port = hand.request("/").build().uri().getPort();
            try (Socket silent = new Socket("127.0.0.1", port)) {
                silent.getOutputStream()
                        .write(("POST /v1/execute HTTP/1.1\r\nAuthorization: Bearer " + TestHand.SECRET
                                        + "\r\nContent-Length: 100\r\n\r\n{")
                                .getBytes(StandardCharsets.US_ASCII));
                assertThat(hand.bash("echo fine").text()).isEqualTo("fine\n");
            }
        }
    }

    @Test
    void a_second_supervisor_on_the_same_state_is_refused() throws Exception {
        try (TestHand hand = TestHand.start(home)) {
            Process second = hand.launch();
            assertThat(second.waitFor(300, TimeUnit.SECONDS)).isTrue();
            assertThat(second.exitValue()).isEqualTo(Main.ALREADY_RUNNING);
        }
    }

    @Test
    void stop_ends_the_program_and_everything_in_it() throws Exception {
        try (TestHand hand = TestHand.start(home)) {
            hand.bash("sleep 4721 & (setsid sleep 4722 &)").isFine();
            hand.tool("glob", "pattern", "*").isFine();
            assertThat(hand.post("/v1/stop", "").status()).isEqualTo(200);
            assertThat(hand.process().waitFor(300, TimeUnit.SECONDS)).isTrue();
            assertThat(hand.process().exitValue()).isZero();
            assertThat(home.resolve("state/run.json")).doesNotExist();
            TestHand.until("the room is empty", () -> TestHand.processesWith("sleep 472")
                    .isEmpty());
        }
    }

    @Test
    void nothing_outlives_a_killed_supervisor() throws Exception {
        try (TestHand hand = TestHand.start(home)) {
            hand.bash("sleep 4723 & (setsid nohup sleep 4724 >/dev/null 2>&1 &)")
                    .isFine();
            hand.tool("glob", "pattern", "*").isFine();
            TestHand.until(
                    "both sleep", () -> TestHand.processesWith("sleep 472").size() >= 2);
            hand.kill();
            TestHand.until("the rooms are empty", () -> TestHand.processesWith("sleep 472")
                    .isEmpty());
            TestHand.until("no worker is left", () -> TestHand.processesWith("sandbox.files.Worker").stream()
                    .noneMatch(pid -> hand.uid == uidOf(pid)));
        }
    }

    @Test
    void a_hand_that_nobody_calls_ends_itself() throws Exception {
        // Long enough for this side to read where it listens before it leaves.
        try (TestHand hand = TestHand.start(home, "DORMOUSE_IDLE_EXIT_SECONDS", "10")) {
            assertThat(hand.process().waitFor(300, TimeUnit.SECONDS)).isTrue();
            assertThat(hand.process().exitValue()).isZero();
        }
    }

    @Test
    void wrong_settings_are_said_clearly() throws Exception {
        try (TestHand hand = TestHand.start(home)) {
            hand.process().destroy();
        }
        Process bare = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.dormouse.sandbox.Main")
                .start();
        String said = new String(bare.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bare.waitFor()).isEqualTo(Main.BAD_SETTINGS);
        assertThat(said).contains("DORMOUSE_HAND is required");
    }

    private static long uidOf(long pid) {
        try {
            return (int) Files.getAttribute(Path.of("/proc/" + pid), "unix:uid");
        } catch (java.io.IOException gone) {
            return -1;
        }
    }
}
