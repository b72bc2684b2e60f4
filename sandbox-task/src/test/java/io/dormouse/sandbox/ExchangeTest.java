package io.dormouse.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files into the hand and out of it, also against an agent that does not want them to be what they are. */
class ExchangeTest {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    static Path home;

    static TestHand hand;

    @BeforeAll
    static void start() throws Exception {
        Path uploads = Files.createDirectories(home.resolve("uploads"));
        hand = TestHand.start(
                home, "DORMOUSE_UPLOADS_DIR", uploads.toString(), "DORMOUSE_LIMIT_DISK_BYTES", "60000000");
    }

    @AfterAll
    static void stop() {
        if (hand != null) {
            hand.close();
        }
    }

    @AfterEach
    void clean() throws Exception {
        hand.bash("chmod -R u+rwx /mnt/session/outputs; rm -rf /mnt/session/outputs/* /mnt/session/outputs/.??*");
        for (JsonNode each : json(send("/v1/uploads").GET()).path("files")) {
            remove(each.path("path").asText());
        }
    }

    // ---- requests

    private static HttpRequest.Builder send(String path) {
        return hand.request(path).header("Authorization", "Bearer " + TestHand.SECRET);
    }

    private static JsonNode json(HttpRequest.Builder request) throws Exception {
        TestHand.Reply reply = TestHand.send(request);
        assertThat(reply.status()).as("%s", reply.body()).isEqualTo(200);
        return reply.body();
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static int place(String path, byte[] content, String sha256) throws Exception {
        return TestHand.send(send("/v1/uploads?path=" + encoded(path) + "&sha256=" + sha256)
                        .PUT(BodyPublishers.ofByteArray(content)))
                .status();
    }

    private static int place(String path, String content) throws Exception {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        return place(path, bytes, sha256(bytes));
    }

    private static void remove(String path) throws Exception {
        json(send("/v1/uploads?path=" + encoded(path)).DELETE());
    }

    private static List<String> placed() throws Exception {
        List<String> placed = new ArrayList<>();
        json(send("/v1/uploads").GET())
                .path("files")
                .forEach(each -> placed.add(each.path("path").asText()));
        return placed;
    }

    private static JsonNode outputs() throws Exception {
        return json(send("/v1/outputs").GET());
    }

    private static List<String> names(JsonNode outputs) {
        List<String> names = new ArrayList<>();
        outputs.path("files").forEach(each -> names.add(each.path("path").asText()));
        names.sort(null);
        return names;
    }

    private static byte[] read(String path, long size) throws Exception {
        HttpResponse<byte[]> response = HTTP.send(
                send("/v1/outputs/content?path=" + encoded(path) + "&size=" + size)
                        .GET()
                        .build(),
                BodyHandlers.ofByteArray());
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body();
    }

    // ---- uploads

    @Test
    void a_placed_file_can_be_read_and_not_changed() throws Exception {
        assertThat(place("data/a.csv", "x,y\n")).isEqualTo(200);
        assertThat(place("b \u00e9", "two")).isEqualTo(200);
        assertThat(hand.bash("cat /mnt/session/uploads/data/a.csv '/mnt/session/uploads/b \u00e9'")
                        .isFine()
                        .text())
                .isEqualTo("x,y\ntwo");
        assertThat(hand.tool("read", "file_path", "/mnt/session/uploads/data/a.csv")
                        .isFine()
                        .text())
                .contains("x,y");
        for (String change : List.of(
                "echo z >> data/a.csv",
                "rm -f data/a.csv",
                "mv data/a.csv data/b",
                "chmod u+w data/a.csv",
                "touch data/new",
                "ln -s /etc/passwd link",
                "mkdir more")) {
            hand.bash("cd /mnt/session/uploads && " + change).failed();
        }
        hand.tool("write", "file_path", "/mnt/session/uploads/data/a.csv", "content", "z")
                .failed();
        hand.bash("cd /workspace").isFine();
        assertThat(Files.readString(home.resolve("uploads/data/a.csv"))).isEqualTo("x,y\n");
    }

    @Test
    void what_is_placed_is_known_replaced_and_removed() throws Exception {
        place("a/b/c", "one");
        place("a/d", "two");
        assertThat(placed()).containsExactly("a/b/c", "a/d");
        assertThat(place("a/b/c", "three")).isEqualTo(200);
        assertThat(hand.bash("cat /mnt/session/uploads/a/b/c").text()).isEqualTo("three");
        remove("a/b/c");
        remove("a/b/c");
        remove("never");
        remove("../state/journal.jsonl");
        assertThat(placed()).containsExactly("a/d");
        assertThat(hand.bash("ls /mnt/session/uploads/a").text()).isEqualTo("d\n");
        remove("a/d");
        assertThat(hand.bash("ls -A /mnt/session/uploads | wc -l").text()).isEqualTo("0\n");
        assertThat(home.resolve("state/journal.jsonl")).exists();
    }

    @Test
    void paths_that_lead_elsewhere_are_refused() throws Exception {
        for (String path :
                List.of("", "/etc/x", "..", "../x", "a/../../x", "a/./b", "a//b", "a/", ".", "a\0b", "x".repeat(256))) {
            assertThat(place(path, "x")).as(path).isEqualTo(400);
        }
        assertThat(place("a", "x")).isEqualTo(200);
        assertThat(place("a/b", "x")).isEqualTo(409);
        assertThat(place("c/d", "x")).isEqualTo(200);
        assertThat(place("c", "x")).isEqualTo(409);
        assertThat(placed()).containsExactly("a", "c/d");
        assertThat(home.resolve("x")).doesNotExist();
    }

    @Test
    void a_file_that_is_not_what_was_announced_does_not_appear() throws Exception {
        assertThat(place("a", new byte[] {1}, sha256(new byte[] {2}))).isEqualTo(422);
        assertThat(place("a", new byte[] {1}, "nonsense")).isEqualTo(400);
        assertThat(placed()).isEmpty();
        assertThat(home.resolve("uploads/a")).doesNotExist();
        assertThat(home.resolve("state/incoming")).isEmptyDirectory();
        assertThat(place("empty", "")).isEqualTo(200);
        assertThat(hand.bash("wc -c < /mnt/session/uploads/empty").text().strip())
                .isEqualTo("0");
    }

    @Test
    void all_files_together_have_a_limit() throws Exception {
        byte[] large = new byte[31_000_000];
        assertThat(place("one", large, sha256(large))).isEqualTo(200);
        assertThat(place("two", large, sha256(large))).isEqualTo(413);
        assertThat(place("one", large, sha256(large))).isEqualTo(200);
        assertThat(placed()).containsExactly("one");
    }

    /** As plain clients do it. */
    @Test
    void a_client_that_writes_all_before_it_reads_hears_why_it_was_refused() throws Exception {
        byte[] large = new byte[31_000_000];
        assertThat(place("one", large, sha256(large))).isEqualTo(200);
        URI base = hand.request("/").build().uri();
        try (Socket socket = new Socket(base.getHost(), base.getPort())) {
            String head = "PUT /v1/uploads?path=two&sha256=" + sha256(large) + " HTTP/1.1\r\nHost: hand\r\n"
                    + "Authorization: Bearer " + TestHand.SECRET + "\r\nContent-Length: " + large.length + "\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(large);
            byte[] status = socket.getInputStream().readNBytes("HTTP/1.1 413".length());
            assertThat(new String(status, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 413");
        }
    }

    @Test
    void without_the_secret_there_is_nothing() throws Exception {
        for (String path : List.of("/v1/uploads", "/v1/outputs", "/v1/outputs/content?path=a&size=1")) {
            assertThat(TestHand.send(hand.request(path).GET()).status()).isEqualTo(401);
        }
        assertThat(TestHand.send(hand.request("/v1/uploads?path=a&sha256=" + sha256(new byte[0]))
                                .PUT(BodyPublishers.noBody()))
                        .status())
                .isEqualTo(401);
        assertThat(placed()).isEmpty();
    }

    @Test
    void a_supervisor_that_was_killed_has_the_files_again() throws Exception {
        place("kept", "as it was");
        hand.kill();
        hand.startAgain();
        assertThat(placed()).containsExactly("kept");
        assertThat(hand.bash("cat /mnt/session/uploads/kept").text()).isEqualTo("as it was");
    }

    // ---- outputs

    @Test
    void outputs_are_listed_and_read() throws Exception {
        hand.bash("cd /mnt/session/outputs; mkdir -p 'a b/c'; echo hello > 'a b/c/d.txt'; : > empty; cd /workspace")
                .isFine();
        JsonNode listed = outputs();
        assertThat(names(listed)).containsExactly("a b/c/d.txt", "empty");
        assertThat(listed.path("complete").asBoolean()).isTrue();
        assertThat(read("a b/c/d.txt", 6)).isEqualTo("hello\n".getBytes(StandardCharsets.UTF_8));
        assertThat(read("empty", 0)).isEmpty();
    }

    @Test
    void a_file_that_is_written_to_has_another_state() throws Exception {
        hand.bash("echo 1 > /mnt/session/outputs/a").isFine();
        String before = outputs().path("files").path(0).path("state").asText();
        assertThat(outputs().path("files").path(0).path("state").asText()).isEqualTo(before);
        hand.bash("echo 2 > /mnt/session/outputs/a; touch -d 2001-01-01 /mnt/session/outputs/a")
                .isFine();
        assertThat(outputs().path("files").path(0).path("state").asText()).isNotEqualTo(before);
    }

    @Test
    void links_pipes_and_sockets_are_no_outputs() throws Exception {
        hand.bash("cd /mnt/session/outputs; ln -s /etc/passwd link; ln -s /proc/self/environ env; mkfifo pipe;"
                        + " ln -s / root; ln -s /dev/zero zero; ln -s . loop; cd /workspace")
                .isFine();
        assertThat(names(outputs())).isEmpty();
        for (String path : List.of("link", "env", "pipe", "zero", "missing", "loop")) {
            assertThatThrownBy(() -> read(path, 10)).as(path).isInstanceOf(IOException.class);
        }
    }

    @Test
    void reading_never_leaves_the_room() throws Exception {
        hand.bash("ln -s / /mnt/session/outputs/root").isFine();
        // What a folder that became a link leads to is what the agent itself could have copied: the room's own file.
        String passwd = new String(read("root/etc/passwd", 20), StandardCharsets.UTF_8);
        assertThat(passwd).startsWith("agent:x:1000");
        for (String path : List.of("../workspace/x", "/etc/passwd", "a/../../x", "", ".", "a//b")) {
            assertThat(TestHand.send(send("/v1/outputs/content?path=" + encoded(path) + "&size=1")
                                    .GET())
                            .status())
                    .as(path)
                    .isEqualTo(400);
        }
    }

    @Test
    void a_file_that_shrinks_is_broken_off_and_one_that_grows_is_cut() throws Exception {
        hand.bash("echo hello > /mnt/session/outputs/a").isFine();
        assertThatThrownBy(() -> read("a", 7)).isInstanceOf(IOException.class);
        assertThat(read("a", 3)).isEqualTo("hel".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void a_huge_sparse_file_is_listed_and_costs_nothing() throws Exception {
        hand.bash("truncate -s 1900M /mnt/session/outputs/huge").isFine();
        assertThat(outputs().path("files").path(0).path("size").asLong()).isEqualTo(1900L * 1024 * 1024);
        assertThat(read("huge", 1000)).hasSize(1000).containsOnly(0);
    }

    @Test
    void many_names_and_names_that_are_no_text_are_bounded() throws Exception {
        hand.bash("cd /mnt/session/outputs; touch $'bad\\xff' good; cd /workspace")
                .isFine();
        JsonNode some = outputs();
        assertThat(names(some)).containsExactly("good");
        assertThat(some.path("complete").asBoolean()).isFalse();
        hand.bash("cd /mnt/session/outputs; for i in $(seq 1 50); do touch $(seq -f $i-%g 1 1000); done; cd /workspace")
                .isFine();
        JsonNode many = outputs();
        assertThat(many.path("complete").asBoolean()).isFalse();
        assertThat(many.path("files")).hasSize(1000);
    }

    @Test
    void a_folder_that_is_closed_is_passed_over() throws Exception {
        hand.bash(
                        "cd /mnt/session/outputs; mkdir closed; echo x > closed/a; echo y > open; chmod 0 closed; cd /workspace")
                .isFine();
        JsonNode some = outputs();
        assertThat(names(some)).containsExactly("open");
        assertThat(some.path("complete").asBoolean()).isFalse();
    }
}
