package io.dormouse.testkit.sim;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.id.EventId;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.session.Budget;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Lane;
import io.dormouse.session.Posted;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the checks know of one session: a second reading of its log that shares nothing with the product's own. */
final class Story {
    private final ThreadId thread;
    private final List<Entry> entries = new ArrayList<>();
    private final Set<String> nonces = new HashSet<>();
    private final Map<EventId, Posted> told = new HashMap<>();
    private final Map<EventId, ToolCall> open = new LinkedHashMap<>();
    private final Map<Integer, EventId> intended = new HashMap<>();
    final Map<EventId, Posted> accepted = new LinkedHashMap<>();
    /** What the model said that it used, by the reply that it came with; what is told of it is taken out. */
    private final Map<Long, Usage> used = new HashMap<>();

    private Usage total = Usage.NONE;
    private Budget budget;
    /** The highest that there was so far: what was set aside before a budget was lowered may still be spent. */
    private long most;
    /** For the request that is made. */
    private long reserved;

    private long charged;
    private boolean dropped;

    private EventId asked;
    private JsonNode turnSays;
    private long epoch;
    private long lastMessage;
    private int failures;

    Story(ThreadId thread) {
        this.thread = thread;
    }

    ThreadId thread() {
        return thread;
    }

    int size() {
        return entries.size();
    }

    /** As it landed, also when it was forgotten since; null if nothing has. */
    Entry at(long position) {
        return position > entries.size() ? null : entries.get((int) position - 1);
    }

    /** The key of the call with this number, as the log tells it; null if it does not. */
    EventId keyOf(int call) {
        return intended.get(call);
    }

    Set<EventId> openCalls() {
        return open.keySet();
    }

    /** Open calls that wait for the client. */
    Set<EventId> questions() {
        Set<EventId> questions = new LinkedHashSet<>();
        for (ToolCall call : open.values())
            switch (call.gate()) {
                case ASK, CUSTOM -> questions.add(call.id());
                case ALLOWED, REFUSED -> {}
            }
        return questions;
    }

    /** The model request that the log says is being made, or null. */
    EventId asked() {
        return asked;
    }

    /** What the user said last in the turn that runs; null when that is nothing. */
    JsonNode turnSays() {
        return turnSays;
    }

    Usage total() {
        return total;
    }

    /** The model says what a request of this session used. */
    Usage used(Usage usage) {
        used.put(usage.input(), usage);
        return usage;
    }

    /** The model's provider charges for something, or gives it back, in billionths of a dollar. */
    void charge(long nanoUsd) {
        charged += nanoUsd;
        covered();
    }

    private void covered() {
        if (budget != null && !dropped && charged > committed())
            Check.I12_BUDGET.failed(charged + " are charged, and the log knows of " + committed());
    }

    /** All that counts as spent or may be spent now. */
    private long committed() {
        return total.listNanoUsd() + reserved;
    }

    Posted told(EventId input) {
        return told.get(input);
    }

    void dropped() {
        dropped = true;
        open.clear();
        asked = null;
    }

    /**
     * An append was told to have landed. Returns whether it is new.
     *
     * @param stored what is there now
     */
    boolean landed(Entry entry, Entry stored, int mostFailures) {
        int index = (int) entry.position() - 1;
        if (index < entries.size()) {
            if (!Json.text(entries.get(index)).equals(Json.text(entry)))
                Check.I2_PREFIX_STABILITY.failed("entry " + entry.position() + " was overwritten");
            return false;
        }
        if (index > entries.size())
            Check.I1_TOTAL_ORDER.failed("entry " + entry.position() + " landed behind " + entries.size());
        if (entry.epoch() < epoch)
            Check.I3_FENCED_WRITERS.failed(
                    "an entry of epoch " + entry.epoch() + " landed behind one of epoch " + epoch);
        if (!nonces.add(entry.nonce()))
            Check.I5_A_REPEAT_IS_THE_SAME.failed("two entries have the nonce " + entry.nonce());
        epoch = entry.epoch();
        entries.add(stored);
        for (Fact fact : entry.facts()) fact(fact, mostFailures);
        covered();
        return true;
    }

