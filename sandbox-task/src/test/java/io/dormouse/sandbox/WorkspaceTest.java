package io.dormouse.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** All that a hand keeps goes out as one archive and into another hand, and nowhere else. */
class WorkspaceTest {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** One of each kind that the agent's user can make. */
    private static final String EVERYTHING = """
            mkdir -p .local/bin full/deep empty sealed shut
            echo plain > full/deep/file; touch -d '2001-02-03 04:05:06.789012345' full/deep/file
            head -c 300000 /dev/urandom > random; ln random full/hard
            printf '#!/bin/sh\\n' > .local/bin/run; chmod 6751 .local/bin/run
            touch $'new\\nline' $'bad\\xff\\xfebytes' ' spaces ' -- '-n' "quote'\\"" '*'
            ln -s /etc/shadow absolute; ln -s ../../../up relative; ln -s nowhere dangling; ln -s full folder
            mkfifo pipe; truncate -s 1G sparse; printf end >> sparse
            echo secret > ' unreadable '; chmod 000 ' unreadable '; echo below > shut/below; chmod 200 shut/below; chmod 000 shut
            echo ro > sealed/file; chmod 444 sealed/file; chmod 1555 sealed
            perl -MSocket -e 'socket(S,PF_UNIX,SOCK_STREAM,0);bind(S,sockaddr_un("socket"))'
            echo put out > /mnt/session/outputs/report; chmod 640 /mnt/session/outputs/report
            touch -d '2002-01-01' .
            """;

    @TempDir
    Path home;

    private final List<TestHand> hands = new ArrayList<>();

    @AfterEach
    void stop() {
        hands.forEach(TestHand::close);
    }

    private TestHand hand(String walls, String... settings) throws Exception {
        Path own = Files.createDirectories(home.resolve("h" + hands.size()));
        for (Path each : List.of(home, own))
            Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
        List<String> all = new ArrayList<>(List.of(settings));
        if (walls.equals("user")) {
            assumeTrue(TestHand.root(), "only root can become another user");
            all.addAll(List.of("DORMOUSE_ISOLATION", "user", "DORMOUSE_EGRESS_DIR", own + "/egress"));
        }
        String[] array = all.toArray(String[]::new);
        TestHand hand = walls.equals("user") ? TestHand.startContained(own, array) : TestHand.start(own, array);
        hands.add(hand);
        return hand;
    }

    private TestHand hand() throws Exception {
        return hand("bubblewrap");
    }

    private record Archive(byte[] bytes, String sha256) {
        static Archive of(byte[] bytes) {
            try {
                byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(bytes);
                return new Archive(bytes, HexFormat.of().formatHex(sha256));
            } catch (NoSuchAlgorithmException impossible) {
                throw new AssertionError(impossible);
            }
        }
    }

    private static HttpRequest.Builder request(TestHand hand, String path) {
        return hand.request(path).header("Authorization", "Bearer " + TestHand.SECRET);
    }

    private static Archive save(TestHand hand) throws Exception {
        byte[] sealed = HTTP.send(request(hand, "/v1/workspace").GET().build(), BodyHandlers.ofByteArray())
                .body();
        Archive archive = Archive.of(Arrays.copyOf(sealed, sealed.length - 32));
        assertThat(sealed).endsWith(HexFormat.of().parseHex(archive.sha256()));
        return archive;
    }

    private static TestHand.Reply restore(TestHand hand, byte[] bytes, String sha256) throws Exception {
        return TestHand.send(request(hand, "/v1/workspace?sha256=" + sha256).PUT(BodyPublishers.ofByteArray(bytes)));
    }

    private static String restored(TestHand hand, Archive archive) throws Exception {
        TestHand.Reply reply = restore(hand, archive.bytes(), archive.sha256());
        assertThat(reply.status()).as("%s", reply.body()).isEqualTo(200);
        return reply.body().path("problem").asText();
    }

