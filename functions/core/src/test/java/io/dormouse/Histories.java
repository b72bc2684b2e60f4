package io.dormouse;

import static io.dormouse.Given.asking;
import static io.dormouse.Given.block;
import static io.dormouse.Given.cancelled;
import static io.dormouse.Given.custom;
import static io.dormouse.Given.failed;
import static io.dormouse.Given.refused;
import static io.dormouse.Given.renamed;
import static io.dormouse.Given.replied;
import static io.dormouse.Given.reply;
import static io.dormouse.Given.says;
import static io.dormouse.Given.systemSays;
import static io.dormouse.Given.text;
import static io.dormouse.Given.textBlock;
import static io.dormouse.Given.thinking;
import static io.dormouse.Given.toolUse;
import static io.dormouse.Given.userSays;

import io.dormouse.head.Snapshot;
import io.dormouse.json.Json;
import io.dormouse.prompt.Catalog;
import io.dormouse.session.Budget;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Step;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolCall.Gate;
import io.dormouse.session.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** Every short history of a session: all that a client, a model and the hands may do, in every order, up to a number of moves. */
public final class Histories {
    private record Move(Play before, Play after) {}

    /** Moves by their number: the first ones of all histories, the second ones … Kept, for many tests walk them. */
    private static final List<List<Move>> LEVELS = new ArrayList<>();

    /** The same of sessions whose model has so small a window that they are summarised all the time. */
    private static final List<List<Move>> NARROW_LEVELS = new ArrayList<>();

    public static final Catalog NARROW = Given.NO_CATALOG.narrowed(80);

    /** The same of sessions that may spend as much as two requests cost. */
    private static final List<List<Move>> LIMITED_LEVELS = new ArrayList<>();

    private static final Catalog PRICED = new Catalog(
                    Json.parse("{\"default_prices\":{\"input\":0.25,\"output\":4,\"cache_write_1h\":0.5}}"))
            .narrowed(8_000);
    private static final Budget LIMIT = new Budget(3);

    private Histories() {}

    /** Visits every move as (before, after), those before a move before those after it. */
    public static synchronized void walk(int moves, BiConsumer<Play, Play> visitor) {
        walk(LEVELS, Given.NO_CATALOG, moves, visitor);
    }

    /** The same where the window is {@link #NARROW}. */
    public static synchronized void walkNarrow(int moves, BiConsumer<Play, Play> visitor) {
        walk(NARROW_LEVELS, NARROW, moves, visitor);
    }

    /** The same where little may be spent. */
    public static synchronized void walkLimited(int moves, BiConsumer<Play, Play> visitor) {
        walk(LIMITED_LEVELS, Play.begin(PRICED, LIMIT), moves, visitor);
    }

    private static void walk(List<List<Move>> levels, Catalog catalog, int moves, BiConsumer<Play, Play> visitor) {
        walk(levels, Play.begin(catalog), moves, visitor);
    }

    private static void walk(List<List<Move>> levels, Play begin, int moves, BiConsumer<Play, Play> visitor) {
        while (levels.size() < moves) levels.add(nextLevel(levels, begin));
        for (List<Move> level : levels.subList(0, moves))
            for (Move move : level) visitor.accept(move.before(), move.after());
    }

    private static List<Move> nextLevel(List<List<Move>> levels, Play begin) {
        List<Move> next = new ArrayList<>();
        if (levels.isEmpty()) for (Play first : after(begin)) next.add(new Move(begin, first));
        else
            for (Move move : levels.getLast())
                for (Play after : after(move.after())) next.add(new Move(move.after(), after));
        return next;
    }

    private static List<Play> after(Play play) {
        String n = Integer.toString(play.log().size());
        Input user = userSays("hi" + n);
        return switch (play.step()) {
            case Step.AskModel s ->
                play.conversation().allowance().limited() ? limited(play, n, user) : replies(play, n, user);
            case Step.Compact s ->
                List.of(
                        play.summary("S" + n),
                        play.post(user).summary("S" + n),
                        play.post(stop(n), user).summary("S" + n),
                        play.fails(Duration.ofSeconds(2)),
                        play.model(new Fact.ModelFailed(null, null, "too long", null, Usage.NONE, true)),
                        play.post(stop(n)).model(cancelled()),
                        play.post(renamed(n)).model(failed("compaction_limit_reached_error", null)));
            case Step.UseHands s ->
                List.of(
                        play.hands(),
                        play.post(user).hands(),
                        play.post(stop(n)).hands());
            case Step.Pause pause -> {
                Play due = play.later(Duration.ofMinutes(1));
                yield List.of(
                        due.then(), due.post(user).then(), play.post(stop(n)).then());
            }
            case Step.Rest s -> inputs(play, n, user);
            case Step.ListTools s -> throw new AssertionError("no server is declared");
            case Step.Tell s -> throw new AssertionError("told already");
        };
    }

