package io.dormouse.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IsolationTest {
    @TempDir
    static Path home;

    static TestHand hand;

    @BeforeAll
    static void start() throws Exception {
        hand = TestHand.start(
                home,
                "DORMOUSE_LIMIT_PROCESSES",
                "64",
                "DORMOUSE_LIMIT_FILE_BYTES",
                "20000000",
                "DORMOUSE_LIMIT_DISK_BYTES",
                "60000000",
                "DORMOUSE_LIMIT_DISK_FILES",
                "3000",
                "DORMOUSE_LIMIT_OPEN_FILES",
                "256",
                "DORMOUSE_LIMIT_MEMORY_BYTES",
                "400000000",
                "DORMOUSE_LIMIT_ADDRESS_BYTES",
                "2000000000");
    }

    @AfterAll
    static void stop() {
        if (hand != null) {
            hand.close();
        }
    }

    @Test
    void there_is_no_network() throws Exception {
        try (ServerSocket host = new ServerSocket(0)) {
            assertThat(hand.bash("echo > /dev/tcp/127.0.0.1/" + host.getLocalPort())
                            .failed()
                            .text())
                    .contains("refused");
            assertThat(hand.bash("echo > /dev/tcp/1.1.1.1/53").failed().text()).contains("unreachable");
        }
        assertThat(hand.bash("ls /sys/class/net 2>/dev/null; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '")
                        .text())
                .isEqualTo("lo\n");
    }

    @Test
    void the_environment_holds_nothing_of_the_host() throws Exception {
        assertThat(hand.bash("env; tr '\\0' '\\n' < /proc/1/environ; tr '\\0' '\\n' < /proc/$$/environ")
                        .isFine()
                        .text())
                .doesNotContain("HOST_TOKEN")
                .doesNotContain("DORMOUSE")
                .doesNotContain(home.toString());
        assertThat(hand.bash("cat /proc/*/environ | tr '\\0' '\\n' | cut -d= -f1 | sort -u | tr '\\n' ' '")
                        .text())
                .isEqualTo(
                        "APT_CONFIG AWS_CA_BUNDLE CARGO_HTTP_CAINFO CPATH CURL_CA_BUNDLE GIT_SSL_CAINFO HOME"
                                + " HTTPS_PROXY HTTP_PROXY JAVA_TOOL_OPTIONS LANG LD_LIBRARY_PATH LIBRARY_PATH LOGNAME"
                                + " NODE_EXTRA_CA_CERTS NODE_OPTIONS NODE_PATH NODE_USE_ENV_PROXY NO_PROXY PAGER PATH PERL5LIB"
                                + " PIP_CERT PWD PYTHONPATH REQUESTS_CA_BUNDLE SHELL SHLVL SSL_CERT_FILE TERM USER _ http_proxy https_proxy no_proxy npm_config_cafile ");
        assertThat(hand.bash("wc -c < /proc/1/environ").text()).isEqualTo("0\n");
    }

    @Test
    void host_files_are_not_there() throws Exception {
        for (Path path : new Path[] {
            home.resolve("state"),
            Path.of("/root"),
            Path.of("/home"),
            Path.of("/etc/shadow"),
            Path.of("/var/log"),
            Path.of("/var/lib/dpkg/info"),
            Path.of("/etc/apt"),
            Path.of("/sys")
        }) {
            assertThat(hand.bash("ls -d " + path).failed().text()).contains("No such file");
        }
        assertThat(hand.bash("cat /etc/passwd | cut -d: -f1 | tr '\\n' ' '").text())
                .isEqualTo("agent nobody ");
        assertThat(hand.bash("(cd /run; find . -type f -o -type s) | sort | tr '\\n' ' '")
                        .text())
                .isEqualTo(
                        "./dormouse/egress/apt.conf ./dormouse/egress/ca-bundle.pem ./dormouse/egress/ca.pem"
                                + " ./dormouse/egress/proxy.cjs ./dormouse/egress/proxy.sock ./dormouse/egress/truststore.p12 ");
        assertThat(hand.bash("ls / | tr '\\n' ' '").text())
                .doesNotContain("root")
                .doesNotContain("home");
    }

    @Test
    void the_system_cannot_be_written() throws Exception {
        for (String path : new String[] {
            "/x",
            "/usr/x",
            "/usr/bin/x",
            "/etc/x",
            "/dev/x",
            "/mnt/x",
            "/run/dormouse/egress/x",
            "/run/dormouse/egress/ca.pem",
            "/proc/sys/kernel/core_pattern"
        }) {
            assertThat(hand.bash("echo x > " + path).failed().text())
                    .as(path)
                    .containsAnyOf("Read-only", "denied", "cannot create");
        }
        hand.bash("echo x > /etc/passwd").failed();
    }

    @Test
    void agent_code_has_no_privilege_and_cannot_get_one() throws Exception {
        assertThat(hand.bash(
                                "id -u; id -un; grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs' /proc/self/status | cut -f2 | sort -u | tr '\\n' ' '")
                        .text())
                .isEqualTo("1000\nagent\n0000000000000000 1 ");
        hand.bash("unshare --user --map-root-user true").failed();
        hand.bash("unshare --mount true").failed();
        hand.bash("mount -t tmpfs none /tmp").failed();
        hand.bash("mknod /tmp/null c 1 3").failed();
        hand.bash("cp /bin/true /tmp/t && chown 0 /tmp/t").failed();
        hand.bash("setpriv --reuid 0 true").failed();
    }

    @Test
    void outside_it_runs_as_the_hands_own_user() throws Exception {
        assumeTrue(TestHand.root(), "only a supervisor that is root has users to give");
        hand.bash("sleep 4731 &").isFine();
        TestHand.until("it sleeps", () -> !TestHand.processesWith("sleep 4731").isEmpty());
        for (long pid : TestHand.processesWith("sleep 4731")) {
            assertThat(Files.getAttribute(Path.of("/proc/" + pid), "unix:uid")).isEqualTo((int) hand.uid);
        }
        hand.bash("kill %1; wait; touch mine").isFine();
        assertThat(Files.getAttribute(hand.workspace().resolve("mine"), "unix:uid"))
                .isEqualTo((int) hand.uid);
    }

    @Test
    void the_rooms_of_one_hand_do_not_see_each_others_processes() throws Exception {
        hand.tool("glob", "pattern", "*").isFine();
        // Not in one pipeline: ps might look before its neighbours are what they are called.
        assertThat(hand.bash("ps -e -o comm= > /tmp/ps; sort -u /tmp/ps | tr '\\n' ' '")
                        .text())
                .isEqualTo("bash bwrap ps socat ");
    }

    @Test
    void a_fork_bomb_hits_the_process_limit_and_the_hand_lives() throws Exception {
        var bomb = hand.tool("bash", "command", "f() { f | f & }; f; sleep 2; echo over", "timeout_ms", 8000);
        assertThat(bomb.text()).containsAnyOf("Resource temporarily unavailable", "timed out", "over", "exit");
        hand.tool("bash", "restart", true).isFine();
        assertThat(hand.bash("echo alive").isFine().text()).isEqualTo("alive\n");
        hand.tool("glob", "pattern", "*").isFine();
    }

    @Test
    void a_huge_file_hits_the_file_limit() throws Exception {
        hand.bash("head -c 100M /dev/zero > huge; s=$?; rm -f huge; exit $s").failed();
        assertThat(hand.bash("echo alive").text()).isEqualTo("alive\n");
    }

    @Test
    void a_full_disk_ends_what_fills_it_and_can_be_cleaned() throws Exception {
        // Both loops have no end of their own: only the limit's look may end them, however late it comes.
        String fill =
                "mkdir -p fill; for ((i = 0; ; i++)); do head -c 15M /dev/zero > fill/$((i % 20)); sleep 0.3; done";
        assertThat(hand.tool("bash", "command", fill, "timeout_ms", 300_000)
                        .failed()
                        .text())
                .contains("disk limit passed");
        assertThat(hand.tool("write", "file_path", "more", "content", "x")
                        .failed()
                        .text())
                .contains("disk limit passed");
        assertThat(hand.bash("rm -rf fill; echo cleaned").isFine().text()).isEqualTo("cleaned\n");
        TestHand.until("it may write again", () -> {
            try {
                return !hand.tool("write", "file_path", "more", "content", "x").isError();
            } catch (Exception broken) {
                throw new IllegalStateException(broken);
            }
        });
        String many = "mkdir m; cd m; for ((i = 0; ; i++)); do touch $(seq -f $((i % 200))-%g 1 100); sleep 0.05; done";
        assertThat(hand.tool("bash", "command", many, "timeout_ms", 300_000)
                        .failed()
                        .text())
                .contains("disk limit passed");
        hand.bash("cd /workspace; rm -rf m").isFine();
    }

    @Test
    void too_much_memory_is_refused_or_ends_the_room() throws Exception {
        assertThat(hand.bash("python3 -c 'x = bytearray(64 << 30)'").failed().text())
                .contains("MemoryError");
        assertThat(hand.bash("python3 -c '\nimport time\nx = [bytearray(100 << 20) for i in range(8)]\ntime.sleep(30)'")
                        .failed()
                        .text())
                .contains("memory limit passed");
        assertThat(hand.bash("echo alive").text()).isEqualTo("alive\n");
        assertThat(hand.bash("head -c 200M /dev/zero > /dev/shm/x; rm -f /dev/shm/x; ulimit -n")
                        .text())
                .contains("256");
    }

    @Test
    void ordinary_programs_work() throws Exception {
        assertThat(hand.bash(
                                "git init -q repo && cd repo && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x && git log --oneline | wc -l; cd ..")
                        .text())
                .isEqualTo("1\n");
        assertThat(hand.bash(
                                "python3 -c 'print(sum(range(10)))'; awk 'BEGIN{print 1+1}'; echo a | sed s/a/b/; date +%Y | wc -c")
                        .text())
                .isEqualTo("45\n2\nb\n5\n");
    }

    @Test
    void a_machine_without_bubblewrap_is_told_at_once(@TempDir Path other) throws Exception {
        assumeTrue(TestHand.root(), "the folder that cannot be reached needs root");
        Path file = Files.createFile(other.resolve("file"));
        // The walls cannot stand on a folder that is a file: the same path as any other failure of bubblewrap.
        TestHand broken = TestHand.prepared(
                other, "DORMOUSE_UPLOADS_DIR", file.resolve("below").toString());
        Process process = broken.launch();
        assertThat(process.waitFor(300, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(Main.NO_ISOLATION);
        assertThat(Files.readString(other.resolve("supervisor.err"))).contains("starting a room failed");
    }

    @Test
    void without_walls_it_works_only_when_asked_for_by_name(@TempDir Path other) throws Exception {
        try (TestHand open = TestHand.start(other, "DORMOUSE_ISOLATION", "none")) {
            assertThat(open.bash("pwd").text()).isEqualTo(other.toRealPath().resolve("workspace") + "\n");
            open.tool("write", "file_path", "/workspace/a", "content", "x").isFine();
            assertThat(open.bash("cat a; sleep 4732 & (setsid sleep 4733 &)").text())
                    .startsWith("x");
            assertThat(open.tool("read", "file_path", "/etc/passwd").failed().text())
                    .contains("outside");
            open.tool("bash", "restart", true).isFine();
            TestHand.until(
                    "it is gone", () -> TestHand.processesWith("sleep 4732").isEmpty());
            TestHand.processesWith("sleep 4733")
                    .forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
        }
    }
}
