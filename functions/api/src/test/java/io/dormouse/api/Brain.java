package io.dormouse.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.head.Head;
import io.dormouse.head.Snapshot;
import io.dormouse.id.EventId;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.session.Budget;
import io.dormouse.session.Conversation;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Lane;
import io.dormouse.session.Posted;
import io.dormouse.session.Stamp;
import io.dormouse.session.Step;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolCall.Gate;
import io.dormouse.session.Usage;
import java.util.ArrayList;
import java.util.List;

/** Plays a session's harness step by step, by the same pure rules: what it was told is in the log, its head swaps on demand. */
final class Brain {
    private final Caller caller;
    private final ThreadId thread;
    private Conversation conversation = Conversation.EMPTY;

    Brain(Caller caller, String session) {
        this.caller = caller;
        this.thread = new SessionId(session).primaryThread();
    }

    Head head() {
        return caller.heads.read(thread).orElseThrow();
    }

    Brain claim() {
        Head head = head();
        Head claimed = ((Head.Claim.Granted) head.claim("brain", caller.now)).next();
        caller.heads.swap(head, claimed);
        return this;
    }

    /** Appends the outcome and all that follows from it and from the mail; the head does not learn of it. */
    Brain tell(Fact... outcome) {
        return tell(new Stamp(caller.now, caller.ids.next()), outcome);
    }

    private Brain tell(Stamp stamp, Fact... outcome) {
        for (Entry entry : caller.log.read(thread, conversation.position(), 1000))
            conversation = conversation.after(entry);
        List<Fact> facts = new ArrayList<>(List.of(outcome));
        Conversation ahead = conversation;
        for (Fact fact : facts) ahead = ahead.with(fact, caller.now);
        while (Step.next(ahead, head().mail(), stamp) instanceof Step.Tell tell)
            for (Fact fact : tell.facts()) {
                facts.add(fact);
                ahead = ahead.with(fact, caller.now);
            }
        return facts.isEmpty() ? this : append(stamp, facts);
    }

    private Brain append(Stamp stamp, List<Fact> facts) {
        Entry entry = new Entry(conversation.position() + 1, head().lease().epoch(), stamp.nonce(), caller.now, facts);
        caller.log.append(thread, entry);
        conversation = conversation.after(entry);
        return this;
    }

    /** Appends one lane of the mail alone, as a turn of interruptions. */
    Brain takeInterrupts() {
        List<Posted> urgent = head().pending().stream()
                .filter(posted -> posted.input().lane() == Lane.URGENT)
                .toList();
        return append(
                new Stamp(caller.now, caller.ids.next()),
                List.of(new Fact.TurnInterrupted(urgent, List.of(), null, Usage.NONE)));
    }

    Brain beat() {
        Head head = head();
        caller.heads.swap(head, head.beat(Snapshot.of(conversation), caller.now));
        return this;
    }

    Brain settle() {
        Head head = head();
        caller.heads.swap(
                head, head.settle(Snapshot.of(conversation), caller.now).orElseThrow());
        return this;
    }

    /** Takes what waits, and comes to rest. */
    Brain rests() {
        return claim().tell().settle();
    }

    /** Takes the messages that wait, answers them with this text, and comes to rest. */
    Brain turn(String text) {
        return claim().tell().says(text).settle();
    }

    Brain says(String text) {
        return tell(new Fact.ModelReplied(asked(), List.of(textBlock(text)), List.of(), "end_turn", null, Usage.NONE));
    }

    /** Takes what waits, and finds that the budget lasts for no request. */
    Brain stops() {
        Stamp dear = new Stamp(caller.now, caller.ids.next(), Long.MAX_VALUE, null, true);
        return claim().tell(dear).settle();
    }

    /** Takes the messages that wait, answers them at this price, and comes to rest. */
    Brain turn(long cents) {
        claim().tell();
        Usage usage = Usage.NONE.priced(cents * Budget.NANO_USD_PER_CENT);
        return tell(new Fact.ModelReplied(asked(), List.of(textBlock("hi")), List.of(), "end_turn", null, usage))
                .settle();
    }

    /** The model calls custom tools, which are events of their own, and the client is awaited. */
    Brain asks(String... ids) {
        List<ObjectNode> content = new ArrayList<>();
        List<ToolCall> calls = new ArrayList<>();
        for (String id : ids) {
            content.add(Json.object()
                    .put("type", "tool_use")
                    .put("id", "toolu_" + id)
                    .put("name", "lookup"));
            content.getLast().putObject("input");
            calls.add(new ToolCall(
                    new EventId(id),
                    "toolu_" + id,
                    "lookup",
                    Json.object(),
                    gate(id),
                    gate(id) == Gate.ASK ? "always_ask" : null,
                    null));
        }
        return tell(new Fact.ModelReplied(asked(), content, calls, "tool_use", null, Usage.NONE));
    }

    /** An id that begins with {@code sevt_ask} is of a call that wants a confirmation. */
    private static Gate gate(String id) {
        return id.startsWith("sevt_ask") ? Gate.ASK : Gate.CUSTOM;
    }

    private EventId asked() {
        return ((Conversation.Phase.Asking) conversation.phase()).open();
    }

    static ObjectNode textBlock(String text) {
        return Json.object().put("type", "text").put("text", text);
    }
}
