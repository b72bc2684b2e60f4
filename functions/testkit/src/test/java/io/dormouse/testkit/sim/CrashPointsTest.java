package io.dormouse.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.testkit.sim.CrashPoints.Covered;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every call of every scenario: its process dies before it or after it, or it fails, done or not. */
class CrashPointsTest {
    private static final int THREADS = Runtime.getRuntime().availableProcessors();
    private static final Logger HARNESS = Logger.getLogger("io.dormouse.harness");

    @BeforeAll
    static void quietly() {
        HARNESS.setLevel(Level.OFF);
    }

    @Test
    void no_harm_to_any_call_breaks_a_promise() {
        int points = 0;
        int calls = 0;
        List<CrashPoints.Failed> failed = new ArrayList<>();
        for (Scenario scenario : Scenario.values())
            for (Covered covered : CrashPoints.of(scenario, THREADS)) {
                System.out.println(covered);
                points += covered.points();
                calls += covered.calls();
                failed.addAll(covered.failed());
            }
        System.out.printf("crash points covered %d/%d%n", points - failed.size(), points);
        assertThat(failed)
                .as(() -> failed.stream()
                        .limit(5)
                        .map(each -> each.scenario() + " " + each.variant() + ": "
                                + each.outcome().violated() + ", "
                                + each.outcome().how())
                        .toList()
                        .toString())
                .isEmpty();
        // All pairs of the core scenarios are most of it.
        assertThat(points).isGreaterThan(10 * calls);
    }

    @ParameterizedTest
    @EnumSource
    void a_scenario_makes_the_same_calls_every_time(Scenario scenario) {
        Simulation.Outcome one = Simulation.run(scenario, Map.of(), Bug.NONE, event -> {});
        assertThat(one.violated()).as(one.how()).isNull();
        assertThat(one.calls()).isGreaterThan(8);
        assertThat(Simulation.run(scenario, Map.of(), Bug.NONE, event -> {}).hash())
                .isEqualTo(one.hash());
    }

    @Test
    void the_scenario_of_a_long_conversation_comes_to_a_summary() {
        List<String> story = new ArrayList<>();
        Simulation.run(Scenario.COMPACTION, Map.of(), Bug.NONE, story::add);
        assertThat(story).anyMatch(line -> line.contains("Compacted"));
    }

    @Test
    void harm_is_found_when_the_protocol_is_wrong() {
        // A process that dies behind the claim: without a sweep nobody ever comes.
        Simulation.Outcome outcome =
                Simulation.run(Scenario.PLAIN_TURN, Map.of(4, Harm.CRASH_AFTER), Bug.NO_SWEEP, event -> {});
        assertThat(outcome.harmed()).isEqualTo(1);
        assertThat(outcome.violated()).isIn(Check.I9_NO_LOST_WAKE_UP, Check.LIVENESS);
    }
}
