package io.dormouse.verify;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.agents.AgentSpec;
import io.dormouse.head.Snapshot;
import io.dormouse.id.EventId;
import io.dormouse.json.Json;
import io.dormouse.prompt.Catalog;
import io.dormouse.prompt.Legality;
import io.dormouse.prompt.Prompt;
import io.dormouse.prompt.Transcript;
import io.dormouse.session.Conversation;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.Stamp;
import io.dormouse.session.Step;
import io.dormouse.session.Tariff;
import io.dormouse.session.Usage;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Looks at the entries of one log, in order, and says which rules they break. A fact that comes new gets its case in
 * {@code facts}, and in {@code Turns} if it is a part of a turn; the compiler shows both places. Times are not looked at:
 * owners have clocks of their own. Takes memory as the transcript of the log does.
 */
public final class Verifier {
    private static final Catalog NO_CATALOG = new Catalog(Json.object());

    private final Findings findings = new Findings();
    private final Arrivals arrivals = new Arrivals(findings);
    private final Turns turns = new Turns(findings);
    private final Spending spending = new Spending(findings);
    private final Summaries summaries = new Summaries(findings);
    private final Set<String> nonces = new HashSet<>();
    private final UnaryOperator<JsonNode> filler;
    private Transcript transcript;
    private Conversation conversation = Conversation.EMPTY;
    private Snapshot expected;

    /** What the last entry leaves out, and may leave out only because of an interrupt; null for nothing. */
    private String leftOut;

    private long position;
    private long epoch;
    private long entries;
    private boolean unfoldable;
    private long looks;
    private long nextLook;

    /**
     * What was read, in numbers.
     *
     * @param usage the exact sum
     */
    public record Summary(long entries, long turns, long toolCalls, Usage usage) {}

    /** @param filler brings back content that was put elsewhere because of its size */
    public Verifier(UnaryOperator<JsonNode> filler) {
        this.filler = filler;
        transcript = new Transcript(filler);
    }

    /** What the head knew, to be compared when the log is read that far. @param known null when nothing is known of it */
    public void expect(Snapshot known) {
        expected = known;
    }

    public void add(Entry entry) {
        findings.at(entry.position());
        entries++;
        findings.unless(
                entry.position() == position + 1,
                Rule.ORDER,
                entry.position() <= position
                        ? "the entry comes behind the entry " + position
                        : "the entry comes behind the entry " + position + ": " + (entry.position() - position - 1)
                                + " are missing");
        position = entry.position();
        findings.unless(
                entry.epoch() >= epoch && (entry.epoch() > 0 || position <= 1),
                Rule.EPOCH,
                "the entry is of epoch " + entry.epoch() + ", and an earlier one of epoch " + epoch);
        epoch = Math.max(epoch, entry.epoch());
        findings.unless(nonces.add(entry.nonce()), Rule.NONCE, "an earlier entry has the nonce " + entry.nonce());
        findings.unless(!entry.facts().isEmpty(), Rule.LINE, "the entry tells nothing");
        try {
            facts(entry);
        } catch (RuntimeException e) {
            findings.add(Rule.LINE, "the entry is not whole: " + e);
        }
        fold(entry);
        if (expected != null && position == expected.position()) compare();
    }

    // ---- facts

    private void facts(Entry entry) {
        List<Fact> facts = entry.facts();
        Conversation ahead = conversation;
        for (int i = 0; i < facts.size(); i++) {
            Fact fact = facts.get(i);
            turns.take(fact, i + 1 < facts.size() ? facts.get(i + 1) : null);
            spending.take(fact, entry.nonce());
            for (Posted posted : fact.inputs()) {
                arrivals.take(posted);
                summaries.told(posted, position);
            }
            switch (fact) {
                case Fact.ClientAwaited f -> ran(f.activeMillis(), ahead, entry);
                case Fact.TurnEnded f -> ran(f.activeMillis(), ahead, entry);
                case Fact.BudgetReached f -> ran(f.activeMillis(), ahead, entry);
                case Fact.Compacted f -> summaries.take(f, i == 0);
                case Fact.ModelReplied f -> {}
                case Fact.ModelFailed f -> {}
                case Fact.TurnInterrupted f -> {}
                case Fact.Reserved f -> {}
                case Fact.SessionBegan f -> {}
                case Fact.Noted f -> {}
                case Fact.TurnBegan f -> {}
                case Fact.InputsJoined f -> {}
                case Fact.ModelAsked f -> {}
                case Fact.ToolsReturned f -> {}
                case Fact.ClientAnswered f -> {}
                case Fact.HandAttached f -> {}
                case Fact.HandLost f -> {}
                case Fact.CredentialUsed f -> {}
                case Fact.ToolsListed f -> {}
                case Fact.ServerFailed f -> {}
                case Fact.CallsBegan f -> {}
            }
            ahead = folded(ahead, fact, entry);
            tell(fact, ahead, entry);
        }
        summaries.ends(entry, turns.callsOpen());
    }

