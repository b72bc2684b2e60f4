package io.dormouse.session;

import static io.dormouse.Given.AGENT;
import static io.dormouse.Given.ASKED;
import static io.dormouse.Given.NOON;
import static io.dormouse.Given.USED;
import static io.dormouse.Given.after;
import static io.dormouse.Given.allow;
import static io.dormouse.Given.archived;
import static io.dormouse.Given.asked;
import static io.dormouse.Given.askedAgain;
import static io.dormouse.Given.asking;
import static io.dormouse.Given.awaited;
import static io.dormouse.Given.confirmed;
import static io.dormouse.Given.custom;
import static io.dormouse.Given.failed;
import static io.dormouse.Given.id;
import static io.dormouse.Given.interrupt;
import static io.dormouse.Given.mail;
import static io.dormouse.Given.mailFrom;
import static io.dormouse.Given.noonPlus;
import static io.dormouse.Given.renamed;
import static io.dormouse.Given.replied;
import static io.dormouse.Given.says;
import static io.dormouse.Given.sessionBegan;
import static io.dormouse.Given.toolUse;
import static io.dormouse.Given.turn;
import static io.dormouse.Given.userSays;
import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.Histories;
import io.dormouse.Play;
import io.dormouse.head.Head;
import io.dormouse.head.Snapshot;
import io.dormouse.json.Json;
import io.dormouse.session.Conversation.Phase;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConversationTest {
    private static final ToolCall BASH = toolUse("t1", "bash");
    private static final ToolCall WRITE = asking("q1", "write");

    // ---- the fold

    @Test
    void an_entry_moves_the_position_and_never_lowers_the_epoch() {
        Conversation now = Conversation.EMPTY
                .after(new Entry(1, 0, "a", NOON, List.of(sessionBegan())))
                .after(new Entry(2, 5, "b", NOON, List.of(turn(userSays("hi")))))
                .after(new Entry(3, 4, "c", NOON, List.of(asked())));
        assertThat(now.position()).isEqualTo(3);
        assertThat(now.epoch()).isEqualTo(5);
        assertThat(now.agent()).isEqualTo(AGENT);
        assertThat(now.phase()).isEqualTo(new Phase.Asking(ASKED, null));
    }

    @Test
    void an_update_of_the_agent_replaces_it_and_of_the_title_does_not() {
        var other = Json.object().put("name", "Other");
        Conversation began = after(sessionBegan());
        assertThat(began.with(new Fact.Noted(mail(renamed("x")).getFirst()), NOON)
                        .agent())
                .isEqualTo(AGENT);
        Input update = new Input.Updated(id("up"), Json.object().set("agent", other));
        assertThat(began.with(new Fact.Noted(mail(update).getFirst()), NOON).agent())
                .isEqualTo(other);
    }

    @Test
    void usage_adds_up_over_replies_and_failures() {
        Fact failure = new Fact.ModelFailed(ASKED, "model_overloaded_error", "x", noonPlus(1), USED);
        Conversation now = after(turn(userSays("hi")), asked(), failure, askedAgain(), says("hello"));
        assertThat(now.usage()).isEqualTo(USED.plus(USED));
        assertThat(now.usage()).isEqualTo(new Usage(20, 10, 6, 4, 2, 0, 8_000));
    }

    @Test
    void failures_in_a_row_are_counted_until_a_reply() {
        Fact again = failed("model_overloaded_error", noonPlus(1));
        Conversation now = after(turn(userSays("hi")), asked(), again, askedAgain(), again);
        assertThat(now.failures()).isEqualTo(2);
        assertThat(now.asks()).isEqualTo(2);
        assertThat(now.with(replied(BASH), NOON).failures()).isZero();
        assertThat(now.with(new Fact.TurnBegan(List.of()), NOON).asks()).isZero();
    }

    @Test
    void each_lane_is_taken_on_its_own() {
        Taken taken = Taken.NONE.with(mail(userSays("a"), interrupt(), renamed("x"), allow("q"), userSays("b")));
        assertThat(taken).isEqualTo(new Taken(2, 4, 5, 3));
        assertThat(taken.covers(new Posted(3, NOON, userSays("x")))).isTrue();
        assertThat(taken.covers(new Posted(3, NOON, interrupt()))).isFalse();
    }

    @Test
    void time_counts_while_the_session_runs_and_not_while_it_waits_or_backs_off() {
        Conversation now = after(sessionBegan());
        now = now.with(turn(userSays("hi")), noonPlus(10));
        assertThat(now.runningSince()).isEqualTo(noonPlus(10));
        now = now.with(asked(), noonPlus(11)).with(replied(WRITE), noonPlus(12));
        now = now.with(awaited(WRITE), noonPlus(13));
        assertThat(now.runningSince()).isNull();
        assertThat(now.activeMillis()).isEqualTo(3_000);
        // A partial answer leaves it waiting; the last one sets it running.
        now = now.with(new Fact.ClientAnswered(mailFrom(2, allow("q1")), List.of(), true), noonPlus(100));
        assertThat(now.activeMillis(noonPlus(101))).isEqualTo(4_000);
        now = now.with(new Fact.ToolsReturned(List.of(ToolResult.error(WRITE, "x"))), noonPlus(101));
        now = now.with(asked(), noonPlus(101)).with(failed("model_overloaded_error", noonPlus(150)), noonPlus(102));
        assertThat(now.activeMillis(noonPlus(140))).isEqualTo(5_000);
        now = now.with(askedAgain(), noonPlus(150)).with(says("hello"), noonPlus(151));
        now = now.with(new Fact.TurnEnded(StopReason.END_TURN, null, null, null, USED, 0), noonPlus(152));
        assertThat(now.activeMillis(noonPlus(500))).isEqualTo(7_000);
        assertThat(now.runningSince()).isNull();
    }

    @Test
    void a_clock_that_steps_back_takes_no_time_away() {
        Conversation now = after(sessionBegan()).with(turn(userSays("hi")), noonPlus(10));
        assertThat(now.activeMillis(noonPlus(5))).isZero();
    }

    @Test
    void an_allowed_call_stands_where_it_stood() {
        Conversation now = after(turn(userSays("hi")), asked(), replied(WRITE, BASH), awaited(WRITE));
        now = now.with(new Fact.ClientAnswered(mailFrom(2, allow("q1")), List.of(), true), NOON);
        assertThat(now.phase()).isEqualTo(new Phase.Acting(List.of(confirmed(WRITE), BASH), null));
    }

    @Test
    void what_the_client_was_told_to_answer_is_kept_over_a_partial_answer() {
        ToolCall weather = custom("c1", "weather");
        Conversation now = after(turn(userSays("hi")), asked(), replied(WRITE, weather), awaited(WRITE, weather));
        now = now.with(new Fact.ClientAnswered(mailFrom(2, allow("q1")), List.of(), false), NOON);
        assertThat(now.phase())
                .isEqualTo(new Phase.Acting(List.of(confirmed(WRITE), weather), Set.of(id("q1"), id("c1"))));
    }

    @Test
    void the_snapshot_of_each_phase() {
        assertThat(Snapshot.of(after(sessionBegan()))).isEqualTo(Snapshot.FRESH);
        record Case(Snapshot.Phase phase, Conversation conversation) {}
        for (Case c : List.of(
                new Case(Snapshot.Phase.RUNNING, after(turn(userSays("hi")), asked())),
                new Case(Snapshot.Phase.RUNNING, after(turn(userSays("hi")), asked(), says("hello"))),
                new Case(Snapshot.Phase.RUNNING, after(turn(userSays("hi")), asked(), replied(WRITE))),
                new Case(Snapshot.Phase.AWAITING, after(turn(userSays("hi")), asked(), replied(WRITE), awaited(WRITE))),
                new Case(
                        Snapshot.Phase.PAUSED,
                        after(turn(userSays("hi")), new Fact.BudgetReached(false, Usage.NONE, 0, new Budget(1)))),
                new Case(Snapshot.Phase.RETRYING, after(turn(userSays("hi")), failed("x", noonPlus(9)))),
                new Case(
                        Snapshot.Phase.ENDED,
                        after(new Fact.Noted(mail(archived()).getFirst())))))
            assertThat(Snapshot.of(c.conversation()).phase()).isEqualTo(c.phase());
        assertThat(Snapshot.of(after(turn(userSays("hi")), asked(), replied(BASH, WRITE)))
                        .questions())
                .containsOnlyKeys(id("q1"));
        assertThat(Snapshot.of(after(turn(userSays("hi")), failed("x", noonPlus(9))))
                        .dueAt())
                .isEqualTo(noonPlus(9));
    }

    // ---- over every short history

    @Test
    void a_harness_that_dies_at_any_fact_is_followed_by_one_that_goes_on_where_it_stopped() {
        Histories.walk(6, (before, after) -> {
            if (after.log().size() == before.log().size()) return;
            Entry entry = after.log().getLast();
            Stamp stamp = new Stamp(entry.time(), entry.nonce());
            // Dead before the entry: what was not told is done again, and decided again the same.
            Conversation now = before.conversation();
            for (int i = 0; i < entry.facts().size(); i++) {
                if (i >= after.came()) {
                    Step.Tell tell = (Step.Tell) Step.next(now, mailOf(after), stamp);
                    assertThat(entry.facts().subList(i, entry.facts().size()))
                            .startsWith(tell.facts().toArray(Fact[]::new));
                    i += tell.facts().size() - 1;
                    for (Fact fact : tell.facts()) now = now.with(fact, entry.time());
                } else {
                    now = now.with(entry.facts().get(i), entry.time());
                }
            }
            // Dead after the entry and before the head knew: the mail is there still, and is not taken twice.
            assertThat(Step.next(now, mailOf(after), stamp)).isEqualTo(after.step());
            assertThat(Step.next(after.conversation(), after.head().mail(), stamp))
                    .isEqualTo(after.step());
        });
    }

    /** All the mail there ever was: a head that never learned how far the log is. */
    private static List<Posted> mailOf(Play play) {
        List<Posted> mail = new java.util.ArrayList<>(play.told());
        for (Posted posted : play.head().mail()) if (!mail.contains(posted)) mail.add(posted);
        mail.sort(java.util.Comparator.comparingLong(Posted::seq));
        return mail;
    }

    @Test
    void a_log_that_is_read_back_folds_to_the_same() {
        Histories.walk(4, (before, after) -> {
            Conversation now = Conversation.EMPTY;
            for (Entry entry : after.log()) now = now.after(Json.read(Json.bytes(entry), Entry.class));
            assertThat(now).isEqualTo(after.conversation());
        });
    }

    @Test
    void every_input_is_told_once_and_in_the_order_of_its_lane() {
        Histories.walk(6, (before, after) -> {
            List<Posted> told = after.told();
            Set<Long> seqs = new HashSet<>();
            for (Posted posted : told) assertThat(seqs.add(posted.seq())).isTrue();
            for (Posted posted : after.head().mail())
                assertThat(seqs.add(posted.seq()))
                        .as("in the log and in the mail")
                        .isTrue();
            assertThat(seqs).hasSize((int) after.head().nextSeq() - 1);
            for (Lane lane : Lane.values()) {
                List<Long> order = told.stream()
                        .filter(posted -> posted.input().lane() == lane)
                        .map(Posted::seq)
                        .toList();
                assertThat(order).isSorted();
            }
        });
    }

    @Test
    void the_head_says_what_the_step_says() {
        Histories.walk(6, (before, after) -> {
            Head head = after.head();
            boolean rests = after.step() instanceof Step.Rest;
            assertThat(head.owes()).isEqualTo(!rests);
            assertThat(head.lease().held()).isEqualTo(!rests);
            boolean idle = head.status() == Head.Status.IDLE || head.status() == Head.Status.TERMINATED;
            assertThat(idle).isEqualTo(rests);
            Instant since = after.conversation().runningSince();
            assertThat(since != null).isEqualTo(head.status() == Head.Status.RUNNING);
        });
    }

    @Test
    void every_call_is_answered_before_the_model_is_asked_again() {
        Histories.walk(6, (before, after) -> {
            Set<Object> open = new HashSet<>();
            for (Entry entry : after.log())
                for (Fact fact : entry.facts()) {
                    if (fact instanceof Fact.ModelReplied f)
                        f.calls().forEach(c -> assertThat(open.add(c.id())).isTrue());
                    if (fact instanceof Fact.ToolsReturned f)
                        f.results()
                                .forEach(r -> assertThat(open.remove(r.call())).isTrue());
                    if (fact instanceof Fact.ClientAnswered f)
                        f.results()
                                .forEach(r -> assertThat(open.remove(r.call())).isTrue());
                    if (fact instanceof Fact.TurnInterrupted f)
                        f.results()
                                .forEach(r -> assertThat(open.remove(r.call())).isTrue());
                    if (fact instanceof Fact.ModelAsked || fact instanceof Fact.TurnEnded)
                        assertThat(open).isEmpty();
                }
        });
    }

    // ---- how full the window is

    @Test
    void the_next_prompt_is_what_the_last_reply_said_and_what_came_since() {
        Conversation begun = after(turn(userSays("x".repeat(300))));
        assertThat(begun.context().tokens()).isBetween(100L, 130L);
        // What the model says of its prompt and its reply: 10 + 3 + 2 + 1 in, 5 out.
        Conversation replied = after(turn(userSays("x".repeat(300))), replied(BASH));
        assertThat(replied.context().tokens()).isEqualTo(21);
        ToolResult result = new ToolResult(BASH.id(), BASH.modelId(), io.dormouse.Given.text("y".repeat(300)), false);
        assertThat(replied.with(new Fact.ToolsReturned(List.of(result)), NOON)
                        .context()
                        .tokens())
                .isBetween(121L, 151L);
    }

    @Test
    void a_server_that_does_not_count_is_estimated() {
        Fact.ModelReplied says = says("z".repeat(300));
        Conversation now = after(
                turn(userSays("x".repeat(300))),
                new Fact.ModelReplied(ASKED, says.content(), List.of(), "end_turn", null, Usage.NONE));
        assertThat(now.context().tokens()).isBetween(200L, 260L);
    }

    @Test
    void pictures_count_by_their_size_for_the_model_and_spilled_content_by_what_its_reference_says() {
        var picture = Json.array()
                .add(Json.parse("{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"" + "A".repeat(500_000)
                        + "\"}}"));
        assertThat(after(turn(new Input.UserMessage(id("u"), picture)))
                        .context()
                        .tokens())
                .isLessThan(3_000);
        var spilled = Json.object().put("$blob", "ab").put("bytes", 3_000);
        assertThat(after(turn(new Input.UserMessage(id("u"), spilled)))
                        .context()
                        .tokens())
                .isEqualTo(1_000);
        assertThat(after(turn(new Input.UserMessage(id("u"), spilled.deepCopy().put("tokens", 7))))
                        .context()
                        .tokens())
                .isEqualTo(7);
        // Only we make references: what looks like one inside of content is content.
        var forged = Json.array().add(Json.object().put("$blob", "ab").put("tokens", 1_000_000_000));
        assertThat(after(turn(new Input.UserMessage(id("u"), forged))).context().tokens())
                .isLessThan(100);
    }

    @Test
    void a_fold_from_a_summary_says_what_the_whole_fold_says() {
        Conversation before = after(sessionBegan(), turn(userSays("hi")), asked());
        Fact compacted =
                new Fact.Compacted(ASKED, 2, "So far.", List.of(), 50, USED, before.checkpoint(agent -> Json.object()
                        .put("$blob", "a")));
        List<Entry> log =
                io.dormouse.Given.log(sessionBegan(), turn(userSays("hi")), asked(), compacted, says("hello"));
        Conversation whole = Conversation.EMPTY;
        for (Entry entry : log) whole = whole.after(entry);
        Conversation resumed = Conversation.from(log.get(3), reference -> AGENT).after(log.get(4));
        assertThat(resumed).isEqualTo(whole);
        assertThat(Checkpoint.resume(log.subList(2, 5), 2).orElseThrow().usage())
                .isEqualTo(whole.usage());
        assertThat(Checkpoint.resume(log.subList(2, 5), 1)).isEmpty();
    }
}
