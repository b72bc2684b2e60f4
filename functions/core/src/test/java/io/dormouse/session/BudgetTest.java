package io.dormouse.session;

import static io.dormouse.Given.AGENT;
import static io.dormouse.Given.ASKED;
import static io.dormouse.Given.NOON;
import static io.dormouse.Given.USED;
import static io.dormouse.Given.after;
import static io.dormouse.Given.asked;
import static io.dormouse.Given.asking;
import static io.dormouse.Given.awaited;
import static io.dormouse.Given.block;
import static io.dormouse.Given.id;
import static io.dormouse.Given.interrupt;
import static io.dormouse.Given.limited;
import static io.dormouse.Given.mailFrom;
import static io.dormouse.Given.noonPlus;
import static io.dormouse.Given.renamed;
import static io.dormouse.Given.replied;
import static io.dormouse.Given.reply;
import static io.dormouse.Given.returned;
import static io.dormouse.Given.says;
import static io.dormouse.Given.textBlock;
import static io.dormouse.Given.toolUse;
import static io.dormouse.Given.turn;
import static io.dormouse.Given.userSays;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.Given;
import io.dormouse.head.Snapshot;
import io.dormouse.id.EventId;
import io.dormouse.json.Json;
import io.dormouse.session.Conversation.Phase;
import io.dormouse.session.Step.AskModel;
import io.dormouse.session.Step.Compact;
import io.dormouse.session.Step.Rest;
import io.dormouse.session.Step.Tell;
import io.dormouse.session.Step.UseHands;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sessions that may spend so much and no more: what is decided, and what is remembered for it. */
class BudgetTest {
    private static final ToolCall BASH = toolUse("t1", "bash");
    private static final ToolCall WRITE = asking("q1", "write");
    private static final Tariff.Rates RATES = new Tariff.Rates(1_000, 5_000);
    private static final int USUAL = 4_000;
    private static final Tariff TARIFF = new Tariff(RATES, RATES, Long.MAX_VALUE, 1_000_000, USUAL, 100, 0, 0);
    private static final Stamp STAMP = new Stamp(NOON, "nonce", Long.MAX_VALUE, TARIFF, true);
    private static final Stamp LEAVING = new Stamp(NOON, "nonce", Long.MAX_VALUE, TARIFF, false);
    private static final EventId REQUEST = EventId.of("nonce", 3300);

    /** Of a prompt with nothing but a greeting. */
    private static final long PROMPT = 32 + Tokens.most(Given.text("hi")) + 100 + Tariff.SLACK_TOKENS;

    private static final Fact BEGAN = limited(10);

    private static Step next(Conversation conversation, Posted... mail) {
        return Step.next(conversation, List.of(mail), STAMP);
    }

    private static Tell tell(Fact... facts) {
        return new Tell(List.of(facts));
    }

    private static Fact.Reserved reserved(long nanoUsd, int maxTokens) {
        return new Fact.Reserved(ASKED, nanoUsd, maxTokens, "nonce", 0);
    }

    private static Fact reservedByOther(long nanoUsd) {
        return new Fact.Reserved(ASKED, nanoUsd, 0, "other", 0);
    }

    private static Fact reached(long cents, Usage total) {
        return new Fact.BudgetReached(false, total, 0, new Budget(cents));
    }

    private static Fact cost(long nanoUsd) {
        return new Fact.ModelReplied(
                ASKED, List.of(block(BASH)), List.of(BASH), "tool_use", null, new Usage(5, 0, 0, 0, 0, 0, nanoUsd));
    }

    private static Posted budget(long seq, Budget budget) {
        return mailFrom(seq, Given.budget(budget)).getFirst();
    }

    // ---- reserve, ask, settle

    @Test
    void a_request_is_told_then_money_is_set_aside_for_it_then_it_is_made() {
        Conversation began = after(BEGAN, turn(userSays("hi")));
        assertThat(next(began)).isEqualTo(tell(new Fact.ModelAsked(REQUEST, false)));
        Conversation asked = after(BEGAN, turn(userSays("hi")), asked());
        Fact.Reserved most = reserved(PROMPT * 1_000 + USUAL * 5_000, 0);
        assertThat(next(asked)).isEqualTo(tell(most));
        assertThat(next(asked.with(most, NOON))).isEqualTo(new AskModel(ASKED));
    }

