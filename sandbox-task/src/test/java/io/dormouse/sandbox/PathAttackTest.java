package io.dormouse.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathAttackTest {
    private static final String HOST_SECRET = "host-secret-text";

    @TempDir
    static Path home;

    static TestHand hand;

    @BeforeAll
    static void start() throws Exception {
        Files.createDirectories(home.resolve("uploads"));
        Files.writeString(home.resolve("uploads/given.txt"), "given");
        Files.writeString(home.resolve("secret"), HOST_SECRET);
        hand = TestHand.start(
                home, "DORMOUSE_UPLOADS_DIR", home.resolve("uploads").toString());
        // Code that ran before may have left anything in the workspace.
        hand.bash(
                        "ln -s /etc out; ln -s /proc/1/environ environ; ln -s / slash; ln -s /dev/zero zero; ln -s loop loop; "
                                + "ln -s ../../../../etc/passwd up; ln -s nowhere/x dangling; ln -s /usr/nothing danglingout; "
                                + "mkfifo fifo; mkdir -p d/e; ln -s /workspace/d fine; echo inside > d/file; ln -s "
                                + home + "/secret host")
                .isFine();
    }

    @AfterAll
    static void stop() {
        if (hand != null) {
            hand.close();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../../etc/passwd",
                "/etc/passwd",
                "/workspace/../etc/passwd",
                "d/../../etc/passwd",
                "..%2f..%2fetc%2fpasswd",
                "out/passwd",
                "environ",
                "slash/etc/passwd",
                "up",
                "host",
                "/proc/self/root/etc/passwd",
                "/proc/self/environ",
                "/proc/self/cwd/etc/passwd",
                "/proc/1/root/etc/passwd",
                "zero",
                "/dev/zero",
                "/dev/stdin",
                "/dev/fd/0",
                "fifo",
                "loop",
                "dangling",
                "danglingout",
                "a\0b",
                "",
                "/",
                "/tmp/../etc/passwd",
                "/mnt/session/outputs/../../../etc/passwd",
                "/mnt/session",
                "~/../etc/passwd",
                "file:///etc/passwd",
                "d/file/",
                "d/file/..",
                "d/e/.",
            })
    void reading_outside_or_strange_is_a_tool_error(String path) throws Exception {
        var result = hand.tool("read", "file_path", path);
        if (path.equals("d/file/")) {
            return; // a trailing slash is dropped by java: inside either way
        }
        assertThat(result.failed().text())
                .startsWith("read: ")
                .doesNotContain("root:")
                .doesNotContain(HOST_SECRET);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../x",
                "/etc/x",
                "/usr/x",
                "out/x",
                "slash/tmp2",
                "up",
                "dangling",
                "danglingout",
                "zero",
                "fifo",
                "loop/x",
                "/dev/null",
                "/proc/self/comm",
                "/mnt/session/uploads/x",
                "/mnt/session/uploads/given.txt",
                "nothing/../../../x",
                "d/file/x",
                "a\0b",
            })
    void writing_outside_or_strange_is_a_tool_error(String path) throws Exception {
        assertThat(hand.tool("write", "file_path", path, "content", "owned")
                        .failed()
                        .text())
                .startsWith("write: ");
        assertThat(hand.tool("edit", "file_path", path, "old_string", "a", "new_string", "b")
                        .failed()
                        .text())
                .startsWith("edit: ");
    }

    @Test
    void searching_outside_is_a_tool_error_and_links_are_not_followed() throws Exception {
        for (String path : new String[] {"/", "/etc", "..", "out", "slash", "/proc/self/root", "/proc"}) {
            assertThat(hand.tool("grep", "pattern", "root", "path", path)
                            .failed()
                            .text())
                    .contains("outside");
            assertThat(hand.tool("glob", "pattern", "*", "path", path).failed().text())
                    .contains("outside");
        }
        assertThat(hand.tool("grep", "pattern", "agent:x").isFine().text()).isEqualTo("no matches");
        assertThat(hand.tool("glob", "pattern", "out/*").failed().text()).contains("outside");
        assertThat(hand.tool("glob", "pattern", "**/nsswitch.conf").isFine().text())
                .isEqualTo("no matches");
    }

    @Test
    void links_and_dots_that_stay_inside_work() throws Exception {
        for (String path :
                new String[] {"fine/file", "d/e/../file", "/proc/self/root/workspace/d/file", "slash/workspace/d/file"
                }) {
            assertThat(hand.tool("read", "file_path", path).isFine().text()).isEqualTo("inside\n");
        }
        assertThat(hand.tool("read", "file_path", "/mnt/session/uploads/given.txt")
                        .isFine()
                        .text())
                .isEqualTo("given");
    }

    @Test
    void a_path_of_a_million_parts_is_refused() throws Exception {
        assertThat(hand.tool("read", "file_path", "a/".repeat(1_000_000) + "x")
                        .failed()
                        .text())
                .contains("longer than");
        assertThat(hand.tool("write", "file_path", "a/".repeat(1_000_000) + "x", "content", "")
                        .failed()
                        .text())
                .contains("longer than");
        assertThat(hand.tool("glob", "pattern", "a/".repeat(1_000_000) + "*")
                        .failed()
                        .text())
                .contains("longer than");
        assertThat(hand.tool("read", "file_path", "x".repeat(4000)).failed().text())
                .startsWith("read: ");
    }

    @Test
    void hard_links_to_the_system_cannot_be_made() throws Exception {
        assertThat(hand.bash("ln /etc/passwd hard").failed().text()).contains("Invalid cross-device link");
        assertThat(hand.bash("ln /usr/bin/id hard").failed().text()).contains("Invalid cross-device link");
    }

    @Test
    void swapping_links_under_way_never_shows_what_is_outside() throws Exception {
        hand.bash("mkdir race; echo harmless > race/harmless; "
                        + "(while [ ! -e stop ]; do ln -sfn race/harmless swap; ln -sfn " + home
                        + "/secret swap; ln -sfn /proc/self/environ swap; done) & disown")
                .isFine();
        try {
            for (int i = 0; i < 1_000; i++) {
                String text = hand.tool("read", "file_path", "swap").text();
                assertThat(text).doesNotContain(HOST_SECRET).doesNotContain("HOST_TOKEN");
                assertThat(text.equals("harmless\n") || text.startsWith("read: "))
                        .as(text)
                        .isTrue();
            }
            for (int i = 0; i < 100; i++) {
                hand.tool("write", "file_path", "swap", "content", "harmless\n");
            }
        } finally {
            hand.bash("touch stop").isFine();
        }
        assertThat(Files.readString(home.resolve("secret"))).isEqualTo(HOST_SECRET);
    }

    @Test
    void a_folder_swapped_for_a_link_never_leads_out() throws Exception {
        hand.bash(
                        "mkdir -p real; echo harmless > real/passwd; ln -s /etc etclink; "
                                + "(while [ ! -e stop2 ]; do mv -T real swapdir; mv -T swapdir real; mv -T etclink swapdir; mv -T swapdir etclink; done) 2>/dev/null & disown")
                .isFine();
        try {
            for (int i = 0; i < 300; i++) {
                // Even a race that is won shows only the room's own made-up passwd file.
                assertThat(hand.tool("read", "file_path", "swapdir/passwd").text())
                        .doesNotContain("root:");
                hand.tool("write", "file_path", "swapdir/passwd2", "content", "x");
            }
        } finally {
            hand.bash("touch stop2").isFine();
        }
        assertThat(Path.of("/etc/passwd2")).doesNotExist();
    }

    @Test
    void a_deep_tree_is_walked_without_harm() throws Exception {
        hand.bash(
                        "python3 -c '\nimport os\nos.mkdir(\"abyss\")\nos.chdir(\"abyss\")\nfor i in range(3000):\n    os.mkdir(\"d\")\n    os.chdir(\"d\")\nopen(\"bottom\",\"w\")'")
                .isFine();
        assertThat(hand.tool("glob", "pattern", "**/bottom").isFine().text()).isEqualTo("no matches");
        assertThat(hand.tool("grep", "pattern", "zzz").isFine().text()).isEqualTo("no matches");
        hand.bash("rm -rf abyss").isFine();
    }
}
