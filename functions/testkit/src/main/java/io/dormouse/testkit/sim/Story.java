package io.dormouse.testkit.sim;

import io.dormouse.id.EventId;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Lane;
import io.dormouse.session.Posted;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolResult;
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
    private final List<String> entries = new ArrayList<>();
    private final Map<EventId, Posted> told = new HashMap<>();
    private final Set<EventId> open = new LinkedHashSet<>();
    private final Set<Integer> intended = new HashSet<>();
    final Map<EventId, Posted> accepted = new LinkedHashMap<>();
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

    String entry(int index) {
        return entries.get(index);
    }

    /** Whether the log tells a call with this number. */
    boolean intends(int call) {
        return intended.contains(call);
    }

    Set<EventId> openCalls() {
        return open;
    }

    Posted told(EventId input) {
        return told.get(input);
    }

    void dropped() {
        entries.clear();
        open.clear();
        epoch = 0;
    }

    /** An append was told to have landed. */
    boolean landed(Entry entry, int mostFailures) {
        String text = Json.text(entry);
        int index = (int) entry.position() - 1;
        if (index < entries.size()) {
            Check.I2_PREFIX_STABILITY.holds(
                    entries.get(index).equals(text), "entry " + entry.position() + " was overwritten");
            return false;
        }
        Check.I1_TOTAL_ORDER.holds(
                index == entries.size(), "entry " + entry.position() + " landed behind " + entries.size());
        Check.I3_FENCED_WRITERS.holds(
                entry.epoch() >= epoch, "an entry of epoch " + entry.epoch() + " behind one of epoch " + epoch);
        epoch = entry.epoch();
        entries.add(text);
        for (Fact fact : entry.facts()) fact(fact, mostFailures);
        return true;
    }

    private void fact(Fact fact, int mostFailures) {
        switch (fact) {
            case Fact.SessionBegan f -> {}
            case Fact.Noted f -> input(f.note());
            case Fact.TurnBegan f -> {
                closed("a turn began");
                f.inputs().forEach(this::input);
            }
            case Fact.InputsJoined f -> f.inputs().forEach(this::input);
            case Fact.ModelAsked f -> closed("the model was asked");
            case Fact.ModelReplied f -> {
                closed("the model replied");
                failures = 0;
                for (ToolCall call : f.calls()) {
                    open.add(call.id());
                    intended.add(call.input().path("n").asInt());
                }
            }
            case Fact.ModelFailed f -> {
                if (f.error() != null) failures++;
                if (f.retryAt() == null) failures = 0;
                Check.I17_BOUNDED_RETRIES.holds(
                        failures < mostFailures, failures + " requests failed in a row, and there is another");
            }
            case Fact.ToolsReturned f -> f.results().forEach(this::result);
            case Fact.ClientAwaited f -> {}
            case Fact.ClientAnswered f -> {
                f.answers().forEach(this::input);
                f.results().forEach(this::result);
            }
            case Fact.TurnInterrupted f -> {
                f.interrupts().forEach(this::input);
                f.results().forEach(this::result);
                failures = 0;
            }
            case Fact.TurnEnded f -> closed("the turn ended");
            case Fact.HandAttached f -> {}
            case Fact.HandLost f -> {}
            case Fact.Compacted f -> {
                closed("the history was summarised");
                failures = 0;
            }
        }
    }

    private void closed(String when) {
        Check.I6_ONE_RESULT_FOR_EACH_CALL.holds(open.isEmpty(), when + " with open calls " + open);
    }

    private void result(ToolResult result) {
        Check.I6_ONE_RESULT_FOR_EACH_CALL.holds(
                open.remove(result.call()), "a result for " + result.call() + ", which is not open");
    }

    private void input(Posted posted) {
        Input input = posted.input();
        Posted before = told.put(input.id(), posted);
        Check.I4_ACKNOWLEDGED_IS_DURABLE.holds(before == null, "the log tells " + input.id() + " twice");
        if (input.lane() != Lane.MESSAGE) return;
        Check.I10_ORDER_OF_INPUT.holds(
                posted.seq() > lastMessage, "message " + posted.seq() + " behind message " + lastMessage);
        lastMessage = posted.seq();
    }
}