    @Test
    void without_a_budget_nothing_is_set_aside_whatever_it_costs() {
        assertThat(next(after(Given.sessionBegan(), turn(userSays("hi")), asked())))
                .isEqualTo(new AskModel(ASKED));
    }

    @Test
    void a_budget_that_does_not_last_for_a_whole_reply_allows_a_shorter_one() {
        Conversation asked = after(limited(2), turn(userSays("hi")), asked());
        long reply = (20_000_000 - PROMPT * 1_000) / 5_000;
        assertThat(reply).isBetween(1_024L, 3_999L);
        assertThat(next(asked)).isEqualTo(tell(reserved(PROMPT * 1_000 + reply * 5_000, (int) reply)));
    }

    @Test
    void a_budget_that_does_not_last_for_the_shortest_reply_stops_the_turn_before_it_asks() {
        long least = PROMPT * 1_000 + 1_024 * 5_000;
        Budget cents = new Budget(1);
        assertThat(least).isBetween(cents.nanoUsd() - 1_000_000, cents.nanoUsd());
        assertThat(next(after(limited(1), turn(userSays("hi"))))).isEqualTo(tell(new Fact.ModelAsked(REQUEST, false)));
        String longer = "hi" + "x".repeat(1_000);
        Conversation stopped = after(limited(1), turn(userSays(longer)));
        assertThat(next(stopped)).isEqualTo(tell(reached(1, Usage.NONE)));
    }

    @Test
    void what_a_reply_cost_takes_the_place_of_what_was_set_aside() {
        Conversation now = after(
                limited(4), turn(userSays("hi")), asked(), reserved(30_000_000, 0), cost(12_345_678), returned(BASH));
        assertThat(now.usage().listNanoUsd()).isEqualTo(12_345_678);
        assertThat(now.phase()).isEqualTo(new Phase.Asking(null, null));
        Conversation asked = now.with(asked(), NOON);
        Fact.Reserved again = (Fact.Reserved) ((Tell) next(asked)).facts().getFirst();
        // The prompt that was told, the call and its result, and no instructions and tools: they were in it.
        long prompt = 5
                + 32
                + Tokens.most(block(BASH))
                + 32
                + "toolu_t1".length()
                + Tokens.most(Given.output(BASH).content())
                + Tariff.SLACK_TOKENS;
        assertThat(again).isEqualTo(reserved(prompt * 1_000 + 4_000 * 5_000, 0));
    }

    @Test
    void a_model_without_a_price_is_not_asked_within_a_budget() {
        Stamp unknown = new Stamp(NOON, "nonce", Long.MAX_VALUE, null, true);
        assertThat(Step.next(after(BEGAN, turn(userSays("hi"))), List.of(), unknown))
                .isEqualTo(tell(reached(10, Usage.NONE)));
    }

    @Test
    void a_summary_is_asked_for_only_with_room_for_all_of_it() {
        Stamp narrow = new Stamp(NOON, "nonce", 0, TARIFF, true);
        Conversation now = after(limited(2), turn(userSays("hi")));
        assertThat(Step.next(now, List.of(), narrow)).isEqualTo(tell(reached(2, Usage.NONE)));
        Conversation more = after(BEGAN, turn(userSays("hi")));
        assertThat(Step.next(more, List.of(), narrow)).isEqualTo(tell(new Fact.ModelAsked(REQUEST, false, true)));
        Conversation asked = after(BEGAN, turn(userSays("hi")), new Fact.ModelAsked(ASKED, false, true));
        Conversation reserved =
                asked.with(((Tell) Step.next(asked, List.of(), narrow)).facts().getFirst(), NOON);
        assertThat(Step.next(reserved, List.of(), narrow)).isEqualTo(new Compact(ASKED));
    }

