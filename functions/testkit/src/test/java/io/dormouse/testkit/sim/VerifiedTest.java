package io.dormouse.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.head.Head;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import io.dormouse.verify.Finding;
import io.dormouse.verify.Rule;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Histories of simulations, each with one thing broken: the verifier must say so, by the right rule and not too early. */
class VerifiedTest {
    private static final int SEEDS = 150;
    private static final Logger HARNESS = Logger.getLogger("io.dormouse.harness");

    private enum Break {
        DROP,
        SWAP,
        TWICE,
        OLDER_EPOCH,
        SAME_NONCE,
        LESS_USAGE,
        MORE_TOTAL,
        NO_RESULT,
        OTHER_RESULT,
        NO_FACT
    }

    @BeforeAll
    static void quietly() {
        HARNESS.setLevel(Level.OFF);
    }

    @Test
    void one_broken_thing_in_a_simulated_history_is_found() {
        Map<Break, Integer> found = new EnumMap<>(Break.class);
        Random random = new Random(11);
        for (int seed = 0; seed < SEEDS; seed++)
            for (Map.Entry<Head, List<Entry>> left :
                    Simulation.left(2_000_000 + seed).entrySet()) {
                Head head = left.getKey();
                List<Entry> log = left.getValue();
                if (head.deleted()) continue;
                assertThat(Verified.findings(head, log)).isEmpty();
                for (Break how : Break.values())
                    for (int i = 0; i < 4; i++) {
                        int index = random.nextInt(log.size());
                        List<Entry> broken = broken(how, log, index);
                        if (broken == null) continue;
                        found.merge(how, 1, Integer::sum);
                        List<Finding> findings = Verified.findings(head, broken);
                        assertThat(findings)
                                .as("%s at %s of %s", how, log.get(index), log)
                                .isNotEmpty();
                        assertThat(findings.getFirst().rule())
                                .as("%s at %s: %s", how, log.get(index), findings)
                                .isIn(rules(how));
                        assertThat(findings.getFirst().position())
                                .as("%s at %s: %s", how, log.get(index), findings)
                                .isGreaterThanOrEqualTo(Math.min(index + 1, log.size() - 1));
                    }
            }
        System.out.println("broken and found: " + found);
        assertThat(found).hasSameSizeAs(Break.values());
        assertThat(found.values()).allMatch(count -> count > 20);
    }

    private static Set<Rule> rules(Break how) {
        return switch (how) {
            case DROP -> Set.of(Rule.ORDER, Rule.END);
            case SWAP, TWICE -> Set.of(Rule.ORDER);
            case OLDER_EPOCH -> Set.of(Rule.EPOCH);
            case SAME_NONCE -> Set.of(Rule.NONCE);
            case LESS_USAGE, MORE_TOTAL -> Set.of(Rule.USAGE, Rule.HEAD, Rule.SUMMARY);
            case NO_RESULT -> Set.of(Rule.CALL, Rule.TURN, Rule.HEAD);
            case OTHER_RESULT -> Set.of(Rule.CALL);
            case NO_FACT -> Set.of(Rule.values());
        };
    }

    /** Null where there is nothing to break in this way. */
    private static List<Entry> broken(Break how, List<Entry> log, int index) {
        List<Entry> broken = new ArrayList<>(log);
        Entry entry = log.get(index);
        List<Fact> facts = new ArrayList<>(entry.facts());
        switch (how) {
            case DROP -> broken.remove(index);
            case SWAP -> {
                if (index + 1 >= log.size()) return null;
                broken.set(index, log.get(index + 1));
                broken.set(index + 1, entry);
            }
            case TWICE -> broken.add(index, entry);
            case OLDER_EPOCH -> {
                if (index == 0 || log.get(index - 1).epoch() < 2) return null;
                long older = log.get(index - 1).epoch() - 1;
                broken.set(index, new Entry(entry.position(), older, entry.nonce(), entry.time(), facts));
            }
            case SAME_NONCE -> {
                if (index == 0) return null;
                String nonce = log.get(index - 1).nonce();
                broken.set(index, new Entry(entry.position(), entry.epoch(), nonce, entry.time(), facts));
            }
            case LESS_USAGE, MORE_TOTAL, NO_RESULT, OTHER_RESULT -> {
                boolean changed = false;
                for (int i = 0; i < facts.size() && !changed; i++) {
                    Fact now = changed(how, facts.get(i));
                    if (now == null) continue;
                    facts.set(i, now);
                    changed = true;
                }
                if (!changed) return null;
                broken.set(index, with(entry, facts));
            }
            case NO_FACT -> {
                Fact out = facts.remove(facts.size() - 1);
                // Nothing depends on those; the hash chain of an export holds them.
                if (out instanceof Fact.HandAttached
                        || out instanceof Fact.HandLost
                        || out instanceof Fact.CredentialUsed) return null;
                if (out instanceof Fact.Reserved && neverMade(log, index)) return null;
                broken.set(index, with(entry, facts));
            }
        }
        return broken;
    }

    /** Whether the request that this entry ends with came to nothing and cost nothing: so it may not have been made. */
    private static boolean neverMade(List<Entry> log, int index) {
        for (Entry entry : log.subList(index + 1, log.size()))
            for (Fact fact : entry.facts()) {
                if (fact instanceof Fact.ModelFailed f)
                    return f.error() == null && !f.tighter() && f.usage().equals(Usage.NONE);
                if (fact instanceof Fact.TurnInterrupted f) return f.usage().equals(Usage.NONE);
                if (fact instanceof Fact.ModelReplied
                        || fact instanceof Fact.Reserved
                        || fact instanceof Fact.Compacted) return false;
            }
        return true;
    }

    private static Entry with(Entry entry, List<Fact> facts) {
        return new Entry(entry.position(), entry.epoch(), entry.nonce(), entry.time(), facts);
    }

    /** Null when this fact has nothing of the kind. */
    private static Fact changed(Break how, Fact fact) {
        if (how == Break.LESS_USAGE && fact instanceof Fact.ModelReplied f)
            return new Fact.ModelReplied(
                    f.asked(), f.content(), f.calls(), f.stopReason(), f.stopDetails(), changed(f.usage()));
        if (how == Break.MORE_TOTAL && fact instanceof Fact.TurnEnded f)
            return new Fact.TurnEnded(
                    f.reason(), f.details(), f.error(), f.message(), changed(f.total()), f.activeMillis());
        if (!(fact instanceof Fact.ToolsReturned f) || f.results().isEmpty()) return null;
        List<ToolResult> results = new ArrayList<>(f.results());
        ToolResult first = results.removeFirst();
        if (how == Break.NO_RESULT) return new Fact.ToolsReturned(results);
        if (how != Break.OTHER_RESULT) return null;
        results.addFirst(new ToolResult(first.call(), "toolu_other", first.content(), first.isError()));
        return new Fact.ToolsReturned(results);
    }

    private static Usage changed(Usage usage) {
        return new Usage(
                usage.input(),
                usage.output() + 1,
                usage.cacheRead(),
                usage.cacheWrite5m(),
                usage.cacheWrite1h(),
                usage.webSearches(),
                usage.listNanoUsd());
    }
}
