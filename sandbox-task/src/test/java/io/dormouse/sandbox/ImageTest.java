package io.dormouse.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the Dockerfile says, read as text: whether it builds, only a machine with Docker can tell. */
class ImageTest {
    private final List<String> instructions = new ArrayList<>();

    @BeforeEach
    void read() throws IOException {
        String whole = Files.readString(Path.of("Dockerfile"))
                .replaceAll("(?m)^#.*\n", "")
                .replace("\\\n", " ");
        for (String line : whole.split("\n")) if (!line.isBlank()) instructions.add(line.strip());
    }

    private List<String> all(String name) {
        return instructions.stream()
                .filter(line -> line.startsWith(name + " "))
                .map(line -> line.substring(name.length()).strip())
                .toList();
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new TreeMap<>();
        for (String line : all("ENV"))
            for (String each : line.split("\\s+")) environment.put(each.split("=", 2)[0], each.split("=", 2)[1]);
        return environment;
    }

    @Test
    void its_base_is_one_build_of_one_version() {
        assertThat(all("FROM"))
                .isNotEmpty()
                .allMatch(from -> from.matches("[a-z-]+:\\d+\\.\\d+\\.\\d+_\\d+-jre-noble"));
    }

    @Test
    void with_what_a_task_is_told_its_environment_is_whole() {
        Map<String, String> environment = environment();
        assertThat(environment).doesNotContainKeys("DORMOUSE_HAND", "DORMOUSE_SECRET_SHA256");
        environment.put("DORMOUSE_HAND", "one");
        environment.put("DORMOUSE_SECRET_SHA256", "0".repeat(64));
        Settings settings = ((Settings.Parsed.Good) Settings.of(environment)).settings();
        assertThat(settings.walls()).isEqualTo(Settings.Walls.USER);
        assertThat(settings.agentUid()).isEqualTo(10001);
        assertThat(settings.listen()).isEqualTo(new InetSocketAddress("0.0.0.0", 7070));
        assertThat(settings.egressListen()).isEqualTo(new InetSocketAddress("0.0.0.0", 7071));
        assertThat(settings.workspace()).isEqualTo(Path.of("/workspace"));
        assertThat(settings.outputs()).isEqualTo(Path.of("/mnt/session/outputs"));
        assertThat(settings.uploads()).contains(Path.of("/mnt/session/uploads"));
        assertThat(settings.egress()).isPresent();
        assertThat(settings.egress().get().startsWith(settings.state())).isFalse();
    }

    @Test
    void what_goes_in_is_the_build_and_nothing_else() throws IOException {
        assertThat(all("COPY")).allMatch(copy -> copy.startsWith("target/"));
        assertThat(all("ADD")).isEmpty();
        assertThat(Files.readAllLines(Path.of(".dockerignore")))
                .containsExactly("*", "!target/lib", "!target/sandbox-task-*.jar");
    }

    @Test
    void something_reaps_what_is_left_behind_and_the_rest_is_the_program() {
        assertThat(all("ENTRYPOINT"))
                .singleElement()
                .asString()
                .startsWith("[\"/usr/bin/tini\", \"--\", \"java\"")
                .endsWith("\"-jar\", \"/opt/hand/sandbox-task.jar\"]");
        assertThat(all("RUN").getFirst()).contains(" tini ").contains("--no-install-recommends");
        assertThat(all("CMD")).isEmpty();
    }
}
