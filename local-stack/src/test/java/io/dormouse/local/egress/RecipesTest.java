package io.dormouse.local.egress;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.HttpExchange;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.Hands;
import io.dormouse.hands.Recipe;
import io.dormouse.id.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an environment names is there before the first call, or its lack is told. */
class RecipesTest {
    private static final Map<String, String> REGISTRIES = Map.of(
            "PIP_INDEX_URL",
            "https://files.test/simple",
            "npm_config_registry",
            "https://files.test/npm",
            "GOPROXY",
            "https://files.test/go",
            "GOSUMDB",
            "off",
            "GOTOOLCHAIN",
            "local",
            "QUOTED",
            "it's a \\ \"word\"\nand $HOME");

    @TempDir
    Path home;

    private final Map<String, byte[]> files = new ConcurrentHashMap<>();

    @BeforeEach
    void registries() throws IOException {
        ProgramsTest.Registries.fill(files);
    }

    private OnHand hand(Recipe recipe) throws IOException {
        OnHand hand = OnHand.in(home, (workspace, session) -> recipe);
        hand.serve("files.test", this::file);
        return hand;
    }

    private void file(HttpExchange exchange) throws IOException {
        byte[] content = files.get(exchange.getRequestURI().normalize().getPath());
        if (exchange.getRequestURI().getPath().matches("/simple/.*"))
            exchange.getResponseHeaders().set("Content-Type", "text/html");
        exchange.sendResponseHeaders(content == null ? 404 : 200, content == null ? -1 : content.length);
        if (content != null) exchange.getResponseBody().write(content);
        exchange.close();
    }

    private static HandCall call(String id, String command) {
        return new HandCall(id, "bash", JsonNodeFactory.instance.objectNode().put("command", command));
    }

    @Test
    void variables_are_there_and_on_no_command_line() throws IOException {
        try (OnHand hand =
                hand(new Recipe(Map.of(), Map.of("QUOTED", REGISTRIES.get("QUOTED"), "TOKEN", "placeholder4711")))) {
            assertThat(hand.bash("printf %s \"$QUOTED\"; printf %s \" $TOKEN\"").fine())
                    .isEqualTo(REGISTRIES.get("QUOTED") + " placeholder4711");
            assertThat(commandLines()).doesNotContain("placeholder4711");
            assertThat(hand.bash("cat /proc/1/cmdline | tr '\\0' ' '").fine()).doesNotContain("placeholder4711");
            try (Stream<Path> state = Files.walk(hand.folder().resolve("state"))) {
                for (Path file : state.filter(Files::isRegularFile).toList())
                    if (!file.endsWith("journal.jsonl"))
                        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                                .as(file.toString())
                                .doesNotContain("placeholder4711");
            }
        }
    }