    private void ran(long activeMillis, Conversation ahead, Entry entry) {
        if (unfoldable) return;
        long ran = ahead.activeMillis(entry.time());
        findings.unless(
                ran == activeMillis, Rule.TIME, "a total says " + activeMillis + " ms, and the log adds up to " + ran);
    }

    private Conversation folded(Conversation ahead, Fact fact, Entry entry) {
        if (unfoldable) return ahead;
        try {
            return ahead.with(fact, entry.time());
        } catch (RuntimeException e) {
            cannotFold(e);
            return ahead;
        }
    }

    /** What the model would be sent, looked at whenever it has grown by an eighth: the cost is that of reading it once. */
    private void tell(Fact fact, Conversation ahead, Entry entry) {
        if (unfoldable) return;
        try {
            if (fact instanceof Fact.Compacted compacted) {
                transcript = Transcript.from(compacted, filler);
                summaries.tail().forEach(transcript::add);
            }
            transcript.add(new Entry(position, epoch, entry.nonce(), entry.time(), List.of(fact)));
            if (!(fact instanceof Fact.ModelAsked) || ++looks < nextLook) return;
            nextLook = looks + looks / 8;
            Prompt prompt = Prompt.of(new AgentSpec(ahead.agent()), transcript, NO_CATALOG);
            for (String fault : Legality.faults(prompt.body().path("messages"))) findings.add(Rule.PROMPT, fault);
        } catch (RuntimeException e) {
            cannotFold(e);
        }
    }

    private void cannotFold(RuntimeException why) {
        unfoldable = true;
        findings.add(Rule.HEAD, "the log cannot be folded from here on: " + why);
    }

    private void fold(Entry entry) {
        if (unfoldable) return;
        try {
            conversation = conversation.after(entry);
            // Who begins to read at a summary must come to the same as who reads it all.
            if (entry.compacted() != null && !Conversation.from(entry, filler).equals(conversation))
                findings.add(
                        Rule.SUMMARY,
                        "the summary says that the log says " + Conversation.from(entry, filler) + ", and it says "
                                + conversation);
            goesOn(entry);
        } catch (RuntimeException e) {
            cannotFold(e);
        }
    }

    /** An entry tells all that follows from its facts, up to what happens outside of the log. */
    private void goesOn(Entry entry) {
        boolean interrupted = entry.facts().stream().anyMatch(Fact.TurnInterrupted.class::isInstance);
        findings.unless(
                leftOut == null || interrupted,
                Rule.TURN,
                "the entry before does not go on to " + leftOut + ", and this one tells of no interrupt");
        leftOut = null;
        if (!(next(List.of(), entry) instanceof Step.Tell tell)) return;
        // Who sees an interrupt stops what may be running before he tells anything.
        Posted interrupt = new Posted(Long.MAX_VALUE, entry.time(), new Input.Interrupt(EventId.of(entry.nonce(), 0)));
        if (next(List.of(interrupt), entry) instanceof Step.Tell)
            findings.add(Rule.TURN, "the entry does not go on to " + names(tell));
        else leftOut = names(tell);
    }

    private Step next(List<Posted> mail, Entry entry) {
        // What is set aside may be left to who comes next; what it covers is looked at elsewhere.
        Stamp stamp = new Stamp(entry.time(), entry.nonce(), Long.MAX_VALUE, Tariff.FREE, false);
        return Step.next(conversation, mail, stamp);
    }

    private static String names(Step.Tell tell) {
        return String.join(
                ", ",
                tell.facts().stream()
                        .map(fact -> fact.getClass().getSimpleName())
                        .toList());
    }

    // ---- the head

    private void compare() {
        if (unfoldable) return;
        Snapshot says = Snapshot.of(conversation);
        findings.unless(says.equals(expected), Rule.HEAD, "the head knows " + expected + ", and the log says " + says);
    }

    /**
     * The log has ended.
     *
     * @param nextSeq the number that the head gives to the next input
     * @param waiting what is in its mailbox and not in the log
     */
    public void end(long nextSeq, List<Posted> waiting) {
        findings.at(position);
        findings.unless(entries > 0, Rule.BEGIN, "the log has no entry");
        findings.unless(
                expected == null || expected.position() <= position,
                Rule.END,
                "the head knows an entry " + (expected == null ? 0 : expected.position()) + ", and the last one is "
                        + position);
        boolean interrupted = waiting.stream().anyMatch(posted -> posted.input() instanceof Input.Interrupt);
        findings.unless(leftOut == null || interrupted, Rule.TURN, "the entry does not go on to " + leftOut);
        arrivals.end(nextSeq, waiting);
    }

    /** The fold of what was read; null when it cannot be folded. */
    Snapshot snapshot() {
        return unfoldable ? null : Snapshot.of(conversation);
    }

    Usage sum() {
        return spending.sum();
    }

    long position() {
        return position;
    }

    long count() {
        return entries;
    }

    Findings report() {
        return findings;
    }

    /** In the order in which they were found; at most {@value Findings#MOST}. */
    public List<Finding> findings() {
        return findings.all();
    }

    public Summary summary() {
        return new Summary(entries, turns.turns(), turns.toolCalls(), spending.sum());
    }
}
