package io.dormouse.session;

import static io.dormouse.Given.ASKED;
import static io.dormouse.Given.NOON;
import static io.dormouse.Given.STAMP;
import static io.dormouse.Given.USED;
import static io.dormouse.Given.after;
import static io.dormouse.Given.allow;
import static io.dormouse.Given.answer;
import static io.dormouse.Given.archived;
import static io.dormouse.Given.asked;
import static io.dormouse.Given.askedAgain;
import static io.dormouse.Given.asking;
import static io.dormouse.Given.awaited;
import static io.dormouse.Given.block;
import static io.dormouse.Given.cancelled;
import static io.dormouse.Given.confirmed;
import static io.dormouse.Given.custom;
import static io.dormouse.Given.deny;
import static io.dormouse.Given.failed;
import static io.dormouse.Given.id;
import static io.dormouse.Given.interrupt;
import static io.dormouse.Given.mail;
import static io.dormouse.Given.mailFrom;
import static io.dormouse.Given.noonPlus;
import static io.dormouse.Given.output;
import static io.dormouse.Given.refused;
import static io.dormouse.Given.renamed;
import static io.dormouse.Given.replied;
import static io.dormouse.Given.reply;
import static io.dormouse.Given.returned;
import static io.dormouse.Given.says;
import static io.dormouse.Given.sessionBegan;
import static io.dormouse.Given.systemSays;
import static io.dormouse.Given.text;
import static io.dormouse.Given.textBlock;
import static io.dormouse.Given.toolUse;
import static io.dormouse.Given.turn;
import static io.dormouse.Given.userSays;
import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.EventId;
import io.dormouse.json.Json;
import io.dormouse.session.Step.AskModel;
import io.dormouse.session.Step.Pause;
import io.dormouse.session.Step.Rest;
import io.dormouse.session.Step.Tell;
import io.dormouse.session.Step.UseHands;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepTest {
    private static final ToolCall BASH = toolUse("t1", "bash");
    private static final ToolCall READ = toolUse("t2", "read");
    private static final ToolCall WRITE = asking("q1", "write");
    private static final ToolCall EDIT = asking("q2", "edit");
    private static final ToolCall WEATHER = custom("c1", "weather");
    private static final ToolCall NONSENSE = refused("r1", "nonsense", "There is no tool named nonsense.");
    /** What a request gets its id from is the entry that opens it. */
    private static final Fact ASK_NOW = new Fact.ModelAsked(EventId.of("nonce", 3300), false);

    private static final Fact ASK_AGAIN = new Fact.ModelAsked(EventId.of("nonce", 3300), true);

    private static Conversation in(Fact... facts) {
        return after(facts);
    }

    private static Step next(Conversation conversation, List<Posted> mail) {
        return Step.next(conversation, mail, STAMP);
    }

    private static Step next(Conversation conversation) {
        return next(conversation, List.of());
    }

    private static Tell tell(Fact... facts) {
        return new Tell(List.of(facts));
    }

    // ---- a plain turn

    @Test
    void a_session_without_mail_rests() {
        assertThat(next(in(sessionBegan()))).isEqualTo(new Rest());
    }

    @Test
    void messages_begin_a_turn_all_together() {
        List<Posted> mail = mail(userSays("a"), userSays("b"), systemSays("c"));
        assertThat(next(in(sessionBegan()), mail)).isEqualTo(tell(new Fact.TurnBegan(mail)));
    }

    @Test
    void a_turn_that_began_asks_the_model() {
        assertThat(next(in(sessionBegan(), turn(userSays("hi"))))).isEqualTo(tell(ASK_NOW));
    }

    @Test
    void a_request_that_the_log_says_is_open_is_made() {
        assertThat(next(in(turn(userSays("hi")), asked()))).isEqualTo(new AskModel(ASKED));
    }

    @Test
    void a_reply_without_calls_ends_the_turn() {
        assertThat(next(in(turn(userSays("hi")), asked(), says("hello"))))
                .isEqualTo(tell(ended(StopReason.END_TURN, null, null)));
    }

    @Test
    void an_empty_reply_ends_the_turn() {
        assertThat(next(in(turn(userSays("hi")), asked(), reply("end_turn", List.of()))))
                .isEqualTo(tell(ended(StopReason.END_TURN, null, null)));
    }

    @Test
    void after_a_turn_the_session_rests_until_mail_comes() {
        Conversation rested = in(turn(userSays("hi")), asked(), says("hello"), ended(StopReason.END_TURN, null, null));
        assertThat(next(rested)).isEqualTo(new Rest());
        List<Posted> more = mailFrom(2, userSays("more"));
        assertThat(next(rested, more)).isEqualTo(tell(new Fact.TurnBegan(more)));
    }

    @Test
    void mail_that_the_log_has_is_passed_over() {
        Conversation rested = in(turn(userSays("hi")), asked(), says("hello"), ended(StopReason.END_TURN, null, null));
        assertThat(next(rested, mail(userSays("hi")))).isEqualTo(new Rest());
        List<Posted> both = mail(userSays("hi"), userSays("more"));
        assertThat(next(rested, both)).isEqualTo(tell(new Fact.TurnBegan(both.subList(1, 2))));
    }

    // ---- tools

    @Test
    void calls_that_are_allowed_run_together() {
        assertThat(next(in(turn(userSays("hi")), asked(), replied(BASH, READ))))
                .isEqualTo(new UseHands(List.of(BASH, READ)));
    }

    @Test
    void a_call_without_a_result_is_taken_up_again() {
        assertThat(next(in(turn(userSays("hi")), asked(), replied(BASH, READ), returned(BASH))))
                .isEqualTo(new UseHands(List.of(READ)));
    }

    @Test
    void the_model_is_asked_when_the_last_result_is_in() {
        assertThat(next(in(turn(userSays("hi")), asked(), replied(BASH), returned(BASH))))
                .isEqualTo(tell(ASK_NOW));
    }

    @Test
    void a_message_that_came_meanwhile_joins_at_the_boundary_and_not_before() {
        List<Posted> more = mailFrom(2, userSays("more"));
        assertThat(next(in(turn(userSays("hi")), asked()), more)).isEqualTo(new AskModel(ASKED));
        assertThat(next(in(turn(userSays("hi")), asked(), replied(BASH)), more)).isEqualTo(new UseHands(List.of(BASH)));
        assertThat(next(in(turn(userSays("hi")), asked(), replied(BASH), returned(BASH)), more))
                .isEqualTo(tell(new Fact.InputsJoined(more), ASK_NOW));
    }

    @Test
    void a_message_that_came_with_the_last_reply_begins_a_turn_of_its_own() {
        List<Posted> more = mailFrom(2, userSays("more"));
        Conversation closing = in(turn(userSays("hi")), asked(), says("hello"));
        assertThat(next(closing, more)).isEqualTo(tell(ended(StopReason.END_TURN, null, null)));
    }

    @Test
    void an_unknown_or_disabled_tool_is_answered_with_its_refusal() {
        assertThat(next(in(turn(userSays("hi")), asked(), replied(BASH, NONSENSE))))
                .isEqualTo(tell(new Fact.ToolsReturned(
                        List.of(ToolResult.error(NONSENSE, "There is no tool named nonsense.")))));
    }

    // ---- questions

    @Test
    void questions_are_put_to_the_client_in_the_order_of_the_calls() {
        assertThat(next(in(turn(userSays("hi")), asked(), replied(WRITE, WEATHER, EDIT))))
                .isEqualTo(tell(new Fact.ClientAwaited(List.of(id("q1"), id("c1"), id("q2")), USED, 0)));
    }

    @Test
    void calls_that_need_no_answer_run_before_the_client_is_asked() {
        assertThat(next(in(turn(userSays("hi")), asked(), replied(WRITE, BASH))))
                .isEqualTo(new UseHands(List.of(BASH)));
        assertThat(next(in(turn(userSays("hi")), asked(), replied(WRITE, BASH), returned(BASH))))
                .isEqualTo(tell(new Fact.ClientAwaited(List.of(id("q1")), USED, 0)));
    }

    @Test
    void a_client_that_was_asked_is_waited_for() {
        Conversation waiting = in(turn(userSays("hi")), asked(), replied(WRITE), awaited(WRITE));
        assertThat(next(waiting)).isEqualTo(new Rest());
        assertThat(next(waiting, mailFrom(2, userSays("queued before the question"))))
                .isEqualTo(new Rest());
    }

    @Test
    void an_allowed_call_runs() {
        Conversation waiting = in(turn(userSays("hi")), asked(), replied(WRITE), awaited(WRITE));
        List<Posted> yes = mailFrom(2, allow("q1"));
        Fact answered = new Fact.ClientAnswered(yes, List.of(), true);
        assertThat(next(waiting, yes)).isEqualTo(tell(answered));
        assertThat(next(waiting.with(answered, NOON))).isEqualTo(new UseHands(List.of(confirmed(WRITE))));
    }

    @Test
    void a_denied_call_is_answered_with_the_reason() {
        Conversation waiting = in(turn(userSays("hi")), asked(), replied(WRITE), awaited(WRITE));
        List<Posted> no = mailFrom(2, deny("q1", "Too dangerous."));
        ToolResult denial = ToolResult.error(WRITE, "The user denied permission for this tool call: Too dangerous.");
        Fact answered = new Fact.ClientAnswered(no, List.of(denial), true);
        assertThat(next(waiting, no)).isEqualTo(tell(answered));
        assertThat(next(waiting.with(answered, NOON))).isEqualTo(tell(ASK_NOW));
        assertThat(next(waiting, mailFrom(2, deny("q1", null))))
                .isEqualTo(tell(new Fact.ClientAnswered(
                        mailFrom(2, deny("q1", null)),
                        List.of(ToolResult.error(WRITE, "The user denied permission for this tool call.")),
                        true)));
    }

    @Test
    void a_custom_result_is_the_result_of_the_call() {
        Conversation waiting = in(turn(userSays("hi")), asked(), replied(WEATHER), awaited(WEATHER));
        List<Posted> sunny = mailFrom(2, answer("c1", "sunny"));
        Fact answered = new Fact.ClientAnswered(
                sunny, List.of(new ToolResult(id("c1"), "toolu_c1", text("sunny"), false)), true);
        assertThat(next(waiting, sunny)).isEqualTo(tell(answered));
        assertThat(next(waiting.with(answered, NOON))).isEqualTo(tell(ASK_NOW));
    }

    @Test
    void after_an_answer_of_several_the_client_is_told_the_remainder() {
        Conversation waiting =
                in(turn(userSays("hi")), asked(), replied(WRITE, WEATHER, EDIT), awaited(WRITE, WEATHER, EDIT));
        List<Posted> yes = mailFrom(2, allow("q1"));
        Fact answered = new Fact.ClientAnswered(yes, List.of(), false);
        assertThat(next(waiting, yes)).isEqualTo(tell(answered));
        // The call that is allowed waits for the last answer: the session is idle till then.
        assertThat(next(waiting.with(answered, NOON)))
                .isEqualTo(tell(new Fact.ClientAwaited(List.of(id("c1"), id("q2")), USED, 0)));
    }

    @Test
    void several_answers_at_once_are_told_at_once() {
        Conversation waiting = in(turn(userSays("hi")), asked(), replied(WRITE, WEATHER), awaited(WRITE, WEATHER));
        List<Posted> both = mailFrom(2, answer("c1", "sunny"), allow("q1"));
        assertThat(next(waiting, both))
                .isEqualTo(tell(new Fact.ClientAnswered(
                        both, List.of(new ToolResult(id("c1"), "toolu_c1", text("sunny"), false)), true)));
    }

    @Test
    void an_answer_may_come_before_the_client_was_told_of_the_question() {
        Conversation running = in(turn(userSays("hi")), asked(), replied(WRITE, BASH));
        List<Posted> yes = mailFrom(2, allow("q1"));
        Fact answered = new Fact.ClientAnswered(yes, List.of(), false);
        assertThat(next(running, yes)).isEqualTo(tell(answered));
        assertThat(next(running.with(answered, NOON))).isEqualTo(new UseHands(List.of(confirmed(WRITE), BASH)));
    }

    @Test
    void the_second_of_two_answers_to_one_question_is_told_and_changes_nothing() {
        Conversation waiting = in(turn(userSays("hi")), asked(), replied(WRITE), awaited(WRITE));
        List<Posted> both = mailFrom(2, deny("q1", null), allow("q1"));
        ToolResult denial = ToolResult.error(WRITE, "The user denied permission for this tool call.");
        Fact answered = new Fact.ClientAnswered(both, List.of(denial), true);
        assertThat(next(waiting, both)).isEqualTo(tell(answered));
        assertThat(next(waiting.with(answered, NOON), both)).isEqualTo(tell(ASK_NOW));
    }

    @Test
    void an_answer_to_a_question_that_is_withdrawn_is_told_and_changes_nothing() {
        Conversation rested = in(turn(userSays("hi")), asked(), says("hello"), ended(StopReason.END_TURN, null, null));
        List<Posted> late = mailFrom(2, allow("q1"));
        Fact answered = new Fact.ClientAnswered(late, List.of(), false);
        assertThat(next(rested, late)).isEqualTo(tell(answered));
        assertThat(next(rested.with(answered, NOON), late)).isEqualTo(new Rest());
    }

    @Test
    void a_message_that_was_queued_before_the_question_joins_after_the_answer() {
        Conversation waiting = in(turn(userSays("hi")), asked(), replied(WEATHER), awaited(WEATHER));
        List<Posted> mail = mailFrom(2, userSays("more"), answer("c1", "sunny"));
        Fact answered = new Fact.ClientAnswered(
                mail.subList(1, 2), List.of(new ToolResult(id("c1"), "toolu_c1", text("sunny"), false)), true);
        assertThat(next(waiting, mail)).isEqualTo(tell(answered));
        assertThat(next(waiting.with(answered, NOON), mail))
                .isEqualTo(tell(new Fact.InputsJoined(mail.subList(0, 1)), ASK_NOW));
    }

    // ---- interrupts

    @Test
    void an_interrupt_at_rest_is_told_and_starts_nothing() {
        List<Posted> stop = mail(interrupt());
        Conversation rested = in(sessionBegan());
        Fact told = new Fact.TurnInterrupted(stop, List.of(), null, Usage.NONE);
        assertThat(next(rested, stop)).isEqualTo(tell(told));
        assertThat(next(rested.with(told, NOON), stop)).isEqualTo(new Rest());
    }

    @Test
    void an_interrupt_ends_an_open_request_and_the_turn() {
        List<Posted> stop = mailFrom(2, interrupt());
        Conversation asking = in(turn(userSays("hi")), asked());
        Fact told = new Fact.TurnInterrupted(stop, List.of(), ASKED, Usage.NONE);
        assertThat(next(asking, stop)).isEqualTo(tell(told));
        assertThat(next(asking.with(told, NOON), stop))
                .isEqualTo(tell(new Fact.TurnEnded(StopReason.END_TURN, null, null, null, Usage.NONE, 0)));
    }

    @Test
    void a_request_that_was_cut_off_is_not_ended_twice() {
        List<Posted> stop = mailFrom(2, interrupt());
        assertThat(next(in(turn(userSays("hi")), asked(), cancelled()), stop))
                .isEqualTo(tell(new Fact.TurnInterrupted(stop, List.of(), null, Usage.NONE)));
    }

    @Test
    void an_interrupt_stops_what_may_be_running_and_answers_every_other_open_call() {
        List<Posted> stop = mailFrom(2, interrupt());
        Conversation acting =
                in(turn(userSays("hi")), asked(), replied(BASH, READ, WRITE, WEATHER, NONSENSE), returned(READ));
        assertThat(next(acting, stop)).isEqualTo(new Step.UseHands(List.of(BASH)));
        acting = acting.with(returned(BASH), NOON);
        Fact told = new Fact.TurnInterrupted(
                stop,
                List.of(
                        ToolResult.error(WRITE, Step.INTERRUPTED),
                        ToolResult.error(WEATHER, Step.INTERRUPTED),
                        ToolResult.error(NONSENSE, Step.INTERRUPTED)),
                null,
                Usage.NONE);
        assertThat(next(acting, stop)).isEqualTo(tell(told));
        assertThat(next(acting.with(told, NOON), stop)).isEqualTo(tell(ended(StopReason.END_TURN, null, null)));
    }

    @Test
    void an_interrupt_frees_a_session_that_waits_and_the_message_behind_it_begins_a_turn() {
        List<Posted> mail = mailFrom(2, interrupt(), userSays("rather this"));
        Conversation now = in(turn(userSays("hi")), asked(), replied(WRITE), awaited(WRITE));
        Fact told = new Fact.TurnInterrupted(
                mail.subList(0, 1), List.of(ToolResult.error(WRITE, Step.INTERRUPTED)), null, Usage.NONE);
        assertThat(next(now, mail)).isEqualTo(tell(told));
        now = now.with(told, NOON);
        assertThat(next(now, mail)).isEqualTo(tell(ended(StopReason.END_TURN, null, null)));
        now = now.with(ended(StopReason.END_TURN, null, null), NOON);
        assertThat(next(now, mail)).isEqualTo(tell(new Fact.TurnBegan(mail.subList(1, 2))));
    }

    @Test
    void an_interrupt_comes_before_answers_messages_and_notices() {
        List<Posted> mail = mailFrom(2, allow("q1"), renamed("x"), userSays("more"), interrupt());
        assertThat(next(in(turn(userSays("hi")), asked(), replied(WRITE), awaited(WRITE)), mail))
                .isEqualTo(tell(new Fact.TurnInterrupted(
                        mail.subList(3, 4), List.of(ToolResult.error(WRITE, Step.INTERRUPTED)), null, Usage.NONE)));
    }

    @Test
    void an_interrupt_ends_a_pause() {
        List<Posted> stop = mailFrom(2, interrupt());
        Conversation pausing = in(turn(userSays("hi")), asked(), failed("model_overloaded_error", noonPlus(9)));
        Fact told = new Fact.TurnInterrupted(stop, List.of(), null, Usage.NONE);
        assertThat(next(pausing, stop)).isEqualTo(tell(told));
        assertThat(next(pausing.with(told, NOON), stop))
                .isEqualTo(tell(new Fact.TurnEnded(StopReason.END_TURN, null, null, null, Usage.NONE, 0)));
    }

    @Test
    void several_interrupts_are_one() {
        List<Posted> stops = mailFrom(2, interrupt(), interrupt());
        assertThat(next(in(turn(userSays("hi")), asked()), stops))
                .isEqualTo(tell(new Fact.TurnInterrupted(stops, List.of(), ASKED, Usage.NONE)));
    }

    // ---- failures

    @Test
    void a_request_that_failed_is_made_again_at_its_time_and_not_before() {
        Conversation pausing = in(turn(userSays("hi")), asked(), failed("model_overloaded_error", noonPlus(9)));
        assertThat(next(pausing)).isEqualTo(new Pause(noonPlus(9)));
        assertThat(Step.next(pausing, List.of(), new Stamp(noonPlus(9).minusMillis(1), "nonce")))
                .isEqualTo(new Pause(noonPlus(9)));
        assertThat(Step.next(pausing, List.of(), new Stamp(noonPlus(9), "nonce")))
                .isEqualTo(tell(ASK_AGAIN));
        assertThat(next(pausing.with(askedAgain(), noonPlus(9)))).isEqualTo(new AskModel(ASKED));
    }

    @Test
    void a_message_during_a_pause_waits_for_the_retry_and_joins_it() {
        Conversation pausing = in(turn(userSays("hi")), asked(), failed("model_overloaded_error", noonPlus(9)));
        List<Posted> more = mailFrom(2, userSays("more"));
        assertThat(next(pausing, more)).isEqualTo(new Pause(noonPlus(9)));
        assertThat(Step.next(pausing, more, new Stamp(noonPlus(10), "nonce")))
                .isEqualTo(tell(new Fact.InputsJoined(more), ASK_AGAIN));
    }

    @Test
    void a_failure_without_a_retry_ends_the_turn_as_exhausted() {
        assertThat(next(in(turn(userSays("hi")), asked(), failed("billing_error", null))))
                .isEqualTo(tell(new Fact.TurnEnded(StopReason.RETRIES_EXHAUSTED, null, null, null, Usage.NONE, 0)));
    }

    @Test
    void a_refusal_ends_the_turn_with_the_models_details() {
        var details = Json.object().put("type", "refusal").put("category", "x");
        Fact refusal = new Fact.ModelReplied(ASKED, List.of(textBlock("No.")), List.of(), "refusal", details, USED);
        assertThat(next(in(turn(userSays("hi")), asked(), refusal)))
                .isEqualTo(tell(new Fact.TurnEnded(StopReason.REFUSAL, details, null, null, USED, 0)));
    }

    @Test
    void a_full_context_window_ends_the_turn_with_an_error() {
        assertThat(next(in(
                        turn(userSays("hi")),
                        asked(),
                        reply("model_context_window_exceeded", List.of(textBlock("So"))))))
                .isEqualTo(tell(ended(
                        StopReason.END_TURN, "unknown_error", "The conversation fills the model's context window.")));
    }

    @Test
    void a_pause_of_the_models_own_goes_on_at_once() {
        assertThat(next(in(turn(userSays("hi")), asked(), reply("pause_turn", List.of(textBlock("So"))))))
                .isEqualTo(tell(ASK_NOW));
    }

    @Test
    void a_reply_cut_off_by_max_tokens_in_its_text_ends_the_turn() {
        assertThat(next(in(turn(userSays("hi")), asked(), reply("max_tokens", List.of(textBlock("So"))))))
                .isEqualTo(tell(ended(StopReason.END_TURN, null, null)));
    }

    @Test
    void calls_that_are_cut_off_again_and_again_end_the_turn() {
        Conversation now = in(turn(userSays("hi")));
        for (int cut = 1; cut <= Step.MAX_CUTS; cut++) {
            assertThat(next(now)).as("before cut %s", cut).isEqualTo(tell(ASK_NOW));
            now = now.with(asked(), NOON).with(reply("max_tokens", List.of(block(NONSENSE)), NONSENSE), NOON);
            assertThat(next(now)).isInstanceOf(Tell.class);
            now = now.with(returned(NONSENSE), NOON);
        }
        assertThat(((Fact.TurnEnded) ((Tell) next(now)).facts().getFirst()).error())
                .isEqualTo("unknown_error");
        assertThat(((Fact.TurnEnded) ((Tell) next(now)).facts().getFirst()).reason())
                .isEqualTo(StopReason.END_TURN);
    }

    @Test
    void a_whole_call_between_two_cuts_starts_the_count_afresh() {
        Conversation now = in(turn(userSays("hi")));
        for (int i = 0; i < 2 * Step.MAX_CUTS; i++) {
            now = now.with(asked(), NOON).with(reply("max_tokens", List.of(block(NONSENSE)), NONSENSE), NOON);
            now = now.with(returned(NONSENSE), NOON).with(asked(), NOON).with(replied(BASH), NOON);
            now = now.with(returned(BASH), NOON);
            assertThat(next(now)).isEqualTo(tell(ASK_NOW));
        }
    }

    @Test
    void a_turn_that_asks_the_model_for_ever_is_ended() {
        Conversation now = in(turn(userSays("hi")));
        for (int i = 0; i < Step.MAX_ASKS; i++) {
            assertThat(next(now)).isEqualTo(tell(ASK_NOW));
            now = now.with(asked(), NOON).with(replied(BASH), NOON).with(returned(BASH), NOON);
        }
        Fact.TurnEnded end = (Fact.TurnEnded) ((Tell) next(now)).facts().getFirst();
        assertThat(end.error()).isEqualTo("tool_use_limit_reached_error");
        assertThat(end.total().output()).isEqualTo(5L * Step.MAX_ASKS);
        Conversation again = now.with(end, NOON).with(new Fact.TurnBegan(mailFrom(2, userSays("go on"))), NOON);
        assertThat(next(again)).isEqualTo(tell(ASK_NOW));
    }

    // ---- notices

    @Test
    void a_notice_is_told_in_any_phase_and_changes_nothing_else() {
        List<Conversation> phases = List.of(
                in(sessionBegan()),
                in(turn(userSays("hi"))),
                in(turn(userSays("hi")), asked()),
                in(turn(userSays("hi")), asked(), replied(WRITE), awaited(WRITE)),
                in(turn(userSays("hi")), asked(), says("hello")),
                in(turn(userSays("hi")), asked(), failed("model_overloaded_error", noonPlus(9))));
        List<Posted> mail = mailFrom(2, renamed("x"), renamed("y"));
        for (Conversation phase : phases) {
            assertThat(next(phase, mail)).isEqualTo(tell(new Fact.Noted(mail.get(0))));
            Conversation one = phase.with(new Fact.Noted(mail.get(0)), NOON);
            assertThat(next(one, mail)).isEqualTo(tell(new Fact.Noted(mail.get(1))));
            Conversation two = one.with(new Fact.Noted(mail.get(1)), NOON);
            assertThat(next(two, mail)).isEqualTo(next(phase));
        }
    }

    @Test
    void an_archived_session_does_nothing_any_more() {
        List<Posted> mail = mailFrom(2, archived());
        Conversation waiting = in(turn(userSays("hi")), asked(), replied(WRITE), awaited(WRITE));
        assertThat(next(waiting, mail)).isEqualTo(tell(new Fact.Noted(mail.getFirst())));
        Conversation ended = waiting.with(new Fact.Noted(mail.getFirst()), NOON);
        assertThat(next(ended, mailFrom(2, archived(), interrupt(), userSays("hi"))))
                .isEqualTo(new Rest());
    }

    @Test
    void messages_that_wait_when_a_session_is_archived_are_in_its_history() {
        List<Posted> mail = mailFrom(2, userSays("queued"), archived());
        assertThat(next(in(turn(userSays("hi")), asked(), replied(WRITE), awaited(WRITE)), mail))
                .isEqualTo(tell(new Fact.InputsJoined(mail.subList(0, 1)), new Fact.Noted(mail.get(1))));
    }

    @Test
    void a_hand_that_comes_or_goes_changes_nothing() {
        Conversation acting = in(turn(userSays("hi")), asked(), replied(BASH));
        Conversation after =
                acting.with(new Fact.HandAttached("hand_1"), NOON).with(new Fact.HandLost("hand_1", "gone"), NOON);
        assertThat(after).isEqualTo(acting);
        assertThat(next(after.with(new Fact.ToolsReturned(List.of(output(BASH))), NOON)))
                .isEqualTo(tell(ASK_NOW));
    }

    private static Fact.TurnEnded ended(StopReason reason, String error, String message) {
        return new Fact.TurnEnded(reason, null, error, message, USED, 0);
    }

    // ---- when the window is full

    private static final Stamp NARROW = new Stamp(NOON, "nonce", 100);

    private static Fact.Compacted compacted(long contextTokens) {
        return new Fact.Compacted(
                ASKED, 1, "So far.", List.of(), contextTokens, USED, Conversation.EMPTY.checkpoint(agent -> agent));
    }

    @Test
    void a_full_window_is_summarised_before_the_model_is_asked() {
        Conversation full = after(turn(userSays("x".repeat(400))));
        Fact asked = new Fact.ModelAsked(EventId.of("nonce", 3300), false, true);
        assertThat(Step.next(full, List.of(), NARROW)).isEqualTo(new Tell(List.of(asked)));
        assertThat(Step.next(after(turn(userSays("x".repeat(400))), asked), List.of(), NARROW))
                .isEqualTo(new Step.Compact(EventId.of("nonce", 3300)));
        assertThat(Step.next(full, List.of(), STAMP)).isEqualTo(new Tell(List.of(ASK_NOW)));
    }

    @Test
    void messages_that_would_fill_the_window_enter_before_the_summary() {
        List<Posted> more = mailFrom(2, userSays("x".repeat(400)));
        assertThat(Step.next(after(turn(userSays("hi"))), more, NARROW))
                .isEqualTo(new Tell(List.of(
                        new Fact.InputsJoined(more), new Fact.ModelAsked(EventId.of("nonce", 3300), false, true))));
    }

    @Test
    void after_a_summary_the_model_is_asked() {
        Conversation now = after(turn(userSays("x".repeat(400))), compacted(50));
        assertThat(now.context().base()).isEqualTo(1);
        assertThat(Step.next(now, List.of(), NARROW)).isEqualTo(new Tell(List.of(ASK_NOW)));
    }

    @Test
    void summaries_that_do_not_help_end_the_turn_and_the_next_turn_tries_again() {
        Fact begin = turn(userSays("hi"));
        Conversation two = after(begin, compacted(500), compacted(500));
        assertThat(Step.next(two, List.of(), NARROW))
                .isEqualTo(new Tell(List.of(new Fact.ModelAsked(EventId.of("nonce", 3300), false, true))));
        Conversation three = after(begin, compacted(500), says("a reply each"), compacted(500), compacted(500));
        Tell told = (Tell) Step.next(three, List.of(), NARROW);
        Fact.TurnEnded ended = (Fact.TurnEnded) told.facts().getFirst();
        assertThat(ended.error()).isEqualTo("compaction_limit_reached_error");
        Conversation next = three.with(ended, NOON).with(turn(userSays("again")), NOON);
        assertThat(Step.next(next, List.of(), NARROW))
                .isEqualTo(new Tell(List.of(new Fact.ModelAsked(EventId.of("nonce", 3300), false, true))));
    }

    @Test
    void summaries_with_two_replies_between_them_are_not_in_a_row() {
        Fact tool = replied(BASH);
        Conversation now = after(
                turn(userSays("hi")),
                compacted(500),
                compacted(500),
                compacted(10),
                tool,
                returned(BASH),
                tool,
                new Fact.ToolsReturned(List.of(
                        new ToolResult(BASH.id(), BASH.modelId(), io.dormouse.Given.text("x".repeat(3000)), false))));
        assertThat(Step.next(now, List.of(), NARROW))
                .isEqualTo(new Tell(List.of(new Fact.ModelAsked(EventId.of("nonce", 3300), false, true))));
    }

    @Test
    void a_prompt_that_was_too_long_is_summarised_whatever_was_estimated() {
        Conversation now = after(
                turn(userSays("hi")), asked(), new Fact.ModelFailed(ASKED, null, "too long", null, Usage.NONE, true));
        assertThat(Step.next(now, List.of(), new Stamp(NOON, "nonce", 1_000_000)))
                .isEqualTo(new Tell(List.of(new Fact.ModelAsked(EventId.of("nonce", 3300), false, true))));
    }
}
