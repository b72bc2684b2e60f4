package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.local.e2e.Room.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Code in a sandbox against its room and the machine. */
interface RoomAttacks {
    @Test
    default void s01_no_process_variable_or_file_of_a_room_has_a_secret(Target target) {
        Room room = target.main();
        String seen = room.bash("env; for f in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do"
                        + " tr '\\0' '\\n' < $f 2>/dev/null; done")
                .fine();
        assertThat(seen).containsPattern("API_TOKEN=dmph_[0-9a-f]{48}\n").doesNotContain("CANARY-");
        // What a program of the attacker's finds by itself, in plain text; other forms are searched for from outside.
        String files = room.bash(
                        "grep -rlaE -D skip 'CANAR[Y]-' /workspace /tmp /run /etc /mnt /dev/shm /home /root /var"
                                + " /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/[0-9]*/maps 2>/dev/null; echo end")
                .fine();
        assertThat(files).isEqualTo("end\n");
    }

    /** There are no roles of tasks yet. That their template has none is for the test of that template. */
    @Test
    default void s02_there_are_no_credentials_of_a_task(Target target) {
        Room room = target.main();
        assertThat(room.bash("env | cut -d= -f1 | grep -E '^(AWS|ECS)_'; echo end")
                        .fine())
                .isEqualTo("AWS_CA_BUNDLE\nend\n");
        room.bash("curl -sS -m 5 --noproxy '*' http://169.254.170.2/v2/credentials/x")
                .failed();
        assertThat(room.curl("http://169.254.170.2/v2/credentials/x")).isEqualTo("403 destination_denied");
        assertThat(room.curl("http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"))
                .isEqualTo("403 destination_denied");
    }

    @Test
    default void s03_metadata_is_out_of_direct_reach(Target target) {
        String reached = target.main()
                .python("""
                        import socket
                        for family, kind, address in [
                                (socket.AF_INET, socket.SOCK_STREAM, ('169.254.169.254', 80)),
                                (socket.AF_INET, socket.SOCK_DGRAM, ('169.254.169.254', 53)),
                                (socket.AF_INET6, socket.SOCK_STREAM, ('fd00:ec2::254', 80)),
                                (socket.AF_INET, socket.SOCK_STREAM, ('1.1.1.1', 443)),
                                (socket.AF_INET, socket.SOCK_DGRAM, ('8.8.8.8', 53)),
                                (socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', TRAP))]:
                            try:
                                s = socket.socket(family, kind)
                                s.settimeout(3)
                                s.connect(address)
                                print('reached', address)
                            except OSError as e:
                                print(e.errno is not None and e.strerror or 'timed out')
                        try:
                            socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
                            print('reached raw')
                        except OSError:
                            pass
                        """.replace("TRAP", String.valueOf(target.trap())))
                .fine();
        assertThat(reached).doesNotContain("reached").contains("unreachable").contains("refused");
        assertThat(target.main()
                        .bash("curl -sS -m 5 --noproxy '*' -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60'"
                                + " http://169.254.169.254/latest/api/token")
                        .failed())
                .contains("connect");
        assertThat(target.sprung).hasValue(0);
    }

    /** All paths, and 1,000 tries of each race: {@code PathAttackTest}. */
    @Test
    default void s20_file_tools_do_not_leave_the_workspace(Target target) {
        Room room = target.main();
        room.bash("cd /workspace; ln -sf /proc/1/environ l1; ln -sfn / l2; ln -sf /etc/passwd l3; mkfifo -m 600 pipe;"
                        + " ln -sfn /proc/self/root l4; ln l3 l5")
                .fine();
        String[] paths = {
            "../../etc/passwd",
            "/etc/passwd",
            "..%2f..%2fetc/passwd",
            "l1",
            "l2/etc/passwd",
            "l3",
            "l4/etc/passwd",
            "l5",
            "/proc/self/root/etc/passwd",
            "/proc/1/environ",
            "pipe",
            "/dev/zero",
            "a/".repeat(10_000) + "a",
            "/workspace/../etc/passwd",
            "/run/dormouse/egress/ca.pem"
        };
        List<JsonNode> calls = new ArrayList<>();
        for (String path : paths) calls.add(Room.call("read", Brain.input("file_path", path)));
        for (String path : List.of("l2/etc/x", "/etc/x", "../x", "l4/etc/x", "pipe/x"))
            calls.add(Room.call("write", Brain.input("file_path", path, "content", "x")));
        for (Result result : room.use(calls.toArray(JsonNode[]::new)))
            assertThat(result.failed()).doesNotContain("root:", "nobody:", "PATH=");
        room.bash("cd /workspace; rm -f l1 l2 l3 l4 l5 pipe").fine();
    }

