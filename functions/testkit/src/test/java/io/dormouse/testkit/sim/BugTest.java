package io.dormouse.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.testkit.sim.Simulation.Outcome;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulator finds what was put in on purpose, and says so by the right name. */
class BugTest {
    private static final int MOST_SEEDS = 400;
    private static final Logger HARNESS = Logger.getLogger("io.dormouse.harness");

    /** The checks that may be the first to see it. */
    private static final Map<Bug, Set<Check>> SEEN_BY = Map.ofEntries(
            Map.entry(Bug.APPEND_WITHOUT_CONDITION, EnumSet.of(Check.I2_PREFIX_STABILITY)),
            Map.entry(
                    Bug.APPEND_TOLD_BEFORE_DURABLE,
                    EnumSet.of(Check.I1_TOTAL_ORDER, Check.I4_ACKNOWLEDGED_IS_DURABLE, Check.I8_INTENT_BEFORE_EFFECT)),
            Map.entry(Bug.ADOPT_A_HIGHER_EPOCH, EnumSet.of(Check.I3_FENCED_WRITERS, Check.I16_A_KILL_KILLS)),
            Map.entry(Bug.SWAP_WITHOUT_VERSION, EnumSet.of(Check.I4_ACKNOWLEDGED_IS_DURABLE)),
            Map.entry(Bug.SETTLE_WITH_MAIL, EnumSet.of(Check.I4_ACKNOWLEDGED_IS_DURABLE)),
            Map.entry(Bug.ACK_BEFORE_WRITE, EnumSet.of(Check.I4_ACKNOWLEDGED_IS_DURABLE)),
            Map.entry(Bug.REPEAT_KNOWS_MAIL_ONLY, EnumSet.of(Check.I4_ACKNOWLEDGED_IS_DURABLE)),
            Map.entry(Bug.CALL_WITHOUT_KEY, EnumSet.of(Check.I7_EFFECTS_AT_MOST_ONCE)),
            Map.entry(Bug.CALL_BEFORE_INTENT, EnumSet.of(Check.I8_INTENT_BEFORE_EFFECT)),
            Map.entry(
                    Bug.RESULTS_ARE_DROPPED, EnumSet.of(Check.I6_ONE_RESULT_FOR_EACH_CALL, Check.I11_LEGAL_TRANSCRIPT)),
            Map.entry(Bug.NO_SWEEP, EnumSet.of(Check.I9_NO_LOST_WAKE_UP, Check.LIVENESS)),
            Map.entry(Bug.INDEX_KNOWS_LEASES_ONLY, EnumSet.of(Check.I9_NO_LOST_WAKE_UP, Check.LIVENESS)),
            Map.entry(Bug.MAIL_COMES_REVERSED, EnumSet.of(Check.I10_ORDER_OF_INPUT)),
            Map.entry(Bug.DELETE_WHILE_RUNNING, EnumSet.of(Check.I16_A_KILL_KILLS)),
            Map.entry(Bug.RETRY_FOR_EVER, EnumSet.of(Check.I17_BOUNDED_RETRIES)),
            Map.entry(Bug.WATCHER_SKIPS, EnumSet.of(Check.I15_STREAM_IS_LOG)),
            Map.entry(
                    Bug.BASE_ONE_TOO_FAR,
                    EnumSet.of(Check.SETTLED_HEADS_ARE_RIGHT, Check.COLD_IS_WARM, Check.I11_LEGAL_TRANSCRIPT)),
            Map.entry(Bug.KEPT_MESSAGES_ARE_LOST, EnumSet.of(Check.COLD_IS_WARM)),
            Map.entry(Bug.CHANCE_FROM_OUTSIDE, EnumSet.of(Check.I18_DETERMINISM)));

    @BeforeAll
    static void quietly() {
        HARNESS.setLevel(Level.OFF);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void a_planted_bug_is_caught(Bug bug) {
        int seeds = 0;
        Check caught = null;
        while (caught == null && seeds < MOST_SEEDS) caught = broken(++seeds, bug);
        System.out.printf("%-28s %-30s after %d seeds%n", bug, caught, seeds);
        assertThat(caught).as(bug.what()).isIn(SEEN_BY.get(bug));
    }

    private static Check broken(long seed, Bug bug) {
        Outcome outcome = Simulation.run(seed, bug);
        if (bug != Bug.CHANCE_FROM_OUTSIDE) return outcome.violated();
        return outcome.hash() == Simulation.run(seed, bug).hash() ? null : Check.I18_DETERMINISM;
    }
}
