package io.dormouse.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LongRunTest {
    private static final Logger HARNESS = Logger.getLogger("io.dormouse.harness");

    @TempDir
    private Path folder;

    @BeforeAll
    static void quietly() {
        HARNESS.setLevel(Level.OFF);
    }

    @Test
    void a_run_that_was_cut_goes_on_and_comes_to_the_same() throws IOException {
        Path whole = folder.resolve("whole");
        assertThat(run(whole, 25, "c1").run(false)).isTrue();
        Path cut = folder.resolve("cut");
        assertThat(run(cut, 10, "c1").run(false)).isTrue();
        // Cut in the midst of a line.
        Files.writeString(cut, Files.readString(cut) + "{\"first\":11,\"see");
        assertThat(run(cut, 25, "c1").run(true)).isTrue();

        assertThat(lines(cut)).hasSize(3);
        for (int i = 0; i < 3; i++)
            for (String field : List.of("first", "seeds", "done", "commit", "steps", "faults", "violations", "hash"))
                assertThat(lines(cut).get(i).get(field))
                        .as(field)
                        .isEqualTo(lines(whole).get(i).get(field));
        assertThat(lines(cut).get(2).get("done").asLong()).isEqualTo(25);
        assertThat(lines(cut).get(0).get("faults").asLong()).isPositive();
    }

    @Test
    void seeds_of_another_commit_are_not_mixed_in() throws IOException {
        Path file = folder.resolve("file");
        run(file, 10, "c1").run(false);
        assertThatThrownBy(() -> run(file, 20, "c2").run(true))
                .hasMessageContaining("c1")
                .hasMessageContaining("c2");
        assertThatThrownBy(() -> run(file, 20, "c1").run(false)).hasMessageContaining("--resume");
    }

    private static LongRun run(Path file, long seeds, String commit) {
        return new LongRun(file, 1, seeds, 2, 10, commit);
    }

    private static List<JsonNode> lines(Path file) throws IOException {
        return Files.readString(file).lines().map(Json::parse).toList();
    }
}