    @Test
    void behind_a_summary_the_prompt_counts_as_a_whole_window_until_the_model_tells() {
        Conversation before =
                after(limited(1_000), turn(userSays("hi")), new Fact.ModelAsked(ASKED, false, true), reserved(1, 0));
        Conversation now = before.with(
                new Fact.Compacted(ASKED, 1, "So far.", List.of(), 10, USED, before.checkpoint(c -> c)), NOON);
        Fact.Reserved next =
                (Fact.Reserved) ((Tell) next(now.with(asked(), NOON))).facts().getFirst();
        assertThat(next.nanoUsd()).isEqualTo(1_000_000L * 1_000 + 4_000 * 5_000);
        Entry entry = new Entry(
                5,
                1,
                "n",
                NOON,
                List.of(new Fact.Compacted(ASKED, 1, "So far.", List.of(), 10, USED, before.checkpoint(c -> c))));
        assertThat(Conversation.from(entry, c -> c))
                .isEqualTo(before.with(entry.facts().getFirst(), NOON).after(new Entry(5, 1, "n", NOON, List.of())));
    }

    // ---- owners that die

    @Test
    void who_finds_a_request_of_another_counts_what_was_set_aside_for_it_and_sets_aside_anew() {
        Conversation found = after(BEGAN, turn(userSays("hi")), asked(), reservedByOther(30_000_000));
        Fact.Reserved anew = new Fact.Reserved(ASKED, PROMPT * 1_000 + USUAL * 5_000, 0, "nonce", 30_000_000);
        assertThat(next(found)).isEqualTo(tell(anew));
        Conversation mine = found.with(anew, NOON);
        assertThat(mine.usage()).isEqualTo(Usage.NONE.priced(30_000_000));
        assertThat(next(mine)).isEqualTo(new AskModel(ASKED));
    }

    @Test
    void a_request_of_another_is_not_made_again_when_the_rest_does_not_last_for_it() {
        Conversation found = after(limited(4), turn(userSays("hi")), asked(), reservedByOther(39_000_000));
        Usage lost = Usage.NONE.priced(39_000_000);
        assertThat(next(found)).isEqualTo(tell(new Fact.ModelFailed(ASKED, null, null, null, lost), reached(4, lost)));
    }

    @Test
    void who_hands_over_sets_nothing_aside_and_makes_no_request() {
        Conversation began = after(BEGAN, turn(userSays("hi")));
        assertThat(Step.next(began, List.of(), LEAVING)).isEqualTo(tell(new Fact.ModelAsked(REQUEST, false)));
        Conversation asked = after(BEGAN, turn(userSays("hi")), asked());
        // The step that it leaves to whoever comes next.
        assertThat(Step.next(asked, List.of(), LEAVING)).isEqualTo(new AskModel(ASKED));
    }

    @Test
    void an_interrupt_counts_what_another_had_set_aside_and_not_what_nobody_could_spend_yet() {
        List<Posted> stop = mailFrom(2, interrupt());
        Conversation found = after(BEGAN, turn(userSays("hi")), asked(), reservedByOther(30_000_000));
        Fact interrupted = new Fact.TurnInterrupted(stop, List.of(), ASKED, Usage.NONE.priced(30_000_000));
        assertThat(Step.next(found, stop, STAMP)).isEqualTo(tell(interrupted));
        assertThat(found.with(interrupted, NOON).usage().listNanoUsd()).isEqualTo(30_000_000);
        Conversation mine = after(BEGAN, turn(userSays("hi")), asked(), reserved(30_000_000, 0));
        assertThat(Step.next(mine, stop, STAMP))
                .isEqualTo(tell(new Fact.TurnInterrupted(stop, List.of(), ASKED, Usage.NONE)));
    }

    @Test
    void what_failed_requests_used_counts() {
        Fact broke = new Fact.ModelFailed(
                ASKED, "model_request_failed_error", "x", noonPlus(9), Usage.NONE.priced(35_000_000));
        Conversation now = after(limited(4), turn(userSays("hi")), asked(), reserved(40_000_000, 0), broke);
        Stamp later = new Stamp(noonPlus(10), "nonce", Long.MAX_VALUE, TARIFF, true);
        assertThat(Step.next(now, List.of(), later)).isEqualTo(tell(reached(4, Usage.NONE.priced(35_000_000))));
    }

