package io.dormouse.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileToolsTest {
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
    void write_makes_folders_and_read_gives_the_text_back() throws Exception {
        assertThat(write("a/b/c.txt", "héllo\n").isFine().text()).isEqualTo("Wrote 7 bytes to /workspace/a/b/c.txt");
        assertThat(read("a/b/c.txt").isFine().text()).isEqualTo("héllo\n");
        assertThat(read("/workspace/a/b/../b/c.txt").isFine().text()).isEqualTo("héllo\n");
        assertThat(hand.bash("stat -c '%U %a' a/b/c.txt").text()).isEqualTo("agent 644\n");
    }

    @Test
    void write_keeps_the_permissions_of_what_it_replaces() throws Exception {
        hand.bash("echo old > tool; chmod 750 tool").isFine();
        write("tool", "new").isFine();
        assertThat(hand.bash("stat -c %a tool; cat tool").text()).isEqualTo("750\nnew");
    }

    @Test
    void bash_and_file_tools_share_the_three_folders() throws Exception {
        for (String folder : new String[] {"/workspace", "/mnt/session/outputs", "/tmp"}) {
            write(folder + "/shared", "x").isFine();
            assertThat(hand.bash("cat " + folder + "/shared").text()).isEqualTo("x");
        }
        assertThat(java.nio.file.Files.readString(home.resolve("outputs/shared")))
                .isEqualTo("x");
    }

    @Test
    void view_range_is_inclusive_and_ends_at_the_end() throws Exception {
        write("lines", "1\n2\n3\n4\n").isFine();
        assertThat(range("lines", 2, 3).isFine().text()).isEqualTo("2\n3\n");
        assertThat(range("lines", 3, -1).isFine().text()).isEqualTo("3\n4\n");
        assertThat(range("lines", 4, 0).isFine().text()).isEqualTo("4\n");
        assertThat(range("lines", 3, 99).isFine().text()).isEqualTo("3\n4\n");
        assertThat(range("lines", 9, 10).failed().text()).contains("has only 4 lines");
        assertThat(range("lines", 0, 2).failed().text()).contains("view_range");
        assertThat(range("lines", 3, 2).failed().text()).contains("view_range");
    }

    @Test
    void what_is_not_a_text_file_is_a_clear_error() throws Exception {
        hand.bash(
                        "mkdir -p dir; printf 'a\\0b' > binary; : > empty; seq 1 200000 > large; chmod 0 $(touch locked; echo locked)")
                .isFine();
        assertThat(read("dir").failed().text()).isEqualTo("read: dir is a directory");
        assertThat(read("nowhere/at/all").failed().text()).contains("no such file");
        assertThat(read("binary").failed().text()).contains("binary file of 3 bytes");
        assertThat(read("locked").failed().text()).contains("permission denied");
        assertThat(read("empty").isFine().text()).isEqualTo("(the file is empty)");
        assertThat(read("large").isFine().text())
                .contains("[cut after 262144 bytes")
                .hasSizeLessThan(263_000);
        assertThat(write("dir", "x").failed().text()).contains("is a directory");
        assertThat(write("binary/below", "x").failed().text()).startsWith("write: ");
    }

    @Test
    void edit_replaces_one_or_all_and_says_why_not() throws Exception {
        write("e", "cat dog cat\n").isFine();
        assertThat(edit("e", "cat", "cow", false).failed().text()).contains("found 2 times");
        assertThat(edit("e", "dog", "d$1\\og", false).isFine().text())
                .isEqualTo("Replaced 1 occurrence in /workspace/e");
        assertThat(edit("e", "cat", "cow", true).isFine().text()).startsWith("Replaced 2 occurrences");
        assertThat(read("e").text()).isEqualTo("cow d$1\\og cow\n");
        assertThat(edit("e", "bird", "x", false).failed().text()).contains("not found");
        assertThat(edit("e", "", "x", false).failed().text()).contains("must not be empty");
        assertThat(edit("e", "cow", "cow", true).failed().text()).contains("the same");
        hand.bash("printf '\\xff cow' > latin").isFine();
        assertThat(edit("latin", "cow", "x", false).failed().text()).contains("not UTF-8");
    }

    @Test
    void glob_knows_doublestar_and_gives_the_newest_first() throws Exception {
        hand.bash("mkdir -p g/src/deep g/.git; touch -d '2020-01-01' g/top.java; touch -d '2021-01-01' g/src/mid.java; "
                        + "touch -d '2022-01-01' g/src/deep/low.java; touch g/src/x.txt g/.git/secret.java")
                .isFine();
        assertThat(hand.tool("glob", "pattern", "g/**/*.java").isFine().text())
                .isEqualTo("/workspace/g/src/deep/low.java\n/workspace/g/src/mid.java\n/workspace/g/top.java");
        assertThat(hand.tool("glob", "pattern", "*.{java,txt}", "path", "g/src").text())
                .contains("mid.java")
                .contains("x.txt")
                .doesNotContain("low");
        assertThat(hand.tool("glob", "pattern", "/workspace/g/*").text()).isEqualTo("/workspace/g/top.java");
        assertThat(hand.tool("glob", "pattern", "g/src/[!x]*").text()).isEqualTo("/workspace/g/src/mid.java");
        assertThat(hand.tool("glob", "pattern", "**/*.rs").isFine().text()).isEqualTo("no matches");
        assertThat(hand.tool("glob", "pattern", "*", "path", "none").failed().text())
                .contains("not a directory");
        assertThat(hand.tool("glob", "pattern", "../../etc/*").failed().text()).contains("outside");
        hand.bash("mkdir many; touch many/{1..300}").isFine();
        assertThat(hand.tool("glob", "pattern", "many/*").text()).endsWith("[the newest 200 of 300]");
    }

    @Test
    void grep_gives_file_line_and_text_and_skips_binaries() throws Exception {
        hand.bash(
                        "mkdir -p r; printf 'one\\ntwo 22\\n' > r/a; printf 'two\\0two' > r/bin; yes twofold | head -n 20000 > r/z")
                .isFine();
        assertThat(hand.tool("grep", "pattern", "t[a-z]o \\d+", "path", "r")
                        .isFine()
                        .text())
                .isEqualTo("/workspace/r/a:2:two 22\n");
        assertThat(hand.tool("grep", "pattern", "two", "path", "r/a").text()).isEqualTo("/workspace/r/a:2:two 22\n");
        assertThat(hand.tool("grep", "pattern", "twof", "path", "r").text())
                .endsWith("[cut after 102400 characters]")
                .hasSizeLessThan(103_000);
        assertThat(hand.tool("grep", "pattern", "absent", "path", "r").isFine().text())
                .isEqualTo("no matches");
        assertThat(hand.tool("grep", "pattern", "(").failed().text()).contains("not a valid regular expression");
        assertThat(hand.tool("grep", "pattern", "x", "path", "none").failed().text())
                .contains("no such file");
    }

    @Test
    void a_regular_expression_that_never_ends_is_stopped() throws Exception {
        write("evil", "a".repeat(40) + "!").isFine();
        var reply = hand.post(
                "/v1/execute",
                "{\"id\":\"evil\",\"name\":\"grep\",\"timeout_ms\":1500,\"input\":{\"pattern\":\"(a+)+\\\\1!!\",\"path\":\"evil\"}}");
        assertThat(reply.result().failed().text()).contains("out of time");
    }

    @Test
    void malformed_inputs_are_results_for_the_model() throws Exception {
        assertThat(hand.tool("read").failed().text()).isEqualTo("read: `file_path` is required");
        assertThat(hand.tool("read", "file_path", 7).failed().text()).isEqualTo("read: `file_path` must be a string");
        assertThat(hand.tool("read", "file_path", "x", "view_range", "1-2")
                        .failed()
                        .text())
                .contains("two whole numbers");
        assertThat(hand.tool("write", "file_path", "x").failed().text()).isEqualTo("write: `content` is required");
        assertThat(hand.tool("bash").failed().text()).contains("`command` is required");
        assertThat(hand.tool("bash", "command", "x", "timeout_ms", -1).failed().text())
                .contains("timeout_ms");
        assertThat(hand.tool("bash", "command", "a\0b").failed().text()).contains("NUL");
        assertThat(hand.tool("fly").failed().text()).contains("no tool `fly`");
        assertThat(hand.post("/v1/execute", "{\"id\":\"odd\",\"name\":\"read\",\"input\":[1]}")
                        .result()
                        .failed()
                        .text())
                .contains("JSON object");
    }

    private static TestHand.Result read(String path) throws Exception {
        return hand.tool("read", "file_path", path);
    }

    private static TestHand.Result range(String path, int first, int last) throws Exception {
        return hand.tool("read", "file_path", path, "view_range", new int[] {first, last});
    }

    private static TestHand.Result write(String path, String content) throws Exception {
        return hand.tool("write", "file_path", path, "content", content);
    }

    private static TestHand.Result edit(String path, String before, String after, boolean all) throws Exception {
        return hand.tool("edit", "file_path", path, "old_string", before, "new_string", after, "replace_all", all);
    }
}