    private void fact(Fact fact, int mostFailures) {
        switch (fact) {
            case Fact.SessionBegan f -> limit(f.budget());
            case Fact.Noted f -> {
                input(f.note());
                limit(Budget.after(budget, f.note().input()));
            }
            case Fact.TurnBegan f -> {
                closed("a turn began");
                f.inputs().forEach(this::input);
            }
            case Fact.InputsJoined f -> f.inputs().forEach(this::input);
            case Fact.ModelAsked f -> {
                closed("the model was asked");
                if (asked != null) Check.ONE_REQUEST_AT_A_TIME.failed("the model is asked while " + asked + " is open");
                asked = f.id();
            }
            case Fact.ModelReplied f -> {
                closed("the model replied");
                answered(f.asked());
                uses(f.usage());
                failures = 0;
                for (ToolCall call : f.calls()) {
                    open.put(call.id(), call);
                    intended.put(call.input().path("n").asInt(), call.id());
                }
            }
            case Fact.ModelFailed f -> {
                answered(f.asked());
                uses(f.usage());
                if (f.error() != null) failures++;
                if (f.retryAt() == null) failures = 0;
                if (failures >= mostFailures)
                    Check.I17_BOUNDED_RETRIES.failed(failures + " requests failed in a row, and there is another");
            }
            case Fact.ToolsReturned f -> f.results().forEach(this::result);
            case Fact.ClientAwaited f -> {}
            case Fact.ClientAnswered f -> {
                f.answers().forEach(this::input);
                f.answers().forEach(this::allowed);
                f.results().forEach(this::result);
            }
            case Fact.TurnInterrupted f -> {
                f.interrupts().forEach(this::input);
                f.results().forEach(this::result);
                if (f.asked() != null) answered(f.asked());
                uses(f.usage());
                failures = 0;
            }
            case Fact.TurnEnded f -> {
                closed("the turn ended");
                turnSays = null;
            }
            case Fact.HandAttached f -> {}
            case Fact.HandLost f -> {}
            case Fact.CredentialUsed f -> {}
            case Fact.ToolsListed f -> {}
            case Fact.ServerFailed f -> {}
            case Fact.CallsBegan f -> {}
            case Fact.Reserved f -> reserved(f);
            case Fact.BudgetReached f -> closed("the budget was reached");
            case Fact.Compacted f -> {
                closed("the history was summarised");
                answered(f.asked());
                uses(f.usage());
                failures = 0;
            }
        }
    }

    private void limit(Budget now) {
        budget = now;
        if (now != null) most = Math.max(most, now.nanoUsd());
    }

    private void reserved(Fact.Reserved fact) {
        if (!fact.asked().equals(asked))
            Check.ONE_REQUEST_AT_A_TIME.failed("money for " + fact.asked() + ", and " + asked + " was asked");
        if (fact.lostNanoUsd() != reserved)
            Check.I12_BUDGET.failed(reserved + " were set aside before, and " + fact.lostNanoUsd() + " count as spent");
        total = total.plus(Usage.NONE.priced(fact.lostNanoUsd()));
        reserved = fact.nanoUsd();
        if (committed() > most)
            Check.I12_BUDGET.failed(total.listNanoUsd() + " are spent and " + reserved + " set aside, of " + budget);
    }

    private void answered(EventId request) {
        if (!request.equals(asked))
            Check.ONE_REQUEST_AT_A_TIME.failed("an answer to " + request + ", and " + asked + " was asked");
        asked = null;
    }

    private void uses(Usage usage) {
        total = total.plus(usage);
        if (usage.listNanoUsd() > reserved && reserved > 0)
            Check.I12_BUDGET.failed(usage + " cost more than the " + reserved + " that were set aside");
        reserved = 0;
        Usage tokens = usage.priced(0);
        if (tokens.equals(Usage.NONE)) return;
        Usage reported = used.remove(usage.input());
        if (!tokens.equals(reported))
            Check.USAGE_COUNTS_ONCE.failed("the log tells " + usage + ", the model said " + reported);
    }

    /** A call that the client has allowed waits no more. */
    private void allowed(Posted answer) {
        if (!(answer.input() instanceof Input.Confirmation c) || !c.allow()) return;
        open.computeIfPresent(
                c.call(),
                (id, call) -> new ToolCall(
                        id, call.modelId(), call.name(), call.input(), ToolCall.Gate.ALLOWED, call.policy(), null));
    }

    private void closed(String when) {
        if (!open.isEmpty()) Check.I6_ONE_RESULT_FOR_EACH_CALL.failed(when + " with open calls " + open.keySet());
    }

    private void result(ToolResult result) {
        if (open.remove(result.call()) == null)
            Check.I6_ONE_RESULT_FOR_EACH_CALL.failed("a result for " + result.call() + ", which is not open");
    }

    private void input(Posted posted) {
        Input input = posted.input();
        if (told.put(input.id(), posted) != null)
            Check.I4_ACKNOWLEDGED_IS_DURABLE.failed("the log tells " + input.id() + " twice");
        if (input.lane() != Lane.MESSAGE) return;
        if (input instanceof Input.UserMessage message) turnSays = message.content();
        if (posted.seq() <= lastMessage)
            Check.I10_ORDER_OF_INPUT.failed("message " + posted.seq() + " behind message " + lastMessage);
        lastMessage = posted.seq();
    }
}