    private static List<Play> replies(Play play, String n, Input user) {
        ToolCall tool = toolUse("t" + n, "bash");
        ToolCall ask = asking("q" + n, "write");
        ToolCall custom = custom("c" + n, "weather");
        ToolCall nonsense = refused("r" + n, "nonsense", "There is no such tool.");
        Fact.ModelReplied mixed = reply(
                "tool_use",
                List.of(
                        thinking("hm", "signed"),
                        textBlock("So:"),
                        block(ask),
                        block(nonsense),
                        block(custom),
                        block(tool)),
                ask,
                nonsense,
                custom,
                tool);
        List<Play> plays = new ArrayList<>();
        for (Play now : List.of(play, play.post(user))) {
            plays.add(now.model(says("hello")));
            plays.add(now.model(replied(tool, ask)));
            plays.add(now.fails(Duration.ofSeconds(2)));
        }
        plays.add(play.model(mixed));
        plays.add(play.post(renamed(n)).model(mixed));
        plays.add(play.model(reply("max_tokens", List.of(thinking("cut", "")))));
        plays.add(play.model(reply("pause_turn", List.of(textBlock("Searching")))));
        plays.add(play.model(reply("refusal", List.of(textBlock("I ca")))));
        plays.add(play.model(failed("billing_error", null)));
        plays.add(play.post(stop(n)).model(cancelled()));
        plays.add(play.post(stop(n), user).model(replied(custom)));
        return plays;
    }

    /** What may happen to a request that costs money. */
    private static List<Play> limited(Play play, String n, Input user) {
        ToolCall tool = toolUse("t" + n, "bash");
        // An owner that was about to hand over has set nothing aside, and makes no request.
        if (play.reserved() == null)
            return List.of(
                    play.then(), play.post(stop(n)).then(), play.post(user).leaving());
        Usage all = Given.USED.priced(play.reserved().nanoUsd());
        return List.of(
                // The owner dies, and another one comes; or one that is about to hand over.
                play.then(),
                play.leaving(),
                play.post(stop(n)).then(),
                play.post(Given.budget(new Budget(play.head().budget().maxCents() + 1)))
                        .then(),
                play.model(says("hello")),
                play.model(replied(tool)),
                play.post(user).model(costing(replied(tool), all)),
                play.leaving(new Fact.ModelReplied(
                        play.request(), List.of(block(tool)), List.of(tool), "tool_use", null, Given.USED)),
                play.model(costing(reply("max_tokens", List.of(textBlock("It was a"))), all)),
                play.model(reply("max_tokens", List.of(block(tool)), tool)),
                play.model(costing(reply("pause_turn", List.of(textBlock("Searching"))), all)),
                play.model(new Fact.ModelFailed(
                        null,
                        "model_request_failed_error",
                        "It broke.",
                        play.now().plusSeconds(3),
                        all)),
                play.post(stop(n)).model(new Fact.ModelFailed(null, null, null, null, all)));
    }

    private static Fact.ModelReplied costing(Fact.ModelReplied r, Usage usage) {
        return new Fact.ModelReplied(r.asked(), r.content(), r.calls(), r.stopReason(), r.stopDetails(), usage);
    }

    private static List<Play> paused(Play play, String n) {
        Budget budget = play.conversation().allowance().budget();
        return List.of(
                play.post(new Input.Archived(Given.id("archive"))).then(),
                play.post(stop(n)).then(),
                play.post(renamed(n)).then(),
                play.post(Given.budget(new Budget(budget.maxCents() + 1))).then(),
                play.post(Given.budget(new Budget(budget.maxCents() + 5))).then(),
                play.post(Given.budget(new Budget(budget.maxCents() + 5))).leaving(),
                play.post(Given.budget(null)).then());
    }

    private static List<Play> inputs(Play play, String n, Input user) {
        if (play.head().snapshot().phase() == Snapshot.Phase.ENDED) return List.of();
        if (play.head().snapshot().phase() == Snapshot.Phase.PAUSED) return paused(play, n);
        List<Play> plays = new ArrayList<>();
        plays.add(play.post(new Input.Archived(Given.id("archive"))).then());
        if (play.head().snapshot().phase() == Snapshot.Phase.RESTING) {
            plays.add(play.post(user).then());
            plays.add(play.post(user, systemSays("s" + n)).then());
            plays.add(play.post(renamed(n)).then());
            return plays;
        }
        List<Input> all = answers(play);
        for (Input answer : all) plays.add(play.post(answer).then());
        play.head().snapshot().questions().forEach((id, gate) -> {
            if (gate == Gate.ASK)
                plays.add(play.post(new Input.Confirmation(Given.id("a-" + id), id, false, "No."))
                        .then());
        });
        all.add(user);
        all.add(systemSays("s" + n));
        plays.add(play.post(all.toArray(Input[]::new)).then());
        plays.add(play.post(stop(n)).then());
        plays.add(play.post(stop(n), user).then());
        return plays;
    }

    /** One for each open question that is not answered yet: yes, and it is sunny. */
    private static List<Input> answers(Play play) {
        List<Input> answers = new ArrayList<>();
        play.head()
                .snapshot()
                .questions()
                .forEach((id, gate) -> answers.add(
                        gate == Gate.CUSTOM
                                ? new Input.CustomResult(Given.id("a-" + id), id, text("sunny"), false)
                                : new Input.Confirmation(Given.id("a-" + id), id, true, null)));
        return answers;
    }

    private static Input stop(String n) {
        return new Input.Interrupt(Given.id("stop-" + n));
    }
}
