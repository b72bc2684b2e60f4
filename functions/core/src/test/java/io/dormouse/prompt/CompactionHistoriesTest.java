package io.dormouse.prompt;

import static io.dormouse.Given.SPEC;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.Histories;
import io.dormouse.Play;
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Step;
import io.dormouse.session.Usage;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every short history in a window that is always too small: whoever reads only from the last base knows as much. */
class CompactionHistoriesTest {
    private static final int MOVES = 6;

    private static String bytes(Fold fold) {
        return Json.text(Prompt.of(SPEC, fold.transcript(), Histories.NARROW).body());
    }

    @Test
    void a_fold_from_the_last_base_is_the_fold_of_everything() {
        int[] summarised = {0};
        Histories.walkNarrow(MOVES, (before, after) -> {
            long base = after.conversation().context().base();
            if (base == 0) return;
            summarised[0]++;
            Fold cold = after.fold(base);
            assertThat(cold.conversation()).isEqualTo(after.conversation());
            assertThat(bytes(cold)).as("%s", after.log()).isEqualTo(bytes(after.fold(0)));
            assertThat(after.head().snapshot().base()).isEqualTo(base);
            // One that was there before the last move, and reads on.
            Fold warm = before.fold(before.conversation().context().base());
            warm.readOn(
                    (from, limit) -> after.log().stream()
                            .filter(entry -> entry.position() > from)
                            .limit(limit)
                            .toList(),
                    base);
            assertThat(warm.conversation()).isEqualTo(after.conversation());
            assertThat(bytes(warm)).isEqualTo(bytes(cold));
        });
        assertThat(summarised[0]).isGreaterThan(1_000);
    }

    @Test
    void every_request_is_legal_and_so_is_every_request_for_a_summary() {
        int[] requests = {0, 0};
        Histories.walkNarrow(MOVES, (before, after) -> {
            Prompt prompt =
                    switch (after.step()) {
                        case Step.AskModel s -> Prompt.of(SPEC, after.fold(0).transcript(), Histories.NARROW);
                        case Step.Compact s -> after.compaction().prompt();
                        case Step.UseHands s -> null;
                        case Step.Pause s -> null;
                        case Step.Rest s -> null;
                        case Step.ListTools s -> null;
                        case Step.Tell s -> throw new AssertionError("told already");
                    };
            if (prompt == null) return;
            requests[after.step() instanceof Step.Compact ? 1 : 0]++;
            assertThat(Compaction.asks(prompt)).isEqualTo(after.step() instanceof Step.Compact);
            JsonNode messages = prompt.body().path("messages");
            assertThat(Legality.faults(messages)).as("%s", after.log()).isEmpty();
        });
        assertThat(requests[0]).isGreaterThan(1_000);
        assertThat(requests[1]).isGreaterThan(1_000);
    }

    @Test
    void usage_is_the_sum_of_what_the_log_tells() {
        Histories.walkNarrow(MOVES, (before, after) -> {
            Usage sum = Usage.NONE;
            for (Entry entry : after.log())
                for (Fact fact : entry.facts()) {
                    if (fact instanceof Fact.ModelReplied f) sum = sum.plus(f.usage());
                    if (fact instanceof Fact.ModelFailed f) sum = sum.plus(f.usage());
                    if (fact instanceof Fact.Compacted f) sum = sum.plus(f.usage());
                }
            assertThat(after.conversation().usage()).isEqualTo(sum);
        });
    }

    @Test
    void a_summary_is_the_first_fact_of_its_entry() {
        Histories.walkNarrow(MOVES, (before, after) -> {
            for (Entry entry : after.log()) {
                List<Fact> later = entry.facts().subList(1, entry.facts().size());
                assertThat(later).noneMatch(Fact.Compacted.class::isInstance);
            }
        });
    }

    @Test
    void a_harness_that_dies_before_it_tells_its_summary_is_followed_by_one_that_asks_for_it() {
        Histories.walkNarrow(MOVES, (before, after) -> {
            if (!(before.step() instanceof Step.Compact compact)) return;
            Play again = before.then();
            if (again.log().size() == before.log().size())
                assertThat(again.step()).isEqualTo(compact);
        });
    }
}
