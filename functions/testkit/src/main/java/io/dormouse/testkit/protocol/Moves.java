package io.dormouse.testkit.protocol;

import io.dormouse.head.Head;
import io.dormouse.head.Snapshot;
import io.dormouse.id.EventId;
import io.dormouse.json.Json;
import io.dormouse.session.Conversation;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Lane;
import io.dormouse.session.Stamp;
import io.dormouse.session.Step;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/** What may happen next in a state: one call of one process, or a fault. The shift's steps, one by one. */
final class Moves {
    /** When every lease is stale. Whether it is, is for the search to choose: clocks differ. */
    private static final Instant LATE = Search.NOON.plusSeconds(3600);

    private final Rules rules;
    private final List<Input> inputs;
    private final int maxEpoch;
    private final BiConsumer<String, State> next;

    /** @param next is told every move with the state that it leads to */
    Moves(Rules rules, List<Input> inputs, int maxEpoch, BiConsumer<String, State> next) {
        this.rules = rules;
        this.inputs = inputs;
        this.maxEpoch = maxEpoch;
        this.next = next;
    }

    void of(State state) {
        if (state.posted() < inputs.size()) post(state);
        for (int i = 0; i < state.owners().size(); i++) {
            Owner owner = state.owners().get(i);
            String name = i == 0 ? "A" : "B";
            if (owner.doing() != Owner.Doing.NOTHING) next.accept(name + " dies", state.with(i, Owner.IDLE));
            if (owner.beats()) beat(state, i, owner, name);
            switch (owner.doing()) {
                // A wake may come twice and late, and the sweep sends one for what owes: so whenever it owes.
                case NOTHING -> {
                    if (state.head().owes() && state.head().lease().epoch() < maxEpoch)
                        next.accept(
                                name + " reads the head",
                                state.with(i, new Owner(Owner.Doing.CLAIMING, state.head(), 0, List.of(), null)));
                }
                case CLAIMING -> {
                    claim(state, i, owner, name);
                    // The log is read while the claim is on its way: before the claim, or after it.
                    if (owner.position() == 0)
                        next.accept(
                                name + " reads the log early",
                                state.with(i, owner.at(state.log().size())));
                }
                case READING -> read(state, i, owner, name);
                case TELLING -> tell(state, i, owner, name);
                case ACTING -> act(state, i, owner, name);
            }
        }
    }

    private void post(State state) {
        Input input = inputs.get(state.posted());
        switch (state.head().post(List.of(input), Search.NOON)) {
            case Head.Posting.Accepted accepted ->
                next.accept(
                        "the client posts " + input.id(),
                        new State(accepted.next(), state.log(), state.owners(), state.posted() + 1));
            case Head.Posting.Ignored ignored -> {}
            case Head.Posting.Refused refused -> {}
        }
    }

    private void claim(State state, int i, Owner owner, String name) {
        if (owner.head().version() != state.head().version()) {
            next.accept(name + " finds another head", state.with(i, owner.knowing(state.head())));
            return;
        }
        for (Instant now : List.of(Search.NOON, LATE))
            switch (state.head().claim(name, now)) {
                case Head.Claim.NothingOwed nothing ->
                    next.accept(name + " finds nothing to do", state.with(i, Owner.IDLE));
                case Head.Claim.Busy busy -> next.accept(name + " finds it busy", state.with(i, Owner.IDLE));
                case Head.Claim.Granted granted -> {
                    Head claimed = rules == Rules.CLAIM_WITHOUT_EPOCH
                                    && state.head().lease().epoch() > 0
                            ? Search.epoch(granted.next(), state.head().lease().epoch())
                            : granted.next();
                    next.accept(
                            name + " claims epoch " + claimed.lease().epoch(),
                            state.with(i, claimed(owner.knowing(claimed)), claimed));
                    if (now == Search.NOON) return;
                }
            }
    }

    /** What was read before the claim will do if the head knows of nothing that came later. */
    private Owner claimed(Owner owner) {
        boolean known = owner.position() >= owner.head().snapshot().position()
                || rules == Rules.READ_EARLY && owner.position() > 0;
        return known ? owner.telling(owner.position(), List.of()) : owner.reading();
    }

    private void read(State state, int i, Owner owner, String name) {
        boolean higher = state.fold().epoch() > owner.epoch() && rules != Rules.READ_ON;
        next.accept(
                name + " reads the log" + (higher ? " and stops" : ""),
                state.with(i, higher ? Owner.IDLE : owner.telling(state.log().size(), List.of())));
    }

