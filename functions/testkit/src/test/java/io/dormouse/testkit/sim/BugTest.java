package io.dormouse.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulator finds what was put in on purpose, and says so by the right name. */
class BugTest {
    private static final int MOST_SEEDS = 4000;
    private static final Logger HARNESS = Logger.getLogger("io.dormouse.harness");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([A-Z_]+)` \\|");

    /** The checks that may be the first to see it. */
    private static final Map<Bug, Set<Check>> SEEN_BY = Map.ofEntries(
            Map.entry(Bug.APPEND_WITHOUT_CONDITION, EnumSet.of(Check.I2_PREFIX_STABILITY)),
            Map.entry(
                    Bug.APPEND_TOLD_BEFORE_DURABLE,
                    EnumSet.of(
                            Check.ONE_REQUEST_AT_A_TIME,
                            Check.I1_TOTAL_ORDER,
                            Check.I4_ACKNOWLEDGED_IS_DURABLE,
                            Check.I6_ONE_RESULT_FOR_EACH_CALL,
                            Check.I8_INTENT_BEFORE_EFFECT)),
            Map.entry(Bug.ADOPT_A_HIGHER_EPOCH, EnumSet.of(Check.I3_FENCED_WRITERS, Check.I16_A_KILL_KILLS)),
            Map.entry(Bug.SWAP_WITHOUT_VERSION, EnumSet.of(Check.I3_FENCED_WRITERS, Check.I4_ACKNOWLEDGED_IS_DURABLE)),
            Map.entry(Bug.SETTLE_WITH_MAIL, EnumSet.of(Check.I4_ACKNOWLEDGED_IS_DURABLE)),
            Map.entry(
                    Bug.ACK_BEFORE_WRITE, EnumSet.of(Check.I4_ACKNOWLEDGED_IS_DURABLE, Check.I5_A_REPEAT_IS_THE_SAME)),
            Map.entry(Bug.REPEAT_KNOWS_MAIL_ONLY, EnumSet.of(Check.I4_ACKNOWLEDGED_IS_DURABLE)),
            Map.entry(Bug.CALL_WITHOUT_KEY, EnumSet.of(Check.I7_EFFECTS_AT_MOST_ONCE)),
            Map.entry(Bug.CALL_BEFORE_INTENT, EnumSet.of(Check.I8_INTENT_BEFORE_EFFECT, Check.ONE_REQUEST_AT_A_TIME)),
            Map.entry(
                    Bug.RESULTS_ARE_DROPPED, EnumSet.of(Check.I6_ONE_RESULT_FOR_EACH_CALL, Check.I11_LEGAL_TRANSCRIPT)),
            Map.entry(Bug.NO_SWEEP, EnumSet.of(Check.I9_NO_LOST_WAKE_UP, Check.LIVENESS)),
            Map.entry(Bug.INDEX_KNOWS_LEASES_ONLY, EnumSet.of(Check.I9_NO_LOST_WAKE_UP, Check.LIVENESS)),
            // The verifier of logs knows that order, too.
            Map.entry(Bug.MAIL_COMES_REVERSED, EnumSet.of(Check.I10_ORDER_OF_INPUT, Check.THE_LOG_VERIFIES)),
            Map.entry(Bug.DELETE_WHILE_RUNNING, EnumSet.of(Check.I16_A_KILL_KILLS, Check.ONE_REQUEST_AT_A_TIME)),
            Map.entry(Bug.RETRY_FOR_EVER, EnumSet.of(Check.I17_BOUNDED_RETRIES)),
            Map.entry(Bug.WATCHER_SKIPS, EnumSet.of(Check.I15_STREAM_IS_LOG)),
            Map.entry(Bug.CLAIM_KEEPS_EPOCH, EnumSet.of(Check.I3_FENCED_WRITERS)),
            Map.entry(Bug.BEAT_TAKES_LEASE_BACK, EnumSet.of(Check.I3_FENCED_WRITERS)),
            Map.entry(Bug.INTERRUPT_IS_DROPPED, EnumSet.of(Check.I4_ACKNOWLEDGED_IS_DURABLE)),
            Map.entry(Bug.INDEX_FORGETS_PARKED, EnumSet.of(Check.I9_NO_LOST_WAKE_UP, Check.LIVENESS)),
            Map.entry(
                    Bug.OLD_LOG_IS_READ,
                    EnumSet.of(
                            Check.ONE_REQUEST_AT_A_TIME,
                            Check.I6_ONE_RESULT_FOR_EACH_CALL,
                            Check.SETTLED_HEADS_ARE_RIGHT)),
            Map.entry(Bug.TWO_REQUESTS_AT_ONCE, EnumSet.of(Check.ONE_REQUEST_AT_A_TIME)),
            Map.entry(Bug.USAGE_COUNTS_TWICE, EnumSet.of(Check.USAGE_COUNTS_ONCE)),
            Map.entry(Bug.RESULT_IS_TOLD_TWICE, EnumSet.of(Check.I6_ONE_RESULT_FOR_EACH_CALL)),
            Map.entry(Bug.HAND_WITHOUT_JOURNAL, EnumSet.of(Check.I7_EFFECTS_AT_MOST_ONCE)),
            Map.entry(Bug.TWO_PROCESSES_ARE_TWINS, EnumSet.of(Check.I5_A_REPEAT_IS_THE_SAME, Check.I15_STREAM_IS_LOG)),
            Map.entry(Bug.SETTLES_TOO_EARLY, EnumSet.of(Check.SETTLED_HEADS_ARE_RIGHT)),
            Map.entry(Bug.FORGOTTEN_ONCE, EnumSet.of(Check.I16_A_KILL_KILLS)),
            Map.entry(
                    Bug.BASE_ONE_TOO_FAR,
                    EnumSet.of(Check.SETTLED_HEADS_ARE_RIGHT, Check.COLD_IS_WARM, Check.I11_LEGAL_TRANSCRIPT)),
            Map.entry(Bug.KEPT_MESSAGES_ARE_LOST, EnumSet.of(Check.COLD_IS_WARM)),
            Map.entry(Bug.LOST_REQUESTS_ARE_FREE, EnumSet.of(Check.I12_BUDGET)),
            Map.entry(Bug.BROKEN_REQUESTS_ARE_FREE, EnumSet.of(Check.I12_BUDGET)),
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
        while (caught == null && seeds < MOST_SEEDS) caught = BugTable.broken(++seeds, bug);
        System.out.printf("%-28s %-30s after %d seeds%n", bug, caught, seeds);
        assertThat(caught).as(bug.what()).isIn(SEEN_BY.get(bug));
    }

    @Test
    void the_table_lists_the_bugs_that_exist() throws IOException {
        List<String> listed = ROW.matcher(Files.readString(Path.of("BUGS.md")))
                .results()
                .map((MatchResult row) -> row.group(1))
                .toList();
        assertThat(listed)
                .containsExactlyElementsOf(Arrays.stream(Bug.values())
                        .filter(bug -> bug != Bug.NONE)
                        .map(Bug::name)
                        .toList());
    }

    @Test
    void the_table_has_no_bug_that_was_not_caught() throws IOException {
        assertThat(Files.readString(Path.of("BUGS.md"))).doesNotContain("not caught");
    }
}
