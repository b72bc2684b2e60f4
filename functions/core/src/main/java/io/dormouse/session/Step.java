package io.dormouse.session;

import io.dormouse.agents.McpServer;
import io.dormouse.id.EventId;
import io.dormouse.session.Conversation.Phase;
import io.dormouse.session.ToolCall.Gate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The next thing to do: tell the log something, or do something outside of it. */
public sealed interface Step {
    /** The log is to say this; nothing happens outside. */
    record Tell(List<Fact> facts) implements Step {}

    /** @param request the open request to make, or to make again after a crash */
    record AskModel(EventId request) implements Step {}

    /** @param request the open request for a summary of the history to make, or to make again after a crash */
    record Compact(EventId request) implements Step {}

    /** These servers are to say what tools they have, or fail to. */
    record ListTools(List<McpServer> servers) implements Step {}

    /** Calls for hands and for MCP servers. */
    record UseHands(List<ToolCall> calls) implements Step {}

    /** Nothing to do before this moment. */
    record Pause(Instant until) implements Step {}

    /** Nothing to do until an input comes. */
    record Rest() implements Step {}

    /** A turn that asks the model more often than this is a loop. */
    int MAX_ASKS = 1000;

    /** A reply that is cut off inside a tool call is tried again; this often in a row, it ends the turn. */
    int MAX_CUTS = 3;

    String INTERRUPTED = "Interrupted by the user before it finished.";

    /**
     * What comes next. Pure: no clock, no store, no exception.
     *
     * @param mail accepted inputs in the order of posting; those that the log has already are passed over
     */
    static Step next(Conversation conversation, List<Posted> mail, Stamp stamp) {
        if (conversation.phase() instanceof Phase.Ended) return new Rest();
        List<Posted> urgent = lane(mail, Lane.URGENT, conversation);
        if (!urgent.isEmpty()) {
            // What may be running is stopped first, and what it has come to is told.
            List<ToolCall> running = running(conversation);
            return running.isEmpty()
                    ? new Tell(List.of(interrupt(conversation, urgent, stamp)))
                    : new UseHands(running);
        }
        List<Posted> answers = lane(mail, Lane.ANSWER, conversation);
        if (!answers.isEmpty()) return new Tell(List.of(answer(conversation, answers)));
        List<Posted> messages = lane(mail, Lane.MESSAGE, conversation);
        List<Posted> notices = lane(mail, Lane.NOTICE, conversation);
        if (!notices.isEmpty()) return new Tell(note(conversation, notices.getFirst(), messages));
        return switch (conversation.phase()) {
            case Phase.Resting p -> messages.isEmpty() ? new Rest() : new Tell(List.of(new Fact.TurnBegan(messages)));
            case Phase.Asking p -> ask(conversation, p, messages, stamp);
            case Phase.Acting p -> act(conversation, p, stamp);
            case Phase.Closing p ->
                new Tell(List.of(new Fact.TurnEnded(
                        p.reason(),
                        p.details(),
                        p.error(),
                        p.message(),
                        conversation.usage(),
                        conversation.activeMillis(stamp.now()),
                        conversation.allowance().budget())));
            case Phase.Paused p -> new Rest();
            case Phase.Ended p -> new Rest();
        };
    }

    private static List<Posted> lane(List<Posted> mail, Lane lane, Conversation conversation) {
        if (mail.isEmpty()) return List.of();
        List<Posted> found = new ArrayList<>();
        for (Posted posted : mail)
            if (posted.input().lane() == lane && !conversation.taken().covers(posted)) found.add(posted);
        return found;
    }

    /** Calls that a hand or a server may be at work on: by this owner, or by one that died. */
    private static List<ToolCall> running(Conversation conversation) {
        return conversation.phase() instanceof Phase.Acting acting && acting.awaited() == null
                ? acting.through(Gate.ALLOWED)
                : List.of();
    }

    private static Fact interrupt(Conversation conversation, List<Posted> interrupts, Stamp stamp) {
        List<ToolResult> results = List.of();
        EventId asked = null;
        Usage usage = Usage.NONE;
        if (conversation.phase() instanceof Phase.Acting acting)
            results = acting.calls().stream()
                    .map(call -> ToolResult.error(call, INTERRUPTED))
                    .toList();
        if (conversation.phase() instanceof Phase.Asking asking) {
            asked = asking.open();
            usage = lost(asking, stamp);
        }
        return new Fact.TurnInterrupted(interrupts, results, asked, usage);
    }

    /** What a request may have cost of which nobody was heard again: all that was set aside for it. */
    private static Usage lost(Phase.Asking asking, Stamp stamp) {
        return asking.reserved() == null || fresh(asking, stamp)
                ? Usage.NONE
                : Usage.NONE.priced(asking.reserved().nanoUsd());
    }

    /** Whether what was set aside is told by the very entry that is being made: then nobody has spent it yet. */
    private static boolean fresh(Phase.Asking asking, Stamp stamp) {
        return asking.reserved().by().equals(stamp.nonce());
    }

    private static Fact answer(Conversation conversation, List<Posted> answers) {
        if (!(conversation.phase() instanceof Phase.Acting acting))
            // The question was withdrawn by an interrupt: the answer is told, and changes nothing.
            return new Fact.ClientAnswered(answers, List.of(), false);
        List<ToolResult> results = new ArrayList<>();
        Set<EventId> open = acting.questions();
        for (Posted posted : answers) {
            Input.Answer answer = (Input.Answer) posted.input();
            if (!open.remove(answer.call())) continue;
            ToolCall call = acting.calls().stream()
                    .filter(c -> c.id().equals(answer.call()))
                    .findFirst()
                    .orElseThrow();
            switch (answer) {
                case Input.CustomResult r ->
                    results.add(new ToolResult(call.id(), call.modelId(), r.content(), r.isError()));
                case Input.Confirmation c -> {
                    if (!c.allow()) results.add(ToolResult.error(call, denial(c.denyMessage())));
                }
            }
        }
        return new Fact.ClientAnswered(answers, results, acting.awaited() != null && open.isEmpty());
    }

