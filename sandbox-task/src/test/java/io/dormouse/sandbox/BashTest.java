package io.dormouse.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BashTest {
    @TempDir
    static Path home;

    static TestHand hand;

    @BeforeAll
    static void start() throws Exception {
        hand = TestHand.start(home);
    }

    @AfterAll
    static void stop() throws Exception {
        if (hand != null) {
            hand.close();
        }
    }

    @Test
    void output_and_errors_come_in_order() throws Exception {
        assertThat(hand.bash("echo one; echo two >&2; echo three").isFine().text())
                .isEqualTo("one\ntwo\nthree\n");
    }

    @Test
    void directory_variables_and_functions_last() throws Exception {
        hand.bash("mkdir -p deep && cd deep; colour=green; greet() { echo \"hi $1\"; }; export E=exported")
                .isFine();
        assertThat(hand.bash("pwd; echo $colour; greet you; env | grep ^E=; cd ..")
                        .text())
                .isEqualTo("/workspace/deep\ngreen\nhi you\nE=exported\n");
    }

    @Test
    void a_failing_command_is_an_error_with_its_output() throws Exception {
        assertThat(hand.bash("echo partly; false").failed().text()).isEqualTo("partly\n");
        assertThat(hand.bash("(exit 7)").failed().text()).isEqualTo("exit 7");
    }

    @Test
    void unbalanced_quotes_are_a_syntax_error_and_not_a_hang() throws Exception {
        assertThat(hand.bash("echo 'never closed").failed().text()).contains("unexpected EOF");
        assertThat(hand.bash("for x in").failed().text()).contains("syntax error");
        assertThat(hand.bash("echo fine").isFine().text()).isEqualTo("fine\n");
    }

    @Test
    void heredocs_quotes_backslashes_and_tabs_arrive_as_they_are() throws Exception {
        String command = "cat <<'E'\nit's \"so\"\t\\n \\\\ $HOME `x` é 🐭\nE\n";
        assertThat(hand.bash(command).isFine().text()).isEqualTo("it's \"so\"\t\\n \\\\ $HOME `x` é 🐭\n");
    }

    @Test
    void a_command_that_reads_its_input_gets_the_end_at_once() throws Exception {
        assertThat(hand.bash("cat; read line; echo done").isFine().text()).isEqualTo("done\n");
    }

    @Test
    void a_background_job_holds_nothing_open_and_lives_on() throws Exception {
        assertThat(hand.bash("sleep 4711 & echo started").text()).contains("started");
        assertThat(hand.bash("jobs; kill %1").text()).contains("Running").contains("sleep 4711");
    }

    @Test
    void exit_ends_the_shell_and_says_so() throws Exception {
        hand.bash("kept=yes").isFine();
        assertThat(hand.bash("echo bye; exit 3").failed().text()).startsWith("bye\n[exit 3: this ended the shell");
        assertThat(hand.bash("echo \"<$kept>\"; pwd").isFine().text()).isEqualTo("<>\n/workspace\n");
    }

    @Test
    void restart_ends_jobs_and_forgets_variables() throws Exception {
        hand.bash("x=1; sleep 4712 & (setsid sleep 4713 &)").isFine();
        TestHand.until("both sleep", () -> TestHand.processesWith("sleep 471").size() >= 2);
        assertThat(hand.tool("bash", "restart", true).isFine().text()).contains("restarted");
        gone("sleep 4712");
        gone("sleep 4713");
        assertThat(hand.bash("echo \"<$x>\"").text()).isEqualTo("<>\n");
    }

    @Test
    void a_timeout_ends_the_command_and_keeps_shell_jobs_and_partial_output() throws Exception {
        hand.bash("cd /tmp; z=26; sleep 4714 &").isFine();
        var late = hand.tool("bash", "command", "echo begun; while true; do sleep 0.5; done", "timeout_ms", 4000);
        assertThat(late.failed().text())
                .startsWith("begun\n")
                .contains("timed out after 4000 ms")
                .doesNotContain("killed");
        assertThat(hand.bash("pwd; echo $z; jobs; kill %1; cd /workspace").text())
                .startsWith("/tmp\n26\n")
                .contains("sleep 4714");
    }

    @Test
    void a_loop_of_the_shell_itself_can_be_timed_out() throws Exception {
        hand.bash("w=23").isFine();
        assertThat(hand.tool("bash", "command", "while :; do :; done", "timeout_ms", 3000)
                        .failed()
                        .text())
                .contains("timed out");
        assertThat(hand.bash("echo $w").text()).isEqualTo("23\n");
    }

    @Test
    void what_ignores_signals_is_killed() throws Exception {
        var late = hand.tool(
                "bash",
                "command",
                "trap '' INT TERM; bash -c 'trap \"\" INT TERM; sleep 4715; sleep 4715'",
                "timeout_ms",
                3000);
        assertThat(late.failed().text()).contains("timed out");
        gone("sleep 4715");
        hand.tool("bash", "restart", true).isFine();
    }

    @Test
    void nobody_is_left_to_tell_of_the_death_of_what_was_killed() throws Exception {
        var late = hand.tool(
                "bash",
                "command",
                "for i in {1..20}; do (trap '' INT; sleep 4717; true) & done; sleep 4717",
                "timeout_ms",
                5000);
        assertThat(late.failed().text()).contains("timed out");
        gone("sleep 4717");
        assertThat(hand.bash("echo fine").text()).isEqualTo("fine\n");
    }

    @Test
    void cancel_ends_the_command_at_once() throws Exception {
        CompletableFuture<TestHand.Reply> asked =
                CompletableFuture.supplyAsync(() -> execute("cancel-me", "echo begun; sleep 4716"));
        TestHand.until("it sleeps", () -> !TestHand.processesWith("sleep 4716").isEmpty());
        assertThat(hand.cancel("cancel-me").result().failed().text())
                .startsWith("begun\n")
                .contains("interrupted");
        gone("sleep 4716");
        assertThat(asked.get().result().failed().text()).contains("interrupted");
        assertThat(hand.bash("echo alive").text()).isEqualTo("alive\n");
    }

    @Test
    void a_call_in_the_queue_can_be_cancelled_and_never_runs() throws Exception {
        hand.execute("first", "bash", TestHand.input("command", "until [ -e go ]; do sleep 0.05; done; rm go"), 0);
        hand.execute("second", "bash", TestHand.input("command", "touch second-ran"), 0);
        assertThat(hand.cancel("second").result().failed().text()).contains("interrupted");
        assertThat(hand.tool("write", "file_path", "go", "content", "").isFine().text())
                .contains("go");
        assertThat(execute("first", "until [ -e go ]; do sleep 0.05; done; rm go")
                        .result()
                        .isFine()
                        .text())
                .isNotEmpty();
        hand.bash("test ! -e second-ran").isFine();
    }

    @Test
    void large_output_keeps_its_end_and_says_its_size_in_flat_memory() throws Exception {
        var result = hand.tool("bash", "command", "yes | head -c 1G", "timeout_ms", 600_000)
                .isFine();
        assertThat(result.text()).containsPattern("\\A\\[output cut: the last 102\\d{3} of 1073741824 bytes]\n");
        assertThat(result.text().length()).isLessThan(103_000);
        long rss = Files.readAllLines(Path.of("/proc/" + hand.process().pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmHWM"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .sum();
        assertThat(rss).as("peak memory in KB").isLessThan(250_000);
    }

    @Test
    void invalid_text_nuls_and_escapes_come_through_as_data() throws Exception {
        assertThat(hand.bash("printf 'a\\xff\\x00b\\xe2\\x82'; printf '\\e[31mred'")
                        .text())
                .isEqualTo("a\uFFFD\u0000b\uFFFD\u001b[31mred");
    }

    @Test
    void output_cannot_forge_its_own_end() throws Exception {
        assertThat(hand.bash("set; declare -f; printf '0 0\\n'; cat /dev/fd/101 2>&1; echo x >&101; echo still")
                        .text())
                .endsWith("still\n");
        assertThat(hand.bash("ls /proc/self/fd").text()).isEqualTo("0\n1\n2\n3\n");
    }

    @Test
    void shell_options_and_traps_of_commands_do_not_break_the_framing() throws Exception {
        assertThat(hand.bash("set -x; echo traced; set +x").text()).contains("traced");
        assertThat(hand.bash("exec >/tmp/elsewhere; echo lost").isFine().text()).isEqualTo("(no output)");
        assertThat(hand.bash("set -u; echo seen").text()).isEqualTo("seen\n");
        assertThat(hand.bash("echo $undefined_variable").failed().text()).contains("unbound variable");
        assertThat(hand.bash("set -e; false; echo never").failed().text())
                .contains("ended the shell")
                .doesNotContain("never");
        assertThat(hand.bash("printf() { :; }; echo() { builtin echo mine; }; echo x")
                        .text())
                .isEqualTo("mine\n");
        hand.tool("bash", "restart", true).isFine();
    }

    @Test
    void parallel_calls_run_one_after_the_other_in_order() throws Exception {
        for (int i = 0; i < 10; i++) {
            hand.execute("order-" + i, "bash", TestHand.input("command", "sleep 0.05; echo " + i + " >> order"), 0);
        }
        assertThat(hand.bash("cat order | tr -d '\\n'").text()).isEqualTo("0123456789");
    }

    private static void gone(String command) throws InterruptedException {
        TestHand.until(
                command + " is gone", () -> TestHand.processesWith(command).isEmpty());
    }

    private static TestHand.Reply execute(String id, String command) {
        try {
            return hand.executeToEnd(id, "bash", TestHand.input("command", command));
        } catch (Exception broken) {
            throw new IllegalStateException(broken);
        }
    }
}