    // ---- the budget is reached

    @Test
    void a_turn_that_waits_for_its_budget_rests_whatever_else_comes() {
        Conversation paused = after(limited(1), turn(userSays("hi")), reached(1, Usage.NONE));
        assertThat(paused.phase()).isEqualTo(new Phase.Paused());
        assertThat(paused.runningSince()).isNull();
        assertThat(Snapshot.of(paused).phase()).isEqualTo(Snapshot.Phase.PAUSED);
        assertThat(next(paused)).isEqualTo(new Rest());
        assertThat(next(paused, mailFrom(2, userSays("more")).getFirst())).isEqualTo(new Rest());
        List<Posted> stop = mailFrom(2, interrupt());
        Fact interrupted = new Fact.TurnInterrupted(stop, List.of(), null, Usage.NONE);
        assertThat(Step.next(paused, stop, STAMP)).isEqualTo(tell(interrupted));
        assertThat(paused.with(interrupted, NOON).phase()).isEqualTo(new Phase.Paused());
        Posted title = mailFrom(3, renamed("x")).getFirst();
        assertThat(next(paused, title)).isEqualTo(tell(new Fact.Noted(title)));
        assertThat(paused.with(new Fact.Noted(title), NOON).phase()).isEqualTo(new Phase.Paused());
    }

    @Test
    void another_budget_or_none_lets_the_turn_go_on_with_what_came_meanwhile() {
        Conversation paused = after(limited(1), turn(userSays("hi")), reached(1, Usage.NONE));
        for (Budget other : new Budget[] {new Budget(100), null}) {
            Posted update = budget(2, other);
            assertThat(next(paused, update)).isEqualTo(tell(new Fact.Noted(update, true)));
            Conversation goesOn = paused.with(new Fact.Noted(update, true), noonPlus(60));
            assertThat(goesOn.allowance().budget()).isEqualTo(other);
            assertThat(goesOn.runningSince()).isEqualTo(noonPlus(60));
            Posted more = mailFrom(3, userSays("more")).getFirst();
            assertThat(next(goesOn, more))
                    .isEqualTo(tell(new Fact.InputsJoined(List.of(more)), new Fact.ModelAsked(REQUEST, false)));
        }
    }

    @Test
    void a_budget_that_is_changed_while_the_session_runs_or_rests_starts_nothing() {
        Posted update = budget(2, new Budget(100));
        for (Conversation conversation :
                List.of(after(BEGAN), after(BEGAN, turn(userSays("hi")), asked(), reserved(1, 0), replied(BASH)))) {
            assertThat(next(conversation, update)).isEqualTo(tell(new Fact.Noted(update)));
            Conversation noted = conversation.with(new Fact.Noted(update), NOON);
            assertThat(noted.allowance().budget()).isEqualTo(new Budget(100));
            assertThat(noted.phase()).isEqualTo(conversation.phase());
        }
    }

    @Test
    void calls_are_run_and_answers_awaited_whatever_is_left() {
        Fact dear = new Fact.ModelReplied(
                ASKED,
                List.of(block(BASH), block(WRITE)),
                List.of(BASH, WRITE),
                "tool_use",
                null,
                Usage.NONE.priced(100_000_000));
        Conversation now = after(BEGAN, turn(userSays("hi")), asked(), reserved(100_000_000, 0), dear);
        assertThat(next(now)).isEqualTo(new UseHands(List.of(BASH)));
        Conversation waits = now.with(returned(BASH), NOON);
        assertThat(next(waits))
                .isEqualTo(tell(
                        new Fact.ClientAwaited(List.of(id("q1")), Usage.NONE.priced(100_000_000), 0, new Budget(10))));
        Conversation answered = waits.with(awaited(WRITE), NOON)
                .with(new Fact.ClientAnswered(mailFrom(2, Given.allow("q1")), List.of(), true), NOON)
                .with(returned(WRITE), NOON);
        assertThat(next(answered)).isEqualTo(tell(reached(10, Usage.NONE.priced(100_000_000))));
    }