    /** Kind, mode, size, time to the nanosecond, links, target, name and content of each, as root sees them. */
    private static String listing(TestHand hand) throws Exception {
        String look = "find . ! -type s -printf '%y %m %s %T@ %n %l %p\\0' | sort -z;"
                + " find . -type f -size -1M -print0 | sort -z | xargs -0 sha256sum; find . -name sparse -printf '%b'";
        StringBuilder all = new StringBuilder();
        for (Path folder : List.of(hand.workspace(), hand.home.resolve("outputs"))) {
            Process process = new ProcessBuilder("/bin/bash", "-c", look)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            all.append(new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1));
        }
        return all.toString().replace('\0', '\n');
    }

    @ParameterizedTest
    @ValueSource(strings = {"bubblewrap", "user"})
    void everything_comes_back_as_it_was_and_stays_as_it_was(String walls) throws Exception {
        TestHand first = hand(walls);
        first.bash(EVERYTHING).isFine();
        Files.writeString(first.home.resolve("state/installed"), "pip [\"tomli\"]\n");
        String before = listing(first);
        assertThat(before.lines().filter(line -> line.contains("./"))).hasSizeGreaterThan(30);
        Archive archive = save(first);
        assertThat(listing(first)).isEqualTo(before);

        TestHand second = hand(walls);
        assertThat(restored(second, archive)).isEmpty();
        assertThat(listing(second)).isEqualTo(before);
        assertThat(Files.readString(second.home.resolve("state/installed"))).isEqualTo("pip [\"tomli\"]\n");
        assertThat(second.bash("cat folder/deep/file; [ random -ef full/hard ] && echo one file")
                        .isFine()
                        .text())
                .isEqualTo("plain\none file\n");
        assertThat(save(second).bytes().length).isPositive();
    }

    @Test
    void a_hand_is_restored_once_and_never_while_it_is_used() throws Exception {
        TestHand first = hand();
        first.bash("echo one > file");
        Archive one = save(first);
        first.bash("echo two > file");
        Archive two = save(first);

        TestHand second = hand();
        assertThat(restored(second, one)).isEmpty();
        assertThat(restore(second, two.bytes(), two.sha256()).status()).isEqualTo(409);
        assertThat(second.bash("cat file; echo mine > file").text()).isEqualTo("one\n");
        assertThat(restored(second, one)).isEmpty();
        assertThat(second.bash("cat file").text()).isEqualTo("mine\n");
        second.kill();
        second.startAgain();
        assertThat(restored(second, one)).isEmpty();
        assertThat(second.bash("cat file").text()).isEqualTo("mine\n");

        TestHand used = hand();
        used.bash("echo mine > file");
        assertThat(restore(used, one.bytes(), one.sha256()).status()).isEqualTo(409);
        assertThat(used.bash("cat file").text()).isEqualTo("mine\n");
    }

    @Test
    void what_is_not_whole_restores_nothing_and_what_is_may_follow() throws Exception {
        TestHand first = hand();
        first.bash("mkdir d; head -c 2000000 /dev/urandom > d/file; chmod 500 d");
        Archive archive = save(first);
        byte[] bytes = archive.bytes();
        TestHand second = hand();
        byte[] changed = bytes.clone();
        changed[bytes.length / 2] ^= 1;
        for (byte[] broken : List.of(
                new byte[0],
                Arrays.copyOf(bytes, 3),
                Arrays.copyOf(bytes, bytes.length / 2),
                Arrays.copyOf(bytes, bytes.length - 1),
                Arrays.copyOf(bytes, bytes.length + 1),
                changed)) {
            assertThat(restore(second, broken, archive.sha256()).status()).isEqualTo(422);
            assertThat(second.workspace()).isEmptyDirectory();
        }
        assertThat(restore(second, bytes, "0".repeat(64)).status()).isEqualTo(422);
        // Half of it, and then nothing more: its sender hangs.
        URI at = second.request("/").build().uri();
        try (Socket hangs = new Socket(at.getHost(), at.getPort())) {
            OutputStream out = hangs.getOutputStream();
            out.write(("PUT /v1/workspace?sha256=" + archive.sha256() + " HTTP/1.1\r\nHost: h\r\nContent-Length: "
                            + bytes.length + "\r\nAuthorization: Bearer " + TestHand.SECRET + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            out.write(bytes, 0, bytes.length / 2);
            TestHand.until(
                    "it is being unpacked",
                    () -> Files.exists(second.workspace().resolve("d")));
            assertThat(restored(second, archive)).isEmpty();
        }
        assertThat(listing(second)).isEqualTo(listing(first));
    }

    /** As {@code save} frames it; what is in the frames is the attacker's. */
    private static Archive forged(Path tar) throws IOException {
        Process gzip = new ProcessBuilder("gzip", "-1c", tar.toString()).start();
        byte[] packed = gzip.getInputStream().readAllBytes();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(0);
        for (int folder = 0; folder < 2; folder++) {
            out.writeInt(2);
            out.writeBytes("0\n");
            for (int at = 0; at < packed.length; at += 65_536) {
                int length = Math.min(65_536, packed.length - at);
                out.writeInt(length);
                out.write(packed, at, length);
            }
            out.writeInt(0);
        }
        out.writeInt(0);
        return Archive.of(bytes.toByteArray());
    }

    @ParameterizedTest
    @ValueSource(strings = {"bubblewrap", "user"})
    void a_forged_archive_reaches_nothing_outside(String walls) throws Exception {
        TestHand hand = hand(walls);
        Path outside = home.resolve("outside");
        Files.createDirectories(outside);
        Path tar = home.resolve("forged.tar");
        String forge = """
                import io, sys, tarfile
                out, outside = sys.argv[1:]
                with tarfile.open(out, "w") as tar:
                    def add(name, kind=tarfile.REGTYPE, link="", data=b"owned\\n"):
                        info = tarfile.TarInfo(name)
                        info.type, info.linkname, info.mode = kind, link, 0o6777
                        info.devmajor, info.devminor = (8, 0) if kind == tarfile.BLKTYPE else (1, 1)
                        info.size = len(data) if kind == tarfile.REGTYPE else 0
                        tar.addfile(info, io.BytesIO(data) if info.size else None)
                    add("first")
                    add(outside + "/absolute")
                    add("../climbed")
                    add("a/../../climbed")
                    add("../state/journal.jsonl")
                    add("exit", tarfile.SYMTYPE, outside)
                    add("exit/through")
                    add("up", tarfile.SYMTYPE, "..")
                    add("up/state/installed")
                    add("shadow", tarfile.LNKTYPE, "/etc/shadow")
                    add("hard", tarfile.LNKTYPE, "../state/lock")
                    add("passwd", tarfile.SYMTYPE, "/etc/passwd")
                    add("passwd")
                    add("disk", tarfile.BLKTYPE)
                    add("mem", tarfile.CHRTYPE)
                    add("last")
                """;
        Process python = new ProcessBuilder("python3", "-c", forge, tar.toString(), outside.toString())
                .inheritIO()
                .start();
        assertThat(python.waitFor()).isZero();
        String passwd = Files.readString(Path.of("/etc/passwd"));
        String problem = restored(hand, forged(tar));
        assertThat(problem).contains("Not all files of /workspace were restored");
        assertThat(outside).isEmptyDirectory();
        assertThat(Files.readString(Path.of("/etc/passwd"))).isEqualTo(passwd);
        assertThat(home.resolve("climbed")).doesNotExist();
        assertThat(hand.home.resolve("climbed")).doesNotExist();
        assertThat(hand.home.resolve("state/installed")).doesNotExist();
        assertThat(hand.bash("cat first last; cat shadow hard; ls").text())
                .startsWith("owned\nowned\n")
                .doesNotContain("root:", "disk", "mem");
    }

    @Test
    void the_limits_of_the_disk_hold_while_it_is_restored() throws Exception {
        TestHand first = hand();
        first.bash("echo small > a; sync; head -c 400M /dev/zero > b").isFine();
        TestHand second = hand("bubblewrap", "DORMOUSE_LIMIT_DISK_BYTES", "20000000");
        assertThat(restored(second, save(first))).contains("more than the sandbox may have");
        assertThat(Files.size(second.workspace().resolve("b"))).isLessThan(400L << 20);
    }

    @Test
    void files_that_move_are_saved_somehow_and_what_cannot_be_restored_is_told() throws Exception {
        TestHand first = hand();
        first.bash("(while :; do date >> log; touch new; mv new old; rm old; done) >/dev/null 2>&1 &");
        // Deeper than a path may be.
        first.bash("echo kept > kept; perl -e 'for (1..30) { mkdir \"d\" x 200; chdir \"d\" x 200 }'");
        Archive archive = save(first);
        TestHand second = hand();
        assertThat(restored(second, archive)).contains("Not all files of /workspace were restored");
        assertThat(second.bash("cat kept; [ -s log ] && echo log; rm -rf d*").text())
                .isEqualTo("kept\nlog\n");
        first.bash("rm -rf d*").isFine();
    }
}
