package io.dormouse.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.testkit.sim.Simulation.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SimulationTest {
    /** The same on every machine, whatever its speed: a test must not fail on one and pass on another. More is for {@code ./dormouse sim}. */
    private static final int SEEDS = 2_000;

    private static final Logger HARNESS = Logger.getLogger("io.dormouse.harness");

    @BeforeAll
    static void quietly() {
        // The harness logs every failure that a seed makes up.
        HARNESS.setLevel(Level.OFF);
    }

    @Test
    void every_promise_holds_whatever_goes_wrong() {
        long faults = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            Outcome outcome = Simulation.run(1_000_000 + seed, Bug.NONE);
            faults += outcome.faultCount();
            assertHolds(outcome);
        }
        System.out.printf("%d seeds, %d faults%n", SEEDS, faults);
        assertThat(faults).isGreaterThan(10L * SEEDS);
    }

    @Test
    void the_same_seed_gives_the_same_history() {
        for (long seed = 1; seed <= 30; seed++)
            assertThat(Simulation.run(seed, Bug.NONE).hash())
                    .as("seed %d, %s", seed, Check.I18_DETERMINISM.promise())
                    .isEqualTo(Simulation.run(seed, Bug.NONE).hash());
    }

    @Test
    void seeds_that_failed_once_hold() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("seeds.txt"));
        assertThat(lines).isNotEmpty().allMatch(line -> line.matches("[0-9]+  .+"));
        for (String line : lines) assertHolds(Simulation.run(Long.parseLong(line.split(" ")[0]), Bug.NONE));
    }

    private static void assertHolds(Outcome outcome) {
        assertThat(outcome.violated())
                .as("seed %d: %s%n%s", outcome.seed(), outcome.how(), String.join("\n", outcome.last()))
                .isNull();
    }
}