    /** {@code Shift.tell}: what follows from the outcome and the mail, as one entry. */
    private void tell(State state, int i, Owner owner, String name) {
        Conversation folded = state.fold(owner.position());
        Stamp stamp = new Stamp(Search.NOON, "n" + owner.epoch() + "at" + (owner.position() + 1));
        List<Fact> facts = new ArrayList<>(owner.outcome());
        Conversation ahead = folded;
        for (Fact fact : facts) ahead = ahead.with(fact, Search.NOON);
        Step step = Step.next(ahead, owner.head().mail(), stamp);
        while (step instanceof Step.Tell tell) {
            for (Fact fact : tell.facts()) {
                facts.add(fact);
                ahead = ahead.with(fact, Search.NOON);
            }
            step = Step.next(ahead, owner.head().mail(), stamp);
        }
        long position = owner.position() + 1;
        if (facts.isEmpty()) {
            next.accept(name + " decides", state.with(i, owner.acting(owner.position(), step)));
        } else if (state.log().size() < position) {
            Entry entry = new Entry(position, owner.epoch(), stamp.nonce(), Search.NOON, List.copyOf(facts));
            next.accept(name + " appends " + position, state.appended(entry).with(i, owner.acting(position, step)));
        } else {
            Entry there = state.log().get((int) position - 1);
            boolean stops = there.epoch() > owner.epoch() && rules != Rules.ADOPT_ANY_ENTRY;
            next.accept(
                    name + (stops ? " meets a higher epoch" : " adopts " + position),
                    state.with(i, stops ? Owner.IDLE : owner.telling(position, List.of())));
        }
    }

    private void act(State state, int i, Owner owner, String name) {
        Conversation folded = state.fold(owner.position());
        switch (owner.step()) {
            case Step.AskModel ask -> {
                EventId call = EventId.of("n" + owner.epoch() + "at" + (owner.position() + 1), 0);
                reply(state, i, owner, name + " hears the model", replied(ask.request(), List.of()));
                boolean called = state.log().stream()
                        .flatMap(entry -> entry.facts().stream())
                        .anyMatch(fact -> fact instanceof Fact.ModelReplied replied
                                && !replied.calls().isEmpty());
                if (!called)
                    reply(
                            state,
                            i,
                            owner,
                            name + " hears the model call",
                            replied(
                                    ask.request(),
                                    List.of(new ToolCall(
                                            call,
                                            "toolu",
                                            "bash",
                                            Json.object(),
                                            ToolCall.Gate.ALLOWED,
                                            "always_allow",
                                            null))));
                boolean interrupted = owner.head().mail().stream()
                        .anyMatch(posted -> posted.input().lane() == Lane.URGENT
                                && !folded.taken().covers(posted));
                if (interrupted)
                    reply(
                            state,
                            i,
                            owner,
                            name + " stops the model",
                            new Fact.ModelFailed(ask.request(), null, null, null, Usage.NONE));
                release(state, i, owner, name, folded);
            }
            case Step.UseHands use -> {
                List<ToolResult> results = new ArrayList<>();
                for (ToolCall call : use.calls()) results.add(ToolResult.error(call, "done"));
                // The shift looks at the head before it tells.
                if (state.head().heldUnder(owner.epoch()))
                    reply(state, i, owner.knowing(state.head()), name + " uses hands", new Fact.ToolsReturned(results));
                else next.accept(name + " has lost the lease", state.with(i, Owner.IDLE));
                release(state, i, owner, name, folded);
            }
            case Step.Rest rest -> settle(state, i, owner, name, folded);
            case Step.Compact compact -> throw new IllegalStateException("there is room for ever here");
            case Step.Pause pause -> throw new IllegalStateException("no request fails here");
            case Step.ListTools list -> throw new IllegalStateException("no server is declared here");
            case Step.Tell tell -> throw new IllegalStateException("told already");
        }
    }

    private void reply(State state, int i, Owner owner, String what, Fact outcome) {
        next.accept(what, state.with(i, owner.telling(owner.position(), List.of(outcome))));
    }

    private static Fact replied(EventId asked, List<ToolCall> calls) {
        return new Fact.ModelReplied(
                asked, List.of(), calls, calls.isEmpty() ? "end_turn" : "tool_use", null, Usage.NONE);
    }

    // ---- swaps of the head

    private void beat(State state, int i, Owner owner, String name) {
        if (!state.head().heldUnder(owner.epoch())) {
            next.accept(name + " has lost the lease", state.with(i, Owner.IDLE));
            return;
        }
        Head beaten = state.head().beat(Snapshot.of(state.fold(owner.position())), Search.NOON);
        next.accept(name + " beats", state.with(i, owner.knowing(beaten), beaten));
    }

    private void release(State state, int i, Owner owner, String name, Conversation folded) {
        if (!state.head().heldUnder(owner.epoch())) return;
        Head released = state.head().release(Snapshot.of(folded), Search.NOON);
        next.accept(name + " hands over", state.with(i, Owner.IDLE, released));
    }

    private void settle(State state, int i, Owner owner, String name, Conversation folded) {
        Head known = owner.head();
        if (known.version() != state.head().version() && rules != Rules.SETTLE_WITHOUT_VERSION) {
            boolean held = state.head().heldUnder(owner.epoch());
            next.accept(
                    name + " cannot settle this head", state.with(i, held ? owner.knowing(state.head()) : Owner.IDLE));
            return;
        }
        Optional<Head> settled = known.settle(Snapshot.of(folded), Search.NOON);
        if (rules == Rules.SETTLE_WITH_MAIL && settled.isEmpty())
            settled = Optional.of(Search.withoutMail(known.release(Snapshot.of(folded), Search.NOON)));
        if (settled.isPresent()) next.accept(name + " settles", state.with(i, Owner.IDLE, settled.get()));
        else next.accept(name + " has mail", state.with(i, owner.telling(owner.position(), List.of())));
    }
}
