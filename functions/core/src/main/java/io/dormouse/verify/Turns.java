package io.dormouse.verify;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.EventId;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Lane;
import io.dormouse.session.Posted;
import io.dormouse.session.StopReason;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolCall.Gate;
import io.dormouse.session.ToolResult;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Turns, requests and calls: what belongs together in a log. A second reading that shares nothing with the fold. */
final class Turns {
    private final Findings findings;
    private final Set<EventId> requests = new HashSet<>();
    private final Set<EventId> calls = new HashSet<>();
    private final Map<EventId, ToolCall> open = new LinkedHashMap<>();
    /** Calls of {@link #open} that the client has allowed. */
    private final Set<EventId> allowed = new HashSet<>();

    /** Calls that were made and must not be made again. */
    private final Set<EventId> begun = new HashSet<>();

    private boolean began;
    private boolean archived;
    private boolean running;
    /** Why the turn is to end now; null while the model has the next word. */
    private StopReason ending;

    /** What the client was last told to answer; null while the session runs or rests. */
    private Set<EventId> awaited;

    /** The turn waits for another budget. */
    private boolean paused;

    /** The open request was made for a shorter reply than usual. */
    private boolean shorter;

    /** The last reply was cut short. */
    private boolean cut;

    /** A request failed and is to be tried again. */
    private boolean retrying;

    private EventId request;
    /** The request asks for a summary. */
    private boolean compacts;

    private long turns;

    Turns(Findings findings) {
        this.findings = findings;
    }

    long turns() {
        return turns;
    }

    long toolCalls() {
        return calls.size();
    }

    boolean callsOpen() {
        return !open.isEmpty();
    }

    /** @param next the fact behind it in the same entry, or null */
    void take(Fact fact, Fact next) {
        if (!(fact instanceof Fact.SessionBegan)) {
            findings.unless(began, Rule.BEGIN, name(fact) + " before the session began");
            began = true;
        }
        findings.unless(!archived, Rule.ARCHIVED, name(fact) + " behind the archiving of the session");
        switch (fact) {
            case Fact.SessionBegan f -> {
                findings.unless(!began, Rule.BEGIN, "the session begins a second time");
                began = true;
            }
            case Fact.Noted f -> {
                lane(List.of(f.note()), Lane.NOTICE, fact);
                archived |= f.note().input() instanceof Input.Archived;
                boolean updated = f.note().input() instanceof Input.Updated u
                        && u.changes().has("budget");
                findings.unless(
                        f.resumed() == (paused && updated),
                        Rule.TURN,
                        f.resumed()
                                ? "a turn goes on that does not wait for a budget"
                                : "there is another budget, and the turn does not go on");
                paused &= !f.resumed();
                // Who was cut short may have room now.
                cut &= !updated;
            }
            case Fact.TurnBegan f -> {
                lane(f.inputs(), Lane.MESSAGE, fact);
                findings.unless(!running, Rule.TURN, "a turn begins within a turn");
                settled("a turn begins");
                running = true;
                ending = null;
                cut = false;
                turns++;
            }
            case Fact.InputsJoined f -> joined(f, next);
            case Fact.ModelAsked f -> asked(f);
            case Fact.ModelReplied f -> replied(f);
            case Fact.Compacted f -> outcome(f.asked(), fact, true);
            case Fact.ModelFailed f -> {
                outcome(f.asked(), fact, compacts);
                retrying = f.retryAt() != null;
                // Without an error it was cut off by an interrupt, which is told next.
                if (!retrying && f.error() != null) ending = StopReason.RETRIES_EXHAUSTED;
            }
            case Fact.ToolsReturned f -> f.results().forEach(this::returned);
            case Fact.ClientAwaited f -> awaited(f);
            case Fact.ClientAnswered f -> answered(f);
            case Fact.TurnInterrupted f -> interrupted(f);
            case Fact.TurnEnded f -> {
                findings.unless(running, Rule.TURN, "a turn ends that did not begin");
                settled("the turn ends");
                // A limit may end it, too, and says so by an error.
                findings.unless(
                        ending == null ? f.reason() == StopReason.END_TURN && f.error() != null : f.reason() == ending,
                        Rule.TURN,
                        "the turn ends by " + f.reason()
                                + (ending == null
                                        ? ", and the model has the next word"
                                        : ", and was to end by " + ending));
                findings.unless(!paused, Rule.TURN, "the turn ends, and it waits for another budget");
                running = false;
                ending = null;
                retrying = false;
            }
            case Fact.HandAttached f -> {}
            case Fact.HandLost f -> {}
            case Fact.CredentialUsed f -> {}
            case Fact.ToolsListed f -> {
                findings.unless(running && ending == null, Rule.TURN, "tools are listed outside of a turn");
                findings.unless(request == null, Rule.REQUEST, "tools are listed while a request is open");
            }
            case Fact.ServerFailed f -> findings.unless(running, Rule.TURN, "a server fails outside of a turn");
            case Fact.CallsBegan f -> f.calls().forEach(this::began);
            case Fact.Reserved f -> {
                findings.unless(
                        f.asked().equals(request),
                        Rule.REQUEST,
                        "something is set aside for the request " + f.asked() + ", which is not open");
                shorter = f.maxTokens() > 0;
            }
            case Fact.BudgetReached f -> {
                findings.unless(
                        running && ending == null && !paused, Rule.TURN, "no turn is there to wait for a budget");
                settled("the budget is reached");
                findings.unless(f.cut() == cut, Rule.TURN, "whether the last reply was cut short is told wrongly");
                paused = true;
                cut = false;
                retrying = false;
            }
        }
    }

