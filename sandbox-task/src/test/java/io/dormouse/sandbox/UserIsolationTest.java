package io.dormouse.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Isolation {@code user}, where the container is the wall: with the capabilities that a container's root has, and no more. */
class UserIsolationTest {
    @TempDir
    Path home;

    private TestHand hand;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(TestHand.root(), "only root can become another user");
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        hand = TestHand.startContained(
                home,
                "DORMOUSE_ISOLATION",
                "user",
                "DORMOUSE_EGRESS_DIR",
                home.resolve("egress").toString(),
                "DORMOUSE_LIMIT_MEMORY_BYTES",
                Long.toString(300L << 20));
    }

    @AfterEach
    void stop() throws Exception {
        if (hand != null) hand.close();
    }

    @Test
    void only_the_folders_are_the_agents() throws Exception {
        assertThat(hand.bash("id -u; echo x > a; cat a").text()).isEqualTo(hand.uid + "\nx\n");
        assertThat(hand.bash("cat " + home + "/state/journal.jsonl").failed().text())
                .contains("denied");
        assertThat(hand.bash("cat /proc/" + hand.process().pid() + "/environ")
                        .failed()
                        .text())
                .contains("denied");
        hand.bash("echo x > " + home + "/x").failed();
        hand.bash("echo x > $CURL_CA_BUNDLE").failed();
    }

    @Test
    void agent_code_has_no_privilege_and_cannot_get_one() throws Exception {
        assertThat(hand.bash(
                                "grep -E 'Cap(Inh|Prm|Eff|Amb)|NoNewPrivs' /proc/self/status | cut -f2 | sort -u | tr '\\n' ' '")
                        .text())
                .isEqualTo("0000000000000000 1 ");
        hand.bash("setpriv --reuid 0 true").failed();
        hand.bash("cp /bin/true t && chown 0 t").failed();
    }

    @Test
    void its_programs_find_the_way_out_and_what_to_trust() throws Exception {
        assertThat(hand.bash(
                                "openssl x509 -in $(dirname $CURL_CA_BUNDLE)/ca.pem -noout && echo whole; echo $HTTPS_PROXY")
                        .isFine()
                        .text())
                .startsWith("whole\nhttp://127.0.0.1:");
        // Nobody holds this hand: the proxy, and not the network, says so.
        assertThat(hand.bash("curl -s -o /dev/null -w '%{http_code} %{http_connect}' https://example.test/")
                        .text())
                .contains("503");
    }

    @Test
    void a_call_ends_when_its_time_is_up_and_everything_ends_at_a_restart() throws Exception {
        assertThat(hand.tool("bash", "command", "sleep 4734", "timeout_ms", 200)
                        .failed()
                        .text())
                .contains("timed out");
        hand.bash("sleep 4735 &").isFine();
        hand.tool("bash", "restart", true).isFine();
        TestHand.until(
                "nothing sleeps", () -> TestHand.processesWith("sleep 4735").isEmpty());
    }

    @Test
    void the_memory_limit_holds_without_the_right_to_trace() throws Exception {
        assertThat(hand.bash("python3 -c '\nimport time\nx = [bytearray(100 << 20) for i in range(6)]\ntime.sleep(30)'")
                        .failed()
                        .text())
                .contains("memory limit passed");
    }

    @Test
    void files_are_read_and_written_as_the_agent() throws Exception {
        hand.tool("write", "file_path", "/workspace/a/b.txt", "content", "hello")
                .isFine();
        assertThat(hand.bash("cat a/b.txt; stat -c %u a/b.txt").text()).isEqualTo("hello" + hand.uid + "\n");
        assertThat(hand.tool("read", "file_path", "/etc/shadow").failed().text())
                .contains("outside");
    }

    @Test
    void without_a_folder_that_the_agent_can_read_it_does_not_start(@TempDir Path other) throws Exception {
        Process process = TestHand.prepared(other, "DORMOUSE_ISOLATION", "user").launch();
        assertThat(process.waitFor(300, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(Main.BAD_SETTINGS);
        assertThat(Files.readString(other.resolve("supervisor.err"))).contains("DORMOUSE_EGRESS_DIR");
    }
}