    @Test
    void the_end_of_a_turn_tells_the_budget() {
        Conversation over = after(BEGAN, turn(userSays("hi")), asked(), reserved(1_000_000, 0), says("hello"));
        assertThat(next(over))
                .isEqualTo(tell(new Fact.TurnEnded(StopReason.END_TURN, null, null, null, USED, 0, new Budget(10))));
    }

    // ---- replies that are cut short

    private static Fact cutOff(ToolCall... calls) {
        List<ObjectNode> content =
                calls.length == 0 ? List.of(textBlock("It was a dark and")) : List.of(block(calls[0]));
        return reply("max_tokens", content, calls);
    }

    @Test
    void a_reply_that_the_budget_cut_short_waits_for_another_budget_and_is_not_the_end_of_the_turn() {
        Conversation cut = after(BEGAN, turn(userSays("hi")), asked(), reserved(6_000_000, 1_100), cutOff());
        Fact reached = new Fact.BudgetReached(true, USED, 0, new Budget(10));
        assertThat(next(cut)).isEqualTo(tell(reached));
        Conversation paused = cut.with(reached, NOON);
        Conversation goesOn = paused.with(new Fact.Noted(budget(2, new Budget(20)), true), NOON);
        assertThat(next(goesOn)).isEqualTo(tell(new Fact.ModelAsked(REQUEST, false)));
    }

    @Test
    void a_call_that_the_budget_cut_short_counts_for_no_loop() {
        ToolCall refused = Given.refused("t1", "bash", "cut off");
        Conversation cut = after(BEGAN, turn(userSays("hi")), asked(), reserved(6_000_000, 1_100), cutOff(refused));
        assertThat(cut.cuts()).isZero();
        assertThat(next(cut.with(returned(refused), NOON)))
                .isEqualTo(tell(new Fact.BudgetReached(true, USED, 0, new Budget(10))));
    }

    @Test
    void a_reply_of_the_usual_length_that_is_cut_off_is_the_end_as_ever() {
        Conversation cut = after(BEGAN, turn(userSays("hi")), asked(), reserved(30_000_000, 0), cutOff());
        assertThat(next(cut))
                .isEqualTo(tell(new Fact.TurnEnded(StopReason.END_TURN, null, null, null, USED, 0, new Budget(10))));
    }

    @Test
    void a_new_turn_may_try_again_what_the_last_one_was_cut_short_in() {
        Conversation interrupted = after(BEGAN, turn(userSays("hi")), asked(), reserved(6_000_000, 1_100), cutOff(BASH))
                .with(
                        new Fact.TurnInterrupted(
                                mailFrom(2, interrupt()), List.of(Given.output(BASH)), null, Usage.NONE),
                        NOON)
                .with(new Fact.TurnEnded(StopReason.END_TURN, null, null, null, USED, 0, new Budget(10)), NOON)
                .with(new Fact.TurnBegan(mailFrom(3, userSays("again"))), NOON);
        assertThat(next(interrupted)).isEqualTo(tell(new Fact.ModelAsked(REQUEST, false)));
    }

    // ---- what is remembered

    @Test
    void instructions_and_tools_count_anew_when_the_agent_is_another_one() {
        Conversation told = after(BEGAN, turn(userSays("hi")), asked(), reserved(1_000_000, 0), says("hello"));
        assertThat(told.allowance().whole()).isTrue();
        ObjectNode changes = Json.object();
        changes.set("agent", AGENT);
        Posted update = mailFrom(2, new Input.Updated(id("u"), changes)).getFirst();
        assertThat(told.with(new Fact.Noted(update), NOON).allowance().whole()).isFalse();
    }

    @Test
    void a_session_without_a_budget_counts_nothing() {
        Conversation now = after(Given.sessionBegan(), turn(userSays("hi")), asked(), replied(BASH), returned(BASH));
        assertThat(now.allowance()).isSameAs(Allowance.UNLIMITED);
    }
}