    private static String commandLines() {
        StringBuilder all = new StringBuilder();
        ProcessHandle.allProcesses().forEach(process -> {
            try {
                all.append(
                        Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"), StandardCharsets.ISO_8859_1));
            } catch (IOException gone) {
                // it has no line any more
            }
        });
        return all.toString();
    }

    @Test
    void packages_are_installed_once_through_the_same_way_and_what_cannot_be_is_told() throws Exception {
        Map<String, List<String>> packages = Map.of(
                "pip", List.of("dormouse_probe==1.0"),
                "npm", List.of("dormouse-probe@1.0.0"),
                "go", List.of("probe.test/squeak"),
                "cargo", List.of("--evil"),
                "gem", List.of());
        files.put("/go/probe.test/squeak/@latest", files.get("/go/probe.test/squeak/@v/v1.0.0.info"));
        try (OnHand hand = hand(new Recipe(packages, REGISTRIES))) {
            Hands.Done first = OnHand.use(
                    hand.attach(1),
                    call(
                            "sevt_first",
                            "for each in python3 npm go; do command -v $each >/dev/null || echo no $each; done"));
            assertThat(first.attached()).isTrue();
            assertThat(first.problem()).contains("cargo: not the name of a package");
            String missing = first.results().getFirst().toString();
            if (!missing.contains("no python3"))
                assertThat(hand.bash("python3 -c 'import dormouse_probe as p; print(p.WORD)'")
                                .fine())
                        .isEqualTo("squeak\n");
            if (!missing.contains("no npm"))
                assertThat(hand.bash("dormouse-probe").fine()).isEqualTo("squeak\n");
            if (!missing.contains("no go"))
                assertThat(hand.bash("squeak").fine()).isEqualTo("squeak\n");
            assertThat(OnHand.use(hand.attach(2), call("sevt_second", "true")).problem())
                    .as("told once")
                    .isNull();
            int requests = hand.outbound.sent().size();
            ProcessHandle supervisor = ProcessHandle.of(hand.supervisor()).orElseThrow();
            supervisor.destroyForcibly();
            supervisor.onExit().get();
            Hands.Done again = OnHand.use(hand.attach(3), call("sevt_third", "dormouse-probe; printf %s $GOSUMDB"));
            assertThat(again.problem()).contains("cargo").contains("pip: installed already");
            if (!missing.contains("no npm"))
                assertThat(again.results().toString()).contains("squeak");
            assertThat(again.results().toString()).contains("off");
            assertThat(hand.outbound.sent()).hasSize(requests);
        }
    }

    /** apt's own work: what a package needs comes with it, and its files are found by programs that know no prefix. */
    @Test
    void debian_packages_come_without_root() throws Exception {
        if (System.getenv("CI") == null && !Files.exists(Path.of("/usr/bin/dpkg-deb"))) {
            System.out.println("Skipped: this system has no Debian packages");
            Assumptions.abort("no dpkg-deb");
        }
        String index = debian("squeak-data", "", "/usr/share/squeak/word", "squeak\n")
                + debian(
                        "squeak",
                        "squeak-data",
                        "/usr/bin/squeak",
                        "#!/bin/sh\ncat \"${0%/bin/squeak}/share/squeak/word\"\n")
                // What the system has stays as it is: a newer one is fetched, since squeak-new asks, and left aside.
                + debian("bash", "", "/usr/bin/bash", "#!/bin/false\n")
                + debian(
                        "squeak-new",
                        "squeak, bash (>= 99)",
                        "/usr/lib/python3/dist-packages/squeak.py",
                        "WORD = 'squeak'\n");
        files.put("/apt/Packages", index.getBytes(StandardCharsets.UTF_8));
        Map<String, String> variables = Map.of("APT_SOURCES", "deb [trusted=yes] https://files.test/apt ./");
        try (OnHand hand = hand(new Recipe(Map.of("apt", List.of("squeak-new")), variables))) {
            Hands.Done done = OnHand.use(
                    hand.attach(1), call("sevt_one", "squeak; python3 -c 'import squeak; print(squeak.WORD)'"));
            assertThat(done.problem()).isNull();
            assertThat(done.results().toString()).contains("squeak\\nsqueak");
            assertThat(hand.bash("ls ~/.local/apt/usr/bin; ls /tmp").fine()).isEqualTo("squeak\n");
        }
        try (OnHand hand = hand(new Recipe(Map.of("apt", List.of("no-such-package")), variables))) {
            assertThat(OnHand.use(hand.attach(1), call("sevt_two", "true")).problem())
                    .contains("apt: not installed: ")
                    .contains("Unable to locate package no-such-package");
        }
    }

    /** Builds it, and answers its entry of the index. */
    private String debian(String name, String needs, String path, String content) throws Exception {
        Path root = Files.createDirectories(home.resolve("deb-" + name));
        Path file = root.resolve(path.substring(1));
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        String control =
                "Package: " + name + "\nVersion: 99.0\nArchitecture: all\nMaintainer: test\nDescription: test\n"
                        + (needs.isEmpty() ? "" : "Depends: " + needs + "\n");
        Files.createDirectories(root.resolve("DEBIAN"));
        Files.writeString(root.resolve("DEBIAN/control"), control);
        Path archive = home.resolve(name + ".deb");
        Process built = new ProcessBuilder("dpkg-deb", "--build", root.toString(), archive.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(built.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(built.waitFor()).as(said).isZero();
        byte[] bytes = Files.readAllBytes(archive);
        files.put("/apt/" + name + ".deb", bytes);
        return control + "Filename: ./" + name + ".deb\nSize: " + bytes.length + "\nSHA256: " + Sha256.hex(bytes)
                + "\n\n";
    }

    @Test
    void a_package_that_does_not_exist_is_a_problem_and_the_hand_works() throws IOException {
        Recipe recipe = new Recipe(Map.of("pip", List.of("no_such_thing", "--evil")), REGISTRIES);
        try (OnHand hand = hand(recipe)) {
            Hands.Done done = OnHand.use(hand.attach(1), call("sevt_one", "echo works"));
            assertThat(done.problem()).contains("pip: not the name of a package");
            assertThat(done.results().toString()).contains("works");
        }
    }
}
