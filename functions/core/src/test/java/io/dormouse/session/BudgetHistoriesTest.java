package io.dormouse.session;

import static io.dormouse.Given.SPEC;
import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.Histories;
import io.dormouse.Play;
import io.dormouse.json.Json;
import io.dormouse.prompt.Legality;
import io.dormouse.prompt.Prompt;
import io.dormouse.session.Conversation.Phase;
import io.dormouse.verify.Finding;
import io.dormouse.verify.Verifier;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Every short history of a session that may spend little: owners die and hand over, requests break, budgets change. */
class BudgetHistoriesTest {
    private static final int MOVES = 5;

    /** A reading of its own: what counts as spent, and what may be spent now. */
    private static final class Purse {
        private Budget budget;
        private long spent;
        private long reserved;

        void take(Fact fact) {
            switch (fact) {
                case Fact.SessionBegan f -> budget = f.budget();
                case Fact.Noted f -> budget = Budget.after(budget, f.note().input());
                case Fact.Reserved f -> {
                    assertThat(f.lostNanoUsd()).isEqualTo(reserved);
                    spent += reserved;
                    reserved = f.nanoUsd();
                }
                case Fact.ModelReplied f -> settle(f.usage());
                case Fact.ModelFailed f -> settle(f.usage());
                case Fact.TurnInterrupted f -> settle(f.usage());
                case Fact other -> {}
            }
            if (budget != null) assertThat(spent + reserved).isLessThanOrEqualTo(budget.nanoUsd());
        }

        private void settle(Usage usage) {
            spent += usage.listNanoUsd();
            reserved = 0;
        }
    }

    @Test
    void what_is_spent_and_set_aside_is_within_the_budget_at_every_moment() {
        int[] seen = {0, 0, 0, 0};
        Histories.walkLimited(MOVES, (before, after) -> {
            Purse purse = new Purse();
            for (Entry entry : after.log()) entry.facts().forEach(purse::take);
            assertThat(after.conversation().usage().listNanoUsd()).isEqualTo(purse.spent);
            Entry last = after.log().getLast();
            if (after.step() instanceof Step.AskModel && after.reserved() != null) {
                seen[0]++;
                // Whoever makes a request has just set money aside for it, unless he is about to hand over.
                boolean mine = after.reserved().by().equals(last.nonce());
                if (mine) assertThat(last.facts().getLast()).isEqualTo(after.reserved());
                if (mine && after.reserved().lostNanoUsd() > 0) seen[1]++;
                if (after.reserved().maxTokens() > 0) seen[2]++;
            }
            if (after.conversation().phase() instanceof Phase.Paused) seen[3]++;
        });
        assertThat(seen).doesNotContain(0);
    }

    @Test
    void every_such_log_verifies_and_every_prompt_is_legal() {
        Histories.walkLimited(MOVES - 1, (before, after) -> {
            assertThat(findings(after, after.log())).as("%s", after.log()).isEmpty();
            if (!(after.step() instanceof Step.AskModel)) return;
            Prompt prompt = Prompt.of(SPEC, after.fold(0).transcript(), after.catalog());
            assertThat(Legality.faults(prompt.body().path("messages")))
                    .as("%s", after.log())
                    .isEmpty();
        });
    }

    @Test
    void no_fact_about_money_can_be_left_out() {
        int[] cases = {0};
        Histories.walkLimited(MOVES - 1, (before, after) -> {
            List<Entry> log = after.log();
            if (log.size() == before.log().size()) return;
            Fact next = log.getLast().facts().getFirst();
            for (Fact fact : log.get(log.size() - 2).facts())
                // Whoever hands over sets nothing aside: only what comes of a request shows that it was made.
                if (fact instanceof Fact.Reserved
                        && (next instanceof Fact.ModelReplied || next instanceof Fact.Reserved)) {
                    cases[0]++;
                    assertThat(findings(after, without(log, log.size() - 2, fact)))
                            .as("%s in %s", fact, log)
                            .isNotEmpty();
                }
            for (Fact fact : log.getLast().facts())
                if (fact instanceof Fact.BudgetReached) {
                    cases[0]++;
                    assertThat(findings(after, without(log, log.size() - 1, fact)))
                            .as("%s in %s", fact, log)
                            .isNotEmpty();
                }
        });
        assertThat(cases[0]).isGreaterThan(100);
    }

    private static List<Entry> without(List<Entry> log, int index, Fact fact) {
        List<Entry> fewer = new ArrayList<>(log);
        Entry e = log.get(index);
        List<Fact> facts = e.facts().stream().filter(each -> each != fact).toList();
        fewer.set(index, new Entry(e.position(), e.epoch(), e.nonce(), e.time(), facts));
        return fewer;
    }

    private static List<Finding> findings(Play play, List<Entry> log) {
        Verifier verifier = new Verifier(UnaryOperator.identity());
        verifier.expect(play.head().snapshot());
        log.forEach(verifier::add);
        verifier.end(play.head().nextSeq(), play.head().pending());
        return verifier.findings();
    }

    @Test
    void a_prompt_begins_with_the_one_before_it_whatever_the_budget_leaves() {
        Histories.walkLimited(MOVES, (before, after) -> {
            if (!(before.step() instanceof Step.AskModel) || !(after.step() instanceof Step.AskModel)) return;
            String first = messages(before);
            assertThat(messages(after)).startsWith(first.substring(0, first.length() - "]}]".length()));
        });
    }

    /** Without the marks of the cache. */
    private static String messages(Play play) {
        return Json.text(Prompt.of(SPEC, play.fold(0).transcript(), play.catalog())
                        .body()
                        .path("messages"))
                .replace(",\"cache_control\":{\"type\":\"ephemeral\"}", "");
    }
}
