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
    private static final int SEEDS = 10_000;

    private static final long FIRST = 1_000_000;
    private static final int THREADS = Runtime.getRuntime().availableProcessors();
    private static final Logger HARNESS = Logger.getLogger("io.dormouse.harness");

    @BeforeAll
    static void quietly() {
        // The harness logs every failure that a seed makes up.
        HARNESS.setLevel(Level.OFF);
    }

    @Test
    void every_promise_holds_whatever_goes_wrong() {
        Tally tally = Tally.of(FIRST, SEEDS, THREADS, true, so -> {});
        tally.violations().forEach(SimulationTest::assertHolds);
        System.out.printf(
                "%d seeds, %d steps, %d faults, hash of all histories %016x%n",
                tally.seeds(), tally.steps(), tally.faultCount(), tally.hash());
        tally.faults().forEach((fault, count) -> System.out.printf("%10d %s%n", count, fault));
        assertThat(tally.seeds()).isEqualTo(SEEDS);
        assertThat(tally.faultCount()).as("faults").isGreaterThan(30L * SEEDS);
        assertThat(tally.faults()).as("kinds of faults").containsOnlyKeys(Fault.values());
    }

    @Test
    void the_same_seed_gives_the_same_history_on_any_number_of_threads() {
        Tally one = Tally.of(1, 300, 1, false, so -> {});
        Tally several = Tally.of(1, 300, 3, false, so -> {});
        assertThat(several.hash()).as(Check.I18_DETERMINISM.promise()).isEqualTo(one.hash());
        assertThat(several.steps()).isEqualTo(one.steps());
        assertThat(several.faults()).isEqualTo(one.faults());
    }

    @Test
    void another_seed_gives_another_history() {
        assertThat(Simulation.run(1, Bug.NONE).hash())
                .isNotEqualTo(Simulation.run(2, Bug.NONE).hash());
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