    @Test
    default void s22_endless_and_broken_output_is_bounded_and_told_as_text(Target target) throws IOException {
        Room room = target.rough();
        String endless = room.bash("head -c 1G /dev/zero | tr '\\0' x; echo; echo the end", Duration.ofMinutes(10))
                .fine();
        assertThat(endless).hasSizeLessThan(110_000).contains("the end").containsPattern("[0-9]{6,}");
        String broken = room.python("import sys\n"
                        + "sys.stdout.buffer.write(b'a\\xff\\xfe\\0\\x1b]0;title\\x07\\x1b[2Jb\\xed\\xa0\\x80c\\n')")
                .fine();
        assertThat(broken).startsWith("a").endsWith("c\n");
        String listed = room.latest(10).toString();
        assertThat(listed).contains("\\u001B]0;title");
        try (Stream<String> status =
                Files.lines(Path.of("/proc/" + target.suite.handle().pid() + "/status"))) {
            String peak =
                    status.filter(line -> line.startsWith("VmHWM")).findFirst().orElseThrow();
            // Its heap may have 512 MB.
            assertThat(Long.parseLong(peak.replaceAll("[^0-9]", ""))).isLessThan(1_000_000L);
        }
    }

    /** Disk, files and memory by degrees: {@code IsolationTest}. */
    @Test
    default void s24_what_runs_wild_is_ended_and_the_next_session_does_not_meet_it(Target target) {
        Room room = target.rough();
        Result bomb = room.use(Room.call(
                        "bash",
                        Brain.input("command", "f() { f | f & }; f; sleep 2; echo over")
                                .put("timeout_ms", 10_000)))
                .getFirst();
        assertThat(bomb.text()).containsAnyOf("Resource temporarily unavailable", "timed out", "over", "exit");
        room.use(Room.call("bash", Brain.input().put("restart", true)));
        assertThat(room.bash("python3 -c 'x = bytearray(64 << 30)'").failed()).contains("MemoryError");
        assertThat(room.bash("head -c 100M /dev/zero > huge; s=$?; rm -f huge; exit $s")
                        .isError())
                .isTrue();
        Result loop = room.use(Room.call(
                        "bash",
                        Brain.input("command", "trap '' TERM INT; while :; do :; done")
                                .put("timeout_ms", 2_000)))
                .getFirst();
        assertThat(loop.failed()).contains("timed out");
        room.python("import socket\nopen = []\ntry:\n  while len(open) < 100000: open.append(socket.socket())\n"
                        + "except OSError as e: print(len(open), e)")
                .fine();
        Room left = target.open("left", Room.Plan.PLAIN);
        left.bash("setsid -f sleep 47777; echo mine > /tmp/mine; echo mine > mine")
                .fine();
        ProcessHandle hand =
                RunningSuite.supervisor(target.suite.hand(left.id())).orElseThrow();
        List<ProcessHandle> all = hand.descendants().toList();
        assertThat(all).anyMatch(process -> commandLine(process).contains("sleep\u000047777"));
        Room next = target.open("next", Room.Plan.PLAIN);
        assertThat(next.bash("ls /tmp /workspace; ps -e -o args= | grep -c '[s]leep 47777'; id -un")
                        .text())
                .doesNotContain("mine")
                .contains("0\n");
        target.client.delete("/v1/sessions/" + left.id());
        Eventually.until("nothing is left of a deleted session's room", () -> all.stream()
                .noneMatch(process -> process.isAlive() && commandLine(process).contains("47777")));
    }

    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
        } catch (IOException gone) {
            return "";
        }
    }
}