    private static String name(Fact fact) {
        return fact.getClass().getSimpleName();
    }

    private void lane(List<Posted> inputs, Lane lane, Fact fact) {
        findings.unless(!inputs.isEmpty(), Rule.INPUT, name(fact) + " without an input");
        for (Posted posted : inputs)
            findings.unless(
                    posted.input().lane() == lane,
                    Rule.INPUT,
                    name(fact) + " with the input " + posted.seq() + " of another lane");
    }

    /** Neither a request nor a call may be open. */
    private void settled(String what) {
        findings.unless(request == null, Rule.REQUEST, what + ", and the request " + request + " has no outcome");
        findings.unless(open.isEmpty(), Rule.CALL, what + ", and there is no result for " + open.keySet());
        request = null;
        open.clear();
        allowed.clear();
        awaited = null;
    }

    private void joined(Fact.InputsJoined joined, Fact next) {
        lane(joined.inputs(), Lane.MESSAGE, joined);
        // What waits when a session is archived, or when a turn gives up, is told before that.
        if (next instanceof Fact.Noted noted && noted.note().input() instanceof Input.Archived) return;
        if (next instanceof Fact.ModelFailed) return;
        findings.unless(running && ending == null, Rule.TURN, "inputs join a turn that is not there");
        findings.unless(request == null, Rule.REQUEST, "inputs join while the request " + request + " is open");
        findings.unless(open.isEmpty(), Rule.CALL, "inputs join, and there is no result for " + open.keySet());
    }

    private void asked(Fact.ModelAsked asked) {
        findings.unless(running && ending == null && !paused, Rule.TURN, "the model is asked outside of a turn");
        findings.unless(!cut, Rule.TURN, "the model is asked, and its last reply was cut short by the budget");
        settled("the model is asked");
        findings.unless(requests.add(asked.id()), Rule.REQUEST, "two requests have the id " + asked.id());
        findings.unless(
                asked.resumed() == retrying,
                Rule.REQUEST,
                asked.resumed() ? "a retry of a request that did not fail" : "a retry that is not told as one");
        retrying = false;
        request = asked.id();
        compacts = asked.compacts();
        shorter = false;
    }

    /** @param summary whether it is what a request for a summary comes to */
    private void outcome(EventId asked, Fact fact, boolean summary) {
        findings.unless(
                request != null && request.equals(asked),
                Rule.REQUEST,
                name(fact) + " for the request " + asked + (request == null ? ", but none" : ", but " + request)
                        + " is open");
        findings.unless(summary == compacts, Rule.REQUEST, name(fact) + " for a request that asks for something else");
        compacts = false;
        request = null;
    }

    private void replied(Fact.ModelReplied reply) {
        outcome(reply.asked(), reply, false);
        List<String> wanted = "refusal".equals(reply.stopReason())
                ? List.of()
                : reply.content().stream()
                        .filter(block -> block.path("type").asText().equals("tool_use"))
                        .map((ObjectNode block) -> block.path("id").asText())
                        .toList();
        List<String> told = reply.calls().stream().map(ToolCall::modelId).toList();
        findings.unless(told.equals(wanted), Rule.CALL, "the reply asks for " + wanted + ", and the log for " + told);
        cut = shorter && "max_tokens".equals(reply.stopReason());
        if (reply.calls().isEmpty() && !cut && !"pause_turn".equals(reply.stopReason()))
            ending = "refusal".equals(reply.stopReason()) ? StopReason.REFUSAL : StopReason.END_TURN;
        for (ToolCall call : reply.calls()) {
            findings.unless(calls.add(call.id()), Rule.CALL, "two calls have the id " + call.id());
            open.put(call.id(), call);
        }
    }