    private static String denial(String message) {
        return message == null || message.isBlank()
                ? "The user denied permission for this tool call."
                : "The user denied permission for this tool call: " + message;
    }

    private static List<Fact> note(Conversation conversation, Posted note, List<Posted> messages) {
        // An archived session takes no turn any more, but what was accepted before is in its history.
        boolean last = note.input() instanceof Input.Archived && !messages.isEmpty();
        boolean resumes = conversation.phase() instanceof Phase.Paused && Budget.changedBy(note.input());
        Fact noted = new Fact.Noted(note, resumes);
        return last ? List.of(new Fact.InputsJoined(messages), noted) : List.of(noted);
    }

    private static Step ask(Conversation conversation, Phase.Asking asking, List<Posted> messages, Stamp stamp) {
        if (asking.open() != null) return make(conversation, asking, stamp);
        Allowance allowance = conversation.allowance();
        if (allowance.cut()) return new Tell(List.of(budgetReached(conversation, stamp)));
        if (conversation.asks() >= MAX_ASKS)
            return end(
                    conversation,
                    "tool_use_limit_reached_error",
                    "The turn made " + MAX_ASKS + " model requests without coming to an end.",
                    stamp);
        if (conversation.cuts() >= MAX_CUTS)
            return end(
                    conversation,
                    "unknown_error",
                    "The model's reply was cut off by max_tokens inside a tool call, " + MAX_CUTS + " times in a row.",
                    stamp);
        if (asking.notBefore() != null && stamp.now().isBefore(asking.notBefore()))
            return new Pause(asking.notBefore());
        List<McpServer> unknown = conversation.mcp().missing(conversation.agent());
        if (!unknown.isEmpty()) return new ListTools(unknown);
        boolean compacts = conversation.context().tokens() + Tokens.of(messages) > stamp.contextLimit();
        if (compacts && conversation.context().stuck())
            return end(
                    conversation,
                    "compaction_limit_reached_error",
                    "The conversation does not fit the model's window, and summarising it did not help.",
                    stamp);
        if (allowance.limited()
                && allowance
                        .plus(messages)
                        .offer(conversation.usage().listNanoUsd(), stamp.tariff(), compacts)
                        .isEmpty()) return new Tell(List.of(budgetReached(conversation, stamp)));
        Fact asked = new Fact.ModelAsked(stamp.request(), asking.notBefore() != null, compacts);
        return new Tell(messages.isEmpty() ? List.of(asked) : List.of(new Fact.InputsJoined(messages), asked));
    }

    /** The open request is made; under a budget for what its maker has set aside for it, and once. */
    private static Step make(Conversation conversation, Phase.Asking asking, Stamp stamp) {
        EventId open = asking.open();
        Step make = asking.compacts() ? new Compact(open) : new AskModel(open);
        if (!conversation.allowance().limited() || !stamp.begins()) return make;
        if (asking.reserved() != null && fresh(asking, stamp)) return make;
        Usage lost = lost(asking, stamp);
        long spent = conversation.usage().plus(lost).listNanoUsd();
        Optional<Tariff.Offer> offer = conversation.allowance().offer(spent, stamp.tariff(), asking.compacts());
        if (offer.isPresent()) {
            Tariff.Offer o = offer.get();
            return new Tell(
                    List.of(new Fact.Reserved(open, o.nanoUsd(), o.maxTokens(), stamp.nonce(), lost.listNanoUsd())));
        }
        Fact failed = new Fact.ModelFailed(open, null, null, null, lost);
        return new Tell(List.of(failed, budgetReached(conversation.with(failed, stamp.now()), stamp)));
    }

    private static Fact budgetReached(Conversation conversation, Stamp stamp) {
        return new Fact.BudgetReached(
                conversation.allowance().cut(),
                conversation.usage(),
                conversation.activeMillis(stamp.now()),
                conversation.allowance().budget());
    }

    private static Step end(Conversation conversation, String error, String message, Stamp stamp) {
        return new Tell(List.of(new Fact.TurnEnded(
                StopReason.END_TURN,
                null,
                error,
                message,
                conversation.usage(),
                conversation.activeMillis(stamp.now()),
                conversation.allowance().budget())));
    }

    private static Step act(Conversation conversation, Phase.Acting acting, Stamp stamp) {
        List<ToolCall> refused = acting.through(Gate.REFUSED);
        if (!refused.isEmpty())
            return new Tell(List.of(new Fact.ToolsReturned(refused.stream()
                    .map(call -> ToolResult.error(call, call.refusal()))
                    .toList())));
        Set<EventId> questions = acting.questions();
        List<ToolCall> allowed = acting.through(Gate.ALLOWED);
        // While the client is asked, what it has allowed so far waits for its last answer: the session is idle till
        // then.
        if (!allowed.isEmpty() && (acting.awaited() == null || questions.isEmpty())) return new UseHands(allowed);
        if (questions.equals(acting.awaited())) return new Rest();
        return new Tell(List.of(new Fact.ClientAwaited(
                List.copyOf(questions),
                conversation.usage(),
                conversation.activeMillis(stamp.now()),
                conversation.allowance().budget())));
    }
}
