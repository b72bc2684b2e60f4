package io.dormouse.head;

import static io.dormouse.Given.NOON;
import static io.dormouse.Given.SESSION;
import static io.dormouse.Given.USED;
import static io.dormouse.Given.allow;
import static io.dormouse.Given.answer;
import static io.dormouse.Given.archived;
import static io.dormouse.Given.budget;
import static io.dormouse.Given.deny;
import static io.dormouse.Given.id;
import static io.dormouse.Given.interrupt;
import static io.dormouse.Given.mail;
import static io.dormouse.Given.noonPlus;
import static io.dormouse.Given.renamed;
import static io.dormouse.Given.systemSays;
import static io.dormouse.Given.text;
import static io.dormouse.Given.userSays;
import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.head.Head.Claim;
import io.dormouse.head.Head.Posting;
import io.dormouse.head.Head.Posting.Why;
import io.dormouse.head.Head.Status;
import io.dormouse.head.Snapshot.Phase;
import io.dormouse.id.EventId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.session.Budget;
import io.dormouse.session.Input;
import io.dormouse.session.Lane;
import io.dormouse.session.Posted;
import io.dormouse.session.Taken;
import io.dormouse.session.ToolCall.Gate;
import io.dormouse.session.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeadTest {
    private static final Head FRESH = Head.fresh(WorkspaceId.DEFAULT, SESSION, NOON);
    private static final Input AGENT_UPDATE =
            new Input.Updated(id("up"), Json.object().set("agent", Json.object()));

    // ---- posting

    @Test
    void a_message_to_a_fresh_session_is_numbered_and_makes_it_run() {
        Posting.Accepted accepted = (Posting.Accepted) FRESH.post(List.of(userSays("hi")), noonPlus(1));
        assertThat(accepted.posted()).containsExactly(new Posted(1, noonPlus(1), userSays("hi")));
        Head next = accepted.next();
        assertThat(next)
                .isEqualTo(new Head(
                        WorkspaceId.DEFAULT,
                        SESSION,
                        SESSION.primaryThread(),
                        2,
                        2,
                        accepted.posted(),
                        Lease.NONE,
                        Snapshot.FRESH,
                        null,
                        false,
                        NOON,
                        noonPlus(1)));
        assertThat(next.status()).isEqualTo(Status.RUNNING);
        assertThat(next.owes()).isTrue();
    }

    @Test
    void inputs_of_one_post_are_numbered_in_their_order_after_those_before() {
        Head head = posted(FRESH, userSays("a"), systemSays("b"));
        head = posted(head, interrupt());
        assertThat(head.mail()).extracting(Posted::seq).containsExactly(1L, 2L, 3L);
        assertThat(head.nextSeq()).isEqualTo(4);
        assertThat(head.version()).isEqualTo(3);
    }

    @Test
    void a_refused_input_refuses_the_whole_post() {
        Head head = at(Phase.AWAITING, Map.of(id("q"), Gate.ASK));
        assertThat(head.post(List.of(allow("q"), allow("unknown")), NOON))
                .isEqualTo(new Posting.Refused(Why.UNKNOWN_QUESTION, "sevt_unknown"));
    }

    @Test
    void a_deleted_session_refuses_everything() {
        Head gone = FRESH.delete(NOON).orElseThrow();
        for (Input input : oneOfEach())
            assertThat(gone.post(List.of(input), NOON)).isEqualTo(new Posting.Refused(Why.GONE, SESSION.text()));
        assertThat(gone.claim("me", NOON)).isEqualTo(new Claim.NothingOwed());
    }

    @Test
    void a_deleted_session_owes_its_forgetting_twice_and_then_nothing() {
        Head gone = FRESH.delete(NOON).orElseThrow();
        assertThat(gone.owes()).isTrue();
        assertThat(gone.toForget(NOON)).isTrue();
        Head once = gone.forgotten(NOON);
        Instant again = NOON.plus(Head.LATECOMERS);
        assertThat(once.owedAt()).contains(again);
        assertThat(once.toForget(again.minusMillis(1))).isFalse();
        assertThat(once.toForget(again)).isTrue();
        Head twice = once.forgotten(again);
        assertThat(twice.owes()).isFalse();
        assertThat(twice.owedAt()).isEmpty();
        assertThat(twice.toForget(again)).isFalse();
        assertThat(twice.deleted()).isTrue();
    }

    @Test
    void an_archived_session_refuses_everything() {
        Head closed = posted(FRESH, archived());
        for (Input input : oneOfEach())
            assertThat(closed.post(List.of(input), NOON)).isEqualTo(new Posting.Refused(Why.ARCHIVED, SESSION.text()));
    }

    // ---- questions

    @Test
    void a_message_while_answers_are_awaited_is_refused_with_the_ids_that_block_it() {
        Head head = at(Phase.AWAITING, questions("b", Gate.ASK, "a", Gate.CUSTOM));
        assertThat(head.post(List.of(userSays("hi")), NOON))
                .isEqualTo(new Posting.Refused(Why.AWAITING_ANSWERS, "sevt_a, sevt_b"));
    }

    @Test
    void the_ids_that_block_a_message_are_those_without_an_answer_yet() {
        Head head = posted(at(Phase.AWAITING, questions("b", Gate.ASK, "a", Gate.CUSTOM)), allow("b"));
        assertThat(head.post(List.of(userSays("hi")), NOON))
                .isEqualTo(new Posting.Refused(Why.AWAITING_ANSWERS, "sevt_a"));
        assertThat(head.post(List.of(answer("a", "42"), userSays("hi")), NOON)).isInstanceOf(Posting.Accepted.class);
    }

    @Test
    void a_message_may_follow_an_interrupt_or_the_last_answer_in_one_post() {
        Head head = at(Phase.AWAITING, Map.of(id("q"), Gate.ASK));
        assertThat(head.post(List.of(interrupt(), userSays("hi")), NOON)).isInstanceOf(Posting.Accepted.class);
        assertThat(head.post(List.of(allow("q"), userSays("hi")), NOON)).isInstanceOf(Posting.Accepted.class);
        assertThat(head.post(List.of(userSays("hi"), interrupt()), NOON)).isInstanceOf(Posting.Refused.class);
        assertThat(head.post(List.of(userSays("hi"), allow("q")), NOON)).isInstanceOf(Posting.Refused.class);
    }

    @Test
    void a_message_may_follow_an_interrupt_that_was_posted_before() {
        Head head = posted(at(Phase.AWAITING, Map.of(id("q"), Gate.ASK)), interrupt());
        assertThat(head.post(List.of(userSays("hi")), NOON)).isInstanceOf(Posting.Accepted.class);
    }

    @Test
    void a_system_message_may_come_with_an_answer() {
        Head head = at(Phase.AWAITING, Map.of(id("q"), Gate.CUSTOM));
        assertThat(head.post(List.of(answer("q", "42"), systemSays("hm")), NOON))
                .isInstanceOf(Posting.Accepted.class);
    }

    @Test
    void a_message_while_the_session_runs_is_accepted_even_if_a_question_is_open() {
        Head head = at(Phase.RUNNING, Map.of(id("q"), Gate.ASK));
        assertThat(head.post(List.of(userSays("hi")), NOON)).isInstanceOf(Posting.Accepted.class);
    }

    @Test
    void a_question_that_only_the_log_knows_may_be_answered() {
        Head head = at(Phase.RUNNING, Map.of());
        assertThat(head.post(List.of(allow("q")), NOON)).isEqualTo(new Posting.Refused(Why.UNKNOWN_QUESTION, "sevt_q"));
        assertThat(head.post(List.of(allow("q")), Map.of(id("q"), Gate.ASK), NOON))
                .isInstanceOf(Posting.Accepted.class);
    }

    @Test
    void an_answer_of_the_wrong_kind_is_refused() {
        Head head = at(Phase.AWAITING, questions("ask", Gate.ASK, "tool", Gate.CUSTOM));
        assertThat(head.post(List.of(answer("ask", "42")), NOON))
                .isEqualTo(new Posting.Refused(Why.WRONG_ANSWER, "sevt_ask"));
        assertThat(head.post(List.of(deny("tool", null)), NOON))
                .isEqualTo(new Posting.Refused(Why.WRONG_ANSWER, "sevt_tool"));
    }

    @Test
    void a_second_answer_in_the_same_post_is_refused() {
        Head head = at(Phase.AWAITING, Map.of(id("q"), Gate.ASK));
        assertThat(head.post(List.of(allow("q"), deny("q", null)), NOON))
                .isEqualTo(new Posting.Refused(Why.ANSWERED_ALREADY, "sevt_q"));
    }

    @Test
    void a_second_answer_in_a_second_post_is_refused() {
        Head head = posted(at(Phase.AWAITING, Map.of(id("q"), Gate.ASK)), allow("q"));
        assertThat(head.post(List.of(deny("q", null)), NOON))
                .isEqualTo(new Posting.Refused(Why.ANSWERED_ALREADY, "sevt_q"));
    }

    @Test
    void a_second_answer_is_refused_even_if_the_log_past_the_head_still_shows_the_question() {
        Head head = posted(at(Phase.RUNNING, Map.of()), Map.of(id("q"), Gate.ASK), allow("q"));
        assertThat(head.post(List.of(deny("q", null)), Map.of(id("q"), Gate.ASK), NOON))
                .isEqualTo(new Posting.Refused(Why.ANSWERED_ALREADY, "sevt_q"));
    }

    @Test
    void an_answer_after_the_first_is_in_the_log_is_to_a_question_nobody_asks() {
        Head head = posted(at(Phase.AWAITING, Map.of(id("q"), Gate.ASK)), allow("q"));
        Head later = head.beat(snapshot(Phase.RUNNING, Map.of(), new Taken(0, 1, 0, 0)), noonPlus(1));
        assertThat(later.mail()).isEmpty();
        assertThat(later.post(List.of(deny("q", null)), NOON))
                .isEqualTo(new Posting.Refused(Why.UNKNOWN_QUESTION, "sevt_q"));
    }

    // ---- the mailbox's bound

    @Test
    void the_mailbox_takes_as_many_messages_as_it_says_and_no_more() {
        Head full = posted(FRESH, many(Head.MAX_MAIL));
        assertThat(full.post(List.of(userSays("one more")), NOON))
                .isEqualTo(new Posting.Refused(
                        Why.MAILBOX_FULL, "at most 200 events of a kind, of 98304 bytes in all, wait at a time"));
        assertThat(FRESH.post(List.of(many(Head.MAX_MAIL + 1)), NOON)).isInstanceOf(Posting.Refused.class);
    }

    @Test
    void a_mailbox_full_of_messages_still_takes_what_drains_it() {
        Head full = posted(at(Phase.RUNNING, Map.of(id("q"), Gate.ASK)), many(Head.MAX_MAIL));
        assertThat(full.post(List.of(interrupt()), NOON)).isInstanceOf(Posting.Accepted.class);
        assertThat(full.post(List.of(allow("q")), NOON)).isInstanceOf(Posting.Accepted.class);
    }

    @Test
    void a_mailbox_is_bounded_in_bytes_so_that_a_store_can_hold_it() {
        Input large = new Input.UserMessage(id("large"), text("x".repeat(Head.MAX_MAIL_BYTES / 2)));
        Head head = posted(FRESH, large);
        assertThat(head.post(List.of(large), NOON)).isInstanceOf(Posting.Refused.class);
        assertThat(head.post(List.of(userSays("small")), NOON)).isInstanceOf(Posting.Accepted.class);
        assertThat(head.post(List.of(interrupt()), NOON)).isInstanceOf(Posting.Accepted.class);
    }

    @Test
    void what_the_log_has_leaves_room_in_the_mailbox() {
        Head full = posted(FRESH, many(Head.MAX_MAIL));
        Head drained = full.beat(snapshot(Phase.RUNNING, Map.of(), new Taken(0, 0, 150, 0)), NOON);
        assertThat(drained.post(List.of(many(150)), NOON)).isInstanceOf(Posting.Accepted.class);
        assertThat(drained.post(List.of(many(151)), NOON)).isInstanceOf(Posting.Refused.class);
    }

    // ---- updates, archive, delete

    @Test
    void an_agent_is_changed_only_at_rest_and_a_title_at_any_time() {
        for (Phase phase : Phase.values()) {
            Head head = at(phase, Map.of());
            assertThat(head.post(List.of(renamed("new")), NOON)).isInstanceOf(Posting.Accepted.class);
            boolean rests = head.status() == Status.IDLE;
            assertThat(head.post(List.of(AGENT_UPDATE), NOON) instanceof Posting.Accepted)
                    .as("%s", phase)
                    .isEqualTo(rests);
        }
        assertThat(posted(FRESH, userSays("hi")).post(List.of(AGENT_UPDATE), NOON))
                .isEqualTo(new Posting.Refused(Why.RUNNING, SESSION.text()));
    }

    @Test
    void a_session_that_runs_is_neither_archived_nor_deleted() {
        List<Head> running = List.of(
                at(Phase.RUNNING, Map.of()),
                at(Phase.RETRYING, Map.of()),
                posted(FRESH, userSays("hi")),
                posted(at(Phase.AWAITING, Map.of(id("q"), Gate.ASK)), allow("q")),
                posted(at(Phase.AWAITING, Map.of(id("q"), Gate.ASK)), interrupt(), userSays("hi")));
        for (Head head : running) {
            assertThat(head.post(List.of(archived()), NOON))
                    .isEqualTo(new Posting.Refused(Why.RUNNING, SESSION.text()));
            assertThat(head.delete(NOON)).isEmpty();
        }
    }

    @Test
    void a_session_that_rests_or_waits_is_archived_at_once_and_the_log_is_to_say_so() {
        for (Phase phase : List.of(Phase.RESTING, Phase.AWAITING)) {
            Head closed = posted(at(phase, Map.of()), noonPlus(5), archived());
            assertThat(closed.archivedAt()).isEqualTo(noonPlus(5));
            assertThat(closed.status()).isEqualTo(Status.TERMINATED);
            assertThat(closed.owes()).isTrue();
        }
    }

    @Test
    void an_archived_session_may_be_deleted() {
        assertThat(posted(FRESH, archived()).delete(NOON)).isPresent();
    }

    @Test
    void deleting_drops_the_mail_and_shuts_out_whoever_writes() {
        Head waiting = posted(at(Phase.AWAITING, Map.of(id("q"), Gate.ASK)), renamed("new"));
        Head claimed = granted(waiting, "me", NOON);
        Head gone = claimed.delete(noonPlus(1)).orElseThrow();
        assertThat(gone.deleted()).isTrue();
        assertThat(gone.mail()).isEmpty();
        assertThat(gone.version()).isEqualTo(claimed.version() + 1);
        assertThat(gone.lease()).isEqualTo(new Lease(claimed.lease().epoch() + 1, null, null));
        assertThat(gone.heldUnder(claimed.lease().epoch())).isFalse();
        assertThat(gone.owedAt()).contains(noonPlus(1));
    }

    // ---- the budget

    private static final Budget DOLLAR = new Budget(100);
    private static final Usage HALF = Usage.NONE.priced(500_000_000);

    /** A head without mail whose session may spend a dollar and has spent so much. */
    private static Head limited(Phase phase, Usage usage) {
        return withSnapshot(new Snapshot(5, phase, Map.of(), Taken.NONE, usage, 0, null, null, 0, DOLLAR));
    }

    private static Why refusal(Head head, Input... inputs) {
        return ((Posting.Refused) head.post(List.of(inputs), NOON)).why();
    }

    @Test
    void a_new_session_knows_its_budget() {
        Head head = Head.fresh(WorkspaceId.DEFAULT, SESSION, DOLLAR, NOON);
        assertThat(head.budget()).isEqualTo(DOLLAR);
        assertThat(head.snapshot()).isEqualTo(Snapshot.fresh(DOLLAR));
        assertThat(FRESH.budget()).isNull();
        assertThat(head.post(List.of(userSays("hi")), NOON)).isInstanceOf(Posting.Accepted.class);
    }

    @Test
    void nothing_new_begins_while_a_turn_waits_for_its_budget_or_all_of_it_is_spent() {
        Usage all = Usage.NONE.priced(DOLLAR.nanoUsd());
        for (Head head :
                List.of(limited(Phase.PAUSED, HALF), limited(Phase.RESTING, all), limited(Phase.RUNNING, all))) {
            assertThat(refusal(head, userSays("hi"))).isEqualTo(Why.BUDGET_REACHED);
            assertThat(refusal(head, interrupt(), userSays("hi"))).isEqualTo(Why.BUDGET_REACHED);
            assertThat(head.post(List.of(renamed("x")), NOON)).isInstanceOf(Posting.Accepted.class);
        }
        assertThat(limited(Phase.RESTING, HALF).post(List.of(userSays("hi")), NOON))
                .isInstanceOf(Posting.Accepted.class);
    }

    @Test
    void who_is_asked_at_the_end_of_a_budget_may_answer_and_waits_for_nothing_else_first() {
        Usage all = Usage.NONE.priced(DOLLAR.nanoUsd());
        Head asks = withSnapshot(
                new Snapshot(5, Phase.AWAITING, Map.of(id("q"), Gate.ASK), Taken.NONE, all, 0, null, null, 0, DOLLAR));
        assertThat(refusal(asks, userSays("hi"))).isEqualTo(Why.AWAITING_ANSWERS);
        assertThat(asks.post(List.of(allow("q")), NOON)).isInstanceOf(Posting.Accepted.class);
        assertThat(asks.post(List.of(interrupt()), NOON)).isInstanceOf(Posting.Accepted.class);
    }

    @Test
    void a_turn_that_waits_for_its_budget_is_not_interrupted() {
        Head paused = limited(Phase.PAUSED, HALF);
        assertThat(paused.post(List.of(interrupt()), noonPlus(1)))
                .isEqualTo(new Posting.Ignored(List.of(new Posted(1, noonPlus(1), interrupt()))));
        Head raised = posted(paused, budget(new Budget(200)));
        assertThat(raised.post(List.of(interrupt()), NOON)).isInstanceOf(Posting.Accepted.class);
    }

    @Test
    void another_budget_is_more_than_is_spent_and_counts_from_its_acceptance_on() {
        Head paused = limited(Phase.PAUSED, HALF);
        assertThat(refusal(paused, budget(new Budget(50)))).isEqualTo(Why.BUDGET_NOT_RAISED);
        assertThat(refusal(paused, budget(new Budget(1)))).isEqualTo(Why.BUDGET_NOT_RAISED);
        for (Budget other : new Budget[] {new Budget(51), new Budget(101), null}) {
            Head changed = posted(paused, budget(other));
            assertThat(changed.budget()).isEqualTo(other);
            assertThat(changed.status()).isEqualTo(Status.RUNNING);
            assertThat(changed.owes()).isTrue();
            assertThat(changed.post(List.of(userSays("hi")), NOON)).isInstanceOf(Posting.Accepted.class);
        }
    }

    @Test
    void a_budget_comes_with_the_session_and_does_not_come_back() {
        assertThat(refusal(FRESH, budget(DOLLAR))).isEqualTo(Why.BUDGET_CREATE_ONLY);
        Head removed = posted(limited(Phase.RESTING, HALF), budget(null));
        assertThat(removed.budget()).isNull();
        assertThat(refusal(removed, budget(DOLLAR))).isEqualTo(Why.BUDGET_CREATE_ONLY);
    }

    @Test
    void a_message_that_waits_with_its_turn_owes_nothing_and_a_paused_session_ends_like_one_that_rests() {
        Head waits = withMail(limited(Phase.PAUSED, HALF), userSays("later"));
        assertThat(waits.owes()).isFalse();
        assertThat(waits.status()).isEqualTo(Status.IDLE);
        assertThat(posted(waits, archived()).status()).isEqualTo(Status.TERMINATED);
        assertThat(waits.delete(NOON)).isPresent();
        assertThat(posted(waits, budget(null)).status()).isEqualTo(Status.RUNNING);
    }

    // ---- the lease

    @Test
    void a_head_that_owes_nothing_is_not_claimed() {
        assertThat(FRESH.claim("me", NOON)).isEqualTo(new Claim.NothingOwed());
    }

    @Test
    void a_claim_takes_the_next_epoch() {
        Head claimed = granted(posted(FRESH, userSays("hi")), "me", noonPlus(3));
        assertThat(claimed.lease()).isEqualTo(new Lease(1, "me", noonPlus(3)));
        assertThat(claimed.version()).isEqualTo(3);
        assertThat(claimed.mail()).hasSize(1);
        assertThat(claimed.heldUnder(1)).isTrue();
        assertThat(claimed.heldUnder(0)).isFalse();
        assertThat(claimed.heldUnder(2)).isFalse();
    }

    @Test
    void a_living_owner_keeps_others_out_until_it_was_silent_for_fifteen_seconds() {
        Head held = granted(posted(FRESH, userSays("hi")), "me", NOON);
        assertThat(held.claim("you", NOON.plus(Lease.STALE_AFTER).minusMillis(1)))
                .isEqualTo(new Claim.Busy());
        assertThat(granted(held, "you", NOON.plus(Lease.STALE_AFTER)).lease())
                .isEqualTo(new Lease(2, "you", NOON.plus(Lease.STALE_AFTER)));
    }

    @Test
    void a_beat_keeps_the_lease_alive() {
        Head held = granted(posted(FRESH, userSays("hi")), "me", NOON);
        Head beaten = held.beat(held.snapshot(), noonPlus(10));
        assertThat(beaten.lease()).isEqualTo(new Lease(1, "me", noonPlus(10)));
        assertThat(beaten.claim("you", noonPlus(24))).isEqualTo(new Claim.Busy());
        assertThat(beaten.version()).isEqualTo(held.version() + 1);
        assertThat(beaten.updatedAt()).isEqualTo(held.updatedAt());
    }

    @Test
    void the_same_owner_takes_over_from_itself_at_once() {
        Head held = granted(posted(FRESH, userSays("hi")), "me", NOON);
        assertThat(granted(held, "me", noonPlus(1)).lease()).isEqualTo(new Lease(2, "me", noonPlus(1)));
    }

    @Test
    void whoever_claims_after_a_release_gets_a_higher_epoch() {
        Head released = granted(posted(FRESH, userSays("hi")), "me", NOON).release(Snapshot.FRESH, noonPlus(1));
        assertThat(released.lease()).isEqualTo(new Lease(1, null, null));
        assertThat(released.heldUnder(1)).isFalse();
        assertThat(released.owes()).isTrue();
        assertThat(granted(released, "you", noonPlus(1)).lease().epoch()).isEqualTo(2);
    }

    @Test
    void beat_release_and_settle_drop_what_the_log_has_and_nothing_else() {
        Input[] inputs = {userSays("a"), interrupt(), renamed("x"), userSays("b"), allow("q"), renamed("y")};
        Head head = posted(at(Phase.RUNNING, Map.of(id("q"), Gate.ASK)), inputs);
        for (long urgent : new long[] {0, 2})
            for (long answers : new long[] {0, 5})
                for (long messages : new long[] {0, 1, 4})
                    for (long notices : new long[] {0, 3, 6}) {
                        Snapshot now = snapshot(Phase.RESTING, Map.of(), new Taken(urgent, answers, messages, notices));
                        List<Long> left = new ArrayList<>();
                        for (Posted posted : head.mail()) if (!now.taken().covers(posted)) left.add(posted.seq());
                        assertThat(head.beat(now, NOON).mail())
                                .extracting(Posted::seq)
                                .isEqualTo(left);
                        assertThat(head.release(now, NOON).mail())
                                .extracting(Posted::seq)
                                .isEqualTo(left);
                        assertThat(head.settle(now, NOON).isPresent()).isEqualTo(left.isEmpty());
                    }
    }

    @Test
    void settling_gives_the_lease_up_and_leaves_the_snapshot() {
        Head held = granted(posted(FRESH, userSays("hi")), "me", NOON);
        Snapshot now = snapshot(Phase.RESTING, Map.of(), new Taken(0, 0, 1, 0));
        Head settled = held.settle(now, noonPlus(9)).orElseThrow();
        assertThat(settled.lease()).isEqualTo(new Lease(1, null, null));
        assertThat(settled.snapshot()).isEqualTo(now);
        assertThat(settled.mail()).isEmpty();
        assertThat(settled.updatedAt()).isEqualTo(noonPlus(9));
        assertThat(settled.owes()).isFalse();
        assertThat(settled.status()).isEqualTo(Status.IDLE);
    }

    @Test
    void settling_is_refused_while_there_is_mail_to_act_on() {
        for (Input input : oneOfEach()) {
            Head head = withMail(at(Phase.AWAITING, Map.of(id("q"), Gate.ASK)), input);
            boolean waits = input.lane() == Lane.MESSAGE;
            assertThat(head.settle(head.snapshot(), NOON).isPresent())
                    .as("awaiting, %s", input)
                    .isEqualTo(waits);
            Head resting = withMail(at(Phase.RESTING, Map.of()), input);
            assertThat(resting.settle(resting.snapshot(), NOON))
                    .as("resting, %s", input)
                    .isEmpty();
        }
    }

    @Test
    void a_message_that_waits_for_answers_survives_settling_and_owes_nothing() {
        Head head = withMail(at(Phase.AWAITING, Map.of(id("q"), Gate.ASK)), userSays("later"));
        Head settled = head.settle(head.snapshot(), NOON).orElseThrow();
        assertThat(settled.mail()).hasSize(1);
        assertThat(settled.owes()).isFalse();
        assertThat(settled.status()).isEqualTo(Status.IDLE);
    }

    // ---- views

    @Test
    void status_by_phase_and_mail() {
        Map<Phase, Status> alone = Map.of(
                Phase.RESTING, Status.IDLE,
                Phase.RUNNING, Status.RUNNING,
                Phase.AWAITING, Status.IDLE,
                Phase.RETRYING, Status.RESCHEDULING,
                Phase.PAUSED, Status.IDLE,
                Phase.ENDED, Status.TERMINATED);
        for (Phase phase : Phase.values()) {
            Head head = at(phase, Map.of(id("q"), Gate.ASK));
            assertThat(head.status()).as("%s", phase).isEqualTo(alone.get(phase));
            boolean idle = alone.get(phase) == Status.IDLE;
            for (Input input : oneOfEach()) {
                boolean works =
                        switch (input.lane()) {
                            case URGENT, NOTICE -> false;
                            case ANSWER -> true;
                            case MESSAGE -> phase == Phase.RESTING;
                        };
                assertThat(withMail(head, input).status())
                        .as("%s, %s", phase, input)
                        .isEqualTo(idle && works ? Status.RUNNING : alone.get(phase));
            }
        }
    }

    @Test
    void an_interrupt_with_a_message_behind_it_makes_a_waiting_session_run_at_once() {
        Head head = at(Phase.AWAITING, Map.of(id("q"), Gate.ASK));
        assertThat(posted(head, interrupt(), userSays("rather this")).status()).isEqualTo(Status.RUNNING);
        Head queued = withMail(head, userSays("later"));
        assertThat(posted(queued, interrupt()).status()).isEqualTo(Status.RUNNING);
    }

    @Test
    void mail_that_the_log_has_does_not_make_a_session_run() {
        Head head = posted(FRESH, userSays("hi"));
        Head known = new Head(
                head.workspace(),
                head.session(),
                head.thread(),
                head.version(),
                head.nextSeq(),
                head.mail(),
                head.lease(),
                snapshot(Phase.RESTING, Map.of(), new Taken(0, 0, 1, 0)),
                null,
                false,
                NOON,
                NOON);
        assertThat(known.pending()).isEmpty();
        assertThat(known.status()).isEqualTo(Status.IDLE);
        assertThat(known.owes()).isFalse();
    }

    @Test
    void who_owes_by_phase_and_mail() {
        for (Phase phase : Phase.values()) {
            Head head = at(phase, Map.of(id("q"), Gate.ASK));
            boolean alone = phase == Phase.RUNNING || phase == Phase.RETRYING;
            assertThat(head.owes()).as("%s", phase).isEqualTo(alone);
            for (Input input : oneOfEach()) {
                boolean moves =
                        switch (phase) {
                            case ENDED -> false;
                            case AWAITING, PAUSED -> input.lane() != Lane.MESSAGE;
                            case RESTING, RUNNING, RETRYING -> true;
                        };
                assertThat(withMail(head, input).owes())
                        .as("%s, %s", phase, input)
                        .isEqualTo(alone || moves);
            }
        }
    }

    @Test
    void a_held_head_owes_even_if_it_rests() {
        Head held = granted(posted(FRESH, renamed("x")), "me", NOON);
        Head beaten = held.beat(snapshot(Phase.RESTING, Map.of(), new Taken(0, 0, 0, 1)), noonPlus(2));
        assertThat(beaten.pending()).isEmpty();
        assertThat(beaten.owes()).isTrue();
        assertThat(beaten.owedAt()).contains(noonPlus(2).plus(Lease.STALE_AFTER));
    }

    @Test
    void what_is_owed_is_due_when_it_was_posted() {
        assertThat(FRESH.owedAt()).isEmpty();
        assertThat(posted(FRESH, noonPlus(4), userSays("hi")).owedAt()).contains(noonPlus(4));
    }

    @Test
    void a_retry_is_due_at_its_time_unless_there_is_mail_that_does_not_wait_for_it() {
        Head head = at(Phase.RETRYING, Map.of());
        assertThat(head.owedAt()).contains(noonPlus(60));
        // Else a wake that finds nothing to do before then would send the next one, and so on.
        assertThat(posted(head, noonPlus(1), userSays("hi")).owedAt()).contains(noonPlus(60));
        assertThat(posted(head, noonPlus(1), userSays("hi")).actionable()).isFalse();
        assertThat(posted(head, noonPlus(1), interrupt()).owedAt()).contains(noonPlus(1));
        assertThat(posted(head, noonPlus(1), interrupt()).actionable()).isTrue();
    }

    @Test
    void active_time_is_what_was_counted_and_what_has_run_since() {
        Snapshot running = new Snapshot(5, Phase.RUNNING, Map.of(), Taken.NONE, Usage.NONE, 2_500, noonPlus(10), null);
        Head head = granted(posted(FRESH, userSays("hi")), "me", NOON).beat(running, noonPlus(12));
        assertThat(head.active(noonPlus(13))).isEqualTo(Duration.ofMillis(5_500));
        assertThat(head.active(noonPlus(9))).isEqualTo(Duration.ofMillis(2_500));
        assertThat(FRESH.active(noonPlus(100))).isZero();
    }

    // ---- stored form

    @Test
    void a_head_reads_back_as_it_was_written() {
        List<Head> heads = List.of(
                FRESH,
                posted(at(Phase.AWAITING, questions("a", Gate.ASK, "b", Gate.CUSTOM)), allow("a"), renamed("x")),
                granted(posted(FRESH, userSays("hi"), interrupt()), "me", NOON)
                        .beat(
                                new Snapshot(
                                        7,
                                        Phase.RETRYING,
                                        Map.of(),
                                        new Taken(1, 2, 3, 4),
                                        USED,
                                        12,
                                        noonPlus(1),
                                        noonPlus(2)),
                                noonPlus(3)),
                posted(FRESH, archived()).delete(NOON).orElseThrow());
        for (Head head : heads) {
            byte[] bytes = Json.bytes(head);
            assertThat(Json.read(bytes, Head.class)).isEqualTo(head);
            assertThat(Json.bytes(Json.read(bytes, Head.class))).isEqualTo(bytes);
        }
    }

    @Test
    void a_stored_head_holds_nothing_that_follows_from_the_rest() {
        Head head = granted(posted(at(Phase.AWAITING, Map.of(id("q"), Gate.ASK)), interrupt()), "me", NOON);
        assertThat(Json.text(head))
                .isEqualTo(
                        "{\"workspace\":\"default\",\"session\":\"sesn_1111111111111111111111\","
                                + "\"thread\":\"sthr_1111111111111111111111\",\"version\":3,\"nextSeq\":2,"
                                + "\"mail\":[{\"seq\":1,\"at\":\"2026-01-02T12:00:00Z\",\"input\":{\"input\":\"interrupt\",\"id\":\"sevt_stop\"}}],"
                                + "\"lease\":{\"epoch\":1,\"owner\":\"me\",\"beatAt\":\"2026-01-02T12:00:00Z\"},"
                                + "\"snapshot\":{\"position\":1,\"phase\":\"AWAITING\",\"questions\":{\"sevt_q\":\"ASK\"},"
                                + "\"taken\":{\"urgent\":0,\"answers\":0,\"messages\":0,\"notices\":0},"
                                + "\"usage\":{\"input\":0,\"output\":0,\"cacheRead\":0,\"cacheWrite5m\":0,\"cacheWrite1h\":0,\"webSearches\":0,\"listNanoUsd\":0},"
                                + "\"activeMillis\":0},\"deleted\":false,\"createdAt\":\"2026-01-02T12:00:00Z\",\"updatedAt\":\"2026-01-02T12:00:00Z\"}");
    }

    // ---- builders

    private static List<Input> oneOfEach() {
        return List.of(
                userSays("hi"), systemSays("hm"), interrupt(), allow("q"), answer("q", "42"), renamed("x"), archived());
    }

    private static Input[] many(int count) {
        Input[] inputs = new Input[count];
        for (int i = 0; i < count; i++) inputs[i] = userSays("m" + i);
        return inputs;
    }

    private static Map<EventId, Gate> questions(String a, Gate gateA, String b, Gate gateB) {
        Map<EventId, Gate> questions = new LinkedHashMap<>();
        questions.put(id(a), gateA);
        questions.put(id(b), gateB);
        return questions;
    }

    private static Snapshot snapshot(Phase phase, Map<EventId, Gate> questions, Taken taken) {
        return new Snapshot(
                1, phase, questions, taken, Usage.NONE, 0, null, phase == Phase.RETRYING ? noonPlus(60) : null);
    }

    /** A head without mail whose log is in this phase. */
    private static Head at(Phase phase, Map<EventId, Gate> questions) {
        return withSnapshot(snapshot(phase, questions, Taken.NONE));
    }

    private static Head withSnapshot(Snapshot snapshot) {
        return new Head(
                WorkspaceId.DEFAULT,
                SESSION,
                SESSION.primaryThread(),
                1,
                1,
                List.of(),
                Lease.NONE,
                snapshot,
                null,
                false,
                NOON,
                NOON);
    }

    /** This in the mailbox, however it came there. */
    private static Head withMail(Head head, Input input) {
        return new Head(
                head.workspace(),
                head.session(),
                head.thread(),
                head.version(),
                2,
                mail(input),
                head.lease(),
                head.snapshot(),
                null,
                false,
                NOON,
                NOON);
    }

    private static Head posted(Head head, Input... inputs) {
        return posted(head, NOON, inputs);
    }

    private static Head posted(Head head, Instant at, Input... inputs) {
        return ((Posting.Accepted) head.post(List.of(inputs), at)).next();
    }

    private static Head posted(Head head, Map<EventId, Gate> asked, Input... inputs) {
        return ((Posting.Accepted) head.post(List.of(inputs), asked, NOON)).next();
    }

    private static Head granted(Head head, String owner, Instant at) {
        return ((Claim.Granted) head.claim(owner, at)).next();
    }

    @Test
    void a_snapshot_of_before_there_were_summaries_is_read_and_written_as_it_was() {
        String stored = "{\"position\":5,\"phase\":\"RESTING\",\"questions\":{},"
                + "\"taken\":{\"urgent\":0,\"answers\":0,\"messages\":1,\"notices\":0},"
                + "\"usage\":{\"input\":0,\"output\":0,\"cacheRead\":0,\"cacheWrite5m\":0,\"cacheWrite1h\":0,\"webSearches\":0,\"listNanoUsd\":0},"
                + "\"activeMillis\":7}";
        Snapshot snapshot = Json.read(stored.getBytes(java.nio.charset.StandardCharsets.UTF_8), Snapshot.class);
        assertThat(snapshot.base()).isZero();
        assertThat(Json.text(snapshot)).isEqualTo(stored);
        Snapshot summarised = new Snapshot(9, Phase.RESTING, Map.of(), Taken.NONE, Usage.NONE, 0, null, null, 4, null);
        assertThat(Json.text(summarised)).endsWith(",\"activeMillis\":0,\"base\":4}");
        assertThat(Json.read(Json.bytes(summarised), Snapshot.class)).isEqualTo(summarised);
        Snapshot limited = Snapshot.fresh(DOLLAR);
        assertThat(Json.text(limited)).endsWith(",\"activeMillis\":0,\"budget\":{\"maxCents\":100}}");
        assertThat(Json.read(Json.bytes(limited), Snapshot.class)).isEqualTo(limited);
    }
}