    private ToolCall closed(ToolResult result) {
        ToolCall call = open.remove(result.call());
        findings.unless(call != null, Rule.CALL, "a result for " + result.call() + ", which is not open");
        findings.unless(
                call == null || call.modelId().equals(result.modelId()),
                Rule.CALL,
                "the result for " + result.call() + " has the model's id of another call");
        return call;
    }

    private void returned(ToolResult result) {
        ToolCall call = closed(result);
        boolean asks = call != null && (call.gate() == Gate.ASK || call.gate() == Gate.CUSTOM);
        findings.unless(
                !asks || allowed.contains(call.id()),
                Rule.PERMISSION,
                "the call " + result.call() + " has a result, and the client did not allow it");
    }

    private void began(EventId id) {
        ToolCall call = open.get(id);
        findings.unless(
                call != null && call.server() != null, Rule.CALL, "the call " + id + " begins, which is not open");
        findings.unless(
                call == null || call.gate() == Gate.ALLOWED || allowed.contains(id),
                Rule.PERMISSION,
                "the call " + id + " begins, and the client did not allow it");
        findings.unless(begun.add(id), Rule.CALL, "the call " + id + " begins a second time");
    }

    private Set<EventId> questions() {
        Set<EventId> questions = new HashSet<>();
        for (ToolCall call : open.values())
            if ((call.gate() == Gate.ASK || call.gate() == Gate.CUSTOM) && !allowed.contains(call.id()))
                questions.add(call.id());
        return questions;
    }

    private void awaited(Fact.ClientAwaited fact) {
        Set<EventId> questions = questions();
        findings.unless(
                !questions.isEmpty() && questions.equals(new HashSet<>(fact.questions())),
                Rule.CALL,
                "the client is awaited for " + fact.questions() + ", and open are " + questions);
        for (ToolCall call : open.values())
            findings.unless(
                    questions.contains(call.id()) || allowed.contains(call.id()),
                    Rule.CALL,
                    "the client is awaited, and there is no result for " + call.id());
        findings.unless(!questions.equals(awaited), Rule.CALL, "the client is awaited a second time for " + awaited);
        awaited = questions;
    }

    private void answered(Fact.ClientAnswered answered) {
        lane(answered.answers(), Lane.ANSWER, answered);
        Map<EventId, ToolResult> results = new LinkedHashMap<>();
        for (ToolResult result : answered.results())
            findings.unless(
                    results.put(result.call(), result) == null,
                    Rule.CALL,
                    "two results for " + result.call() + " in one answer");
        Set<EventId> questions = questions();
        for (Posted posted : answered.answers()) {
            // Of the wrong lane: said above. To a question that is closed or was withdrawn: it changes nothing.
            if (!(posted.input() instanceof Input.Answer answer) || !questions.remove(answer.call())) continue;
            if (answer instanceof Input.Confirmation confirmation && confirmation.allow()) {
                allowed.add(answer.call());
                continue;
            }
            ToolResult result = results.remove(answer.call());
            findings.unless(result != null, Rule.CALL, "the answer to " + answer.call() + " gives it no result");
            if (result == null) continue;
            closed(result);
            if (answer instanceof Input.CustomResult custom)
                findings.unless(
                        custom.content().equals(result.content()) && custom.isError() == result.isError(),
                        Rule.CALL,
                        "the result for " + answer.call() + " is not what the client answered");
        }
        results.values().forEach(result -> {
            boolean asked = open.containsKey(result.call());
            findings.add(
                    asked ? Rule.PERMISSION : Rule.CALL,
                    "a result for " + result.call() + ", to which nobody gave this answer");
            open.remove(result.call());
        });
        findings.unless(
                answered.resumed() == (awaited != null && questions.isEmpty()),
                Rule.TURN,
                answered.resumed()
                        ? "the session goes on without the answers to " + questions
                        : "the last answer is there, and the session does not go on");
        if (answered.resumed()) awaited = null;
    }

    private void interrupted(Fact.TurnInterrupted interrupted) {
        lane(interrupted.interrupts(), Lane.URGENT, interrupted);
        if (interrupted.asked() != null) outcome(interrupted.asked(), interrupted, compacts);
        interrupted.results().forEach(this::closed);
        settled("the turn is interrupted");
        if (running && ending == null && !paused) ending = StopReason.END_TURN;
        retrying = false;
    }
}
