package io.dormouse;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.agents.AgentSpec;
import io.dormouse.head.Head;
import io.dormouse.head.Snapshot;
import io.dormouse.id.EventId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.prompt.Catalog;
import io.dormouse.prompt.Compaction;
import io.dormouse.prompt.Fold;
import io.dormouse.session.Budget;
import io.dormouse.session.Conversation;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.Stamp;
import io.dormouse.session.Step;
import io.dormouse.session.ToolCall;
import io.dormouse.session.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A whole session without I/O: the harness's loop over the pure core, with the outside played by the test. Every move
 * gives a new play, so that a test can branch.
 *
 * @param step what the harness would do now, outside of the log
 * @param came how many facts of the last entry came from outside; the others were decided
 * @param catalog says how large a prompt may become
 */
public record Play(
        Head head, List<Entry> log, Conversation conversation, Step step, Instant now, int came, Catalog catalog) {
    /** Without tools, whose definitions would fill a small window alone. */
    private static final AgentSpec PLAIN =
            new AgentSpec(Json.parse("{\"name\":\"Scout\",\"model\":{\"id\":\"some-model\"}}"));

    public static Play begin() {
        return begin(Given.NO_CATALOG);
    }

    public static Play begin(Catalog catalog) {
        return begin(catalog, null);
    }

    /** @param budget null for none */
    public static Play begin(Catalog catalog, Budget budget) {
        Fact began = new Fact.SessionBegan(Given.AGENT, List.of(), budget);
        Entry first = new Entry(1, 0, "n1", Given.NOON, List.of(began));
        Head head = Head.fresh(WorkspaceId.DEFAULT, Given.SESSION, budget, Given.NOON);
        return new Play(head, List.of(first), Conversation.EMPTY.after(first), new Step.Rest(), Given.NOON, 1, catalog);
    }

    /** The client posts; nobody has looked yet. */
    public Play post(Input... inputs) {
        Head.Posting posting = head.post(List.of(inputs), now);
        if (posting instanceof Head.Posting.Ignored) return this;
        assertThat(posting).isInstanceOf(Head.Posting.Accepted.class);
        return new Play(((Head.Posting.Accepted) posting).next(), log, conversation, step, now, came, catalog);
    }

    public Play later(Duration duration) {
        return new Play(head, log, conversation, step, now.plus(duration), came, catalog);
    }

    /** One turn of the loop: this is what the last step came to; it is told with all that follows, and the head learns. */
    public Play then(Fact... outcome) {
        return then(true, outcome);
    }

    /** The same by an owner who is about to hand over. */
    public Play leaving(Fact... outcome) {
        return then(false, outcome);
    }

    private Play then(boolean begins, Fact... outcome) {
        Instant at = now.plusSeconds(1);
        Head held = head.claim("owner", at) instanceof Head.Claim.Granted granted ? granted.next() : head;
        String nonce = "n" + (log.size() + 1);
        List<Fact> facts = new ArrayList<>(List.of(outcome));
        Conversation ahead = conversation;
        for (Fact fact : facts) ahead = ahead.with(fact, at);
        Stamp stamp = stamp(at, nonce, begins);
        Step next = Step.next(ahead, held.mail(), stamp);
        while (next instanceof Step.Tell tell) {
            assertThat(tell.facts()).isNotEmpty();
            for (Fact fact : tell.facts()) {
                facts.add(fact);
                ahead = ahead.with(fact, at);
            }
            assertThat(facts).as("an entry has an end").hasSizeLessThan(50);
            next = Step.next(ahead, held.mail(), stamp);
        }
        List<Entry> longer = new ArrayList<>(log);
        Conversation folded = conversation;
        if (!facts.isEmpty()) {
            Entry entry = new Entry(log.size() + 1, held.lease().epoch(), nonce, at, List.copyOf(facts));
            longer.add(entry);
            folded = conversation.after(entry);
        }
        Snapshot snapshot = Snapshot.of(folded);
        Head after = next instanceof Step.Rest ? held.settle(snapshot, at).orElseThrow() : held.beat(snapshot, at);
        return new Play(after, List.copyOf(longer), folded, next, at, outcome.length, catalog);
    }

    private Stamp stamp(Instant at, String nonce, boolean begins) {
        return new Stamp(at, nonce, catalog.contextLimit("some-model"), catalog.tariff(Given.SPEC), begins);
    }

    /** What was set aside for the open request; null for nothing. */
    public Fact.Reserved reserved() {
        return conversation.reserved();
    }

    /** What the log says to a process that knows this base. */
    public Fold fold(long base) {
        Fold fold = new Fold(content -> content);
        fold.readOn(
                (after, limit) -> log.stream()
                        .filter(entry -> entry.position() > after)
                        .limit(limit)
                        .toList(),
                base);
        return fold;
    }

    public Compaction compaction() {
        return Compaction.of(PLAIN, fold(0).transcript(), catalog, conversation.context());
    }

    /** The model gives the summary that it is asked for. */
    public Play summary(String summary) {
        EventId request = ((Step.Compact) step).request();
        return then(compaction().fact(request, summary, Given.USED, conversation, content -> content));
    }

    /** The request that the model is to answer now. */
    public EventId request() {
        return step instanceof Step.Compact compact ? compact.request() : ((Step.AskModel) step).request();
    }

    /** The model answers the open request with this, whatever request it names. */
    public Play model(Fact.ModelReplied r) {
        return then(
                new Fact.ModelReplied(request(), r.content(), r.calls(), r.stopReason(), r.stopDetails(), r.usage()));
    }

    public Play model(Fact.ModelFailed f) {
        return then(new Fact.ModelFailed(request(), f.error(), f.message(), f.retryAt(), f.usage(), f.tighter()));
    }

    /** The hands do what they are asked. */
    public Play hands() {
        return then(Given.returned(((Step.UseHands) step).calls().toArray(ToolCall[]::new)));
    }

    public Play fails(Duration retryAfter) {
        return model(new Fact.ModelFailed(
                null,
                "model_overloaded_error",
                "Overloaded.",
                now.plusSeconds(1).plus(retryAfter),
                Usage.NONE));
    }

    /** Inputs that the log tells, in the order in which it tells them. */
    public List<Posted> told() {
        List<Posted> told = new ArrayList<>();
        for (Entry entry : log)
            for (Fact fact : entry.facts())
                switch (fact) {
                    case Fact.Noted f -> told.add(f.note());
                    case Fact.TurnBegan f -> told.addAll(f.inputs());
                    case Fact.InputsJoined f -> told.addAll(f.inputs());
                    case Fact.ClientAnswered f -> told.addAll(f.answers());
                    case Fact.TurnInterrupted f -> told.addAll(f.interrupts());
                    case Fact.SessionBegan f -> {}
                    case Fact.ModelAsked f -> {}
                    case Fact.ModelReplied f -> {}
                    case Fact.ModelFailed f -> {}
                    case Fact.ToolsReturned f -> {}
                    case Fact.ClientAwaited f -> {}
                    case Fact.TurnEnded f -> {}
                    case Fact.HandAttached f -> {}
                    case Fact.HandLost f -> {}
                    case Fact.CredentialUsed f -> {}
                    case Fact.Compacted f -> {}
                    case Fact.ToolsListed f -> {}
                    case Fact.ServerFailed f -> {}
                    case Fact.CallsBegan f -> {}
                    case Fact.Reserved f -> {}
                    case Fact.BudgetReached f -> {}
                }
        return told;
    }
}
