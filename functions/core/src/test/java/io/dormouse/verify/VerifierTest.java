package io.dormouse.verify;

import static io.dormouse.Given.allow;
import static io.dormouse.Given.answer;
import static io.dormouse.Given.asking;
import static io.dormouse.Given.custom;
import static io.dormouse.Given.deny;
import static io.dormouse.Given.interrupt;
import static io.dormouse.Given.refused;
import static io.dormouse.Given.renamed;
import static io.dormouse.Given.replied;
import static io.dormouse.Given.reply;
import static io.dormouse.Given.says;
import static io.dormouse.Given.text;
import static io.dormouse.Given.textBlock;
import static io.dormouse.Given.toolUse;
import static io.dormouse.Given.userSays;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.dormouse.Given;
import io.dormouse.Histories;
import io.dormouse.Play;
import io.dormouse.head.Head;
import io.dormouse.id.EventId;
import io.dormouse.session.Budget;
import io.dormouse.session.Checkpoint;
import io.dormouse.session.Conversation;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Posted;
import io.dormouse.session.StopReason;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class VerifierTest {
    private static final ToolCall BASH = toolUse("t1", "bash");
    private static final ToolCall WRITE = asking("q1", "write");
    private static final ToolCall EDIT = asking("q2", "edit");
    private static final ToolCall WEATHER = custom("c1", "weather");
    private static final ToolCall NONSENSE = refused("r1", "nonsense", "There is no such tool.");
    private static final ToolCall READ = toolUse("t2", "read");

    /** A session in which everything happens once. */
    private static final Play RICH = Play.begin()
            .post(userSays("one"), userSays("two"))
            .then() // 2: a turn begins, the model is asked
            .model(replied(BASH, NONSENSE)) // 3
            .post(userSays("three"))
            .hands() // 4
            .model(replied(WRITE, EDIT, WEATHER)) // 5: the client is awaited
            .post(allow("q1"))
            .then() // 6
            .post(deny("q2", "No."), answer("c1", "sunny"))
            .then() // 7: and goes on
            .hands() // 8
            .fails(Duration.ofSeconds(2)) // 9
            .later(Duration.ofMinutes(1))
            .then() // 10: a retry
            .model(says("done")) // 11: the turn ends
            .post(renamed("x"))
            .then() // 12
            .post(userSays("four"))
            .then() // 13
            .model(replied(READ)) // 14
            .post(interrupt())
            .hands() // 15: the turn is interrupted
            .post(userSays("five"))
            .then() // 16
            .model(reply("refusal", List.of(textBlock("I ca")))) // 17
            .post(Given.archived())
            .then(); // 18

    private static List<Finding> verify(Head head, List<Entry> log) {
        Verifier verifier = new Verifier(UnaryOperator.identity());
        verifier.expect(head.snapshot());
        log.forEach(verifier::add);
        verifier.end(head.nextSeq(), head.pending());
        return verifier.findings();
    }

    private static List<Finding> verify(Play play) {
        return verify(play.head(), play.log());
    }

    @Test
    void a_session_in_which_everything_happens_is_healthy() {
        assertThat(RICH.log()).hasSize(18);
        assertThat(verify(RICH)).isEmpty();
        Verifier verifier = new Verifier(UnaryOperator.identity());
        RICH.log().forEach(verifier::add);
        assertThat(verifier.summary())
                .isEqualTo(new Verifier.Summary(18, 3, 6, new Usage(50, 25, 15, 10, 5, 0, 20_000)));
    }

    @Test
    void every_short_history_is_healthy() {
        int[] histories = {0};
        Histories.walk(5, (before, after) -> {
            histories[0]++;
            assertThat(verify(after)).as("%s", after.log()).isEmpty();
        });
        assertThat(histories[0]).isGreaterThan(3000);
    }

    /** A hand's facts are the only ones that nothing else depends on; the hash chain of an export holds those. */
    @Test
    void no_fact_of_a_short_history_can_be_left_out() {
        int[] cases = {0};
        Histories.walk(4, (before, after) -> {
            List<Entry> log = after.log();
            // Those before were left out of the history before.
            Entry last = log.getLast();
            if (log.size() == before.log().size()) return;
            for (int i = 0; i < last.facts().size(); i++) {
                List<Fact> fewer = new ArrayList<>(last.facts());
                fewer.remove(i);
                List<Entry> broken = new ArrayList<>(log);
                broken.set(log.size() - 1, with(last, fewer));
                cases[0]++;
                assertThat(verify(after.head(), broken))
                        .as("without %s of %s", last.facts().get(i), log)
                        .isNotEmpty();
            }
        });
        assertThat(cases[0]).isGreaterThan(2000);
    }

    @Test
    void no_fact_of_a_short_history_can_be_told_twice() {
        Histories.walk(4, (before, after) -> {
            Entry last = after.log().getLast();
            for (int i = 0; i < last.facts().size(); i++) {
                List<Fact> more = new ArrayList<>(last.facts());
                more.add(i, more.get(i));
                List<Entry> broken = new ArrayList<>(after.log());
                broken.set(broken.size() - 1, with(last, more));
                assertThat(verify(after.head(), broken))
                        .as("%s twice of %s", last.facts().get(i), after.log())
                        .isNotEmpty();
            }
        });
    }

    @Test
    void what_a_head_knows_beyond_the_log_is_told() {
        List<Entry> shorter = RICH.log().subList(0, 17);
        assertThat(verify(RICH.head(), shorter)).first().satisfies(found -> {
            assertThat(found.rule()).isEqualTo(Rule.END);
            assertThat(found.position()).isEqualTo(17);
        });
    }

    @Test
    void a_broken_entry_does_not_end_the_reading_and_findings_have_an_end() {
        List<Entry> nonsense = new ArrayList<>();
        for (int i = 0; i < 1000; i++)
            nonsense.add(new Entry(
                    7, -i, "n", Given.NOON, List.of(RICH.log().get(6).facts().get(0))));
        assertThat(verify(RICH.head(), nonsense)).hasSize(200);
    }

    // ---- one thing wrong

    private static Entry with(Entry entry, List<Fact> facts) {
        return new Entry(entry.position(), entry.epoch(), entry.nonce(), entry.time(), facts);
    }

    private static List<Entry> rich() {
        return new ArrayList<>(RICH.log());
    }

    /** One entry changed. */
    private static List<Entry> at(int position, UnaryOperator<Entry> change) {
        List<Entry> log = rich();
        log.set(position - 1, change.apply(log.get(position - 1)));
        return log;
    }

    /** The facts of one type in one entry changed; null takes them out. */
    private static <F extends Fact> List<Entry> fact(int position, Class<F> type, Function<F, Fact> change) {
        return at(position, entry -> {
            List<Fact> facts = new ArrayList<>();
            int changed = 0;
            for (Fact fact : entry.facts()) {
                Fact now = type.isInstance(fact) ? change.apply(type.cast(fact)) : fact;
                if (type.isInstance(fact)) changed++;
                if (now != null) facts.add(now);
            }
            assertThat(changed).as("%s in %s", type, entry).isEqualTo(1);
            return with(entry, facts);
        });
    }

    private static Usage more(Usage usage) {
        return new Usage(
                usage.input() + 1,
                usage.output(),
                usage.cacheRead(),
                usage.cacheWrite5m(),
                usage.cacheWrite1h(),
                usage.webSearches(),
                usage.listNanoUsd());
    }

    private static List<Posted> renumbered(List<Posted> inputs, BiFunction<Integer, Posted, Long> number) {
        List<Posted> changed = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            Posted posted = inputs.get(i);
            changed.add(new Posted(number.apply(i, posted), posted.at(), posted.input()));
        }
        return changed;
    }

    private static List<ToolResult> renamedCall(List<ToolResult> results) {
        ToolResult first = results.getFirst();
        return List.of(new ToolResult(Given.id("nobody"), first.modelId(), first.content(), first.isError()));
    }

    private record Broken(String how, List<Entry> log, Rule rule, long position) {}

    private static List<Broken> broken() {
        List<Entry> without7 = rich();
        without7.remove(6);
        List<Entry> swapped = rich();
        swapped.set(7, RICH.log().get(8));
        swapped.set(8, RICH.log().get(7));
        List<Entry> twice = rich();
        twice.add(5, twice.get(4));
        List<Entry> afterEnd = rich();
        afterEnd.add(new Entry(19, 99, "n19", Given.NOON, List.of(new Fact.HandAttached("h"))));
        return List.of(
                new Broken("an entry is dropped", without7, Rule.ORDER, 8),
                new Broken("the first entry is dropped", rich().subList(1, 18), Rule.ORDER, 2),
                new Broken("two entries are swapped", swapped, Rule.ORDER, 9),
                new Broken("an entry is doubled", twice, Rule.ORDER, 5),
                new Broken(
                        "an epoch falls", at(8, e -> new Entry(8, 1, e.nonce(), e.time(), e.facts())), Rule.EPOCH, 8),
                new Broken(
                        "an entry of no owner",
                        at(2, e -> new Entry(2, 0, e.nonce(), e.time(), e.facts())),
                        Rule.EPOCH,
                        2),
                new Broken(
                        "a nonce comes twice",
                        at(9, e -> new Entry(9, e.epoch(), "n3", e.time(), e.facts())),
                        Rule.NONCE,
                        9),
                new Broken("an entry tells nothing", at(12, e -> with(e, List.of())), Rule.LINE, 12),
                new Broken(
                        "the session never begins",
                        at(1, e -> with(e, List.of(new Fact.HandAttached("h")))),
                        Rule.BEGIN,
                        1),
                new Broken(
                        "the session begins twice",
                        at(12, e -> with(e, List.of(e.facts().getFirst(), Given.sessionBegan()))),
                        Rule.BEGIN,
                        12),
                new Broken(
                        "an input is told twice",
                        fact(
                                2,
                                Fact.TurnBegan.class,
                                f -> new Fact.TurnBegan(List.of(
                                        f.inputs().get(0),
                                        f.inputs().get(0),
                                        f.inputs().get(1)))),
                        Rule.INPUT,
                        2),
                new Broken(
                        "two messages are in the wrong order",
                        fact(
                                2,
                                Fact.TurnBegan.class,
                                f -> new Fact.TurnBegan(f.inputs().reversed())),
                        Rule.INPUT,
                        2),
                new Broken(
                        "a message is lost",
                        fact(
                                2,
                                Fact.TurnBegan.class,
                                f -> new Fact.TurnBegan(f.inputs().subList(0, 1))),
                        Rule.INPUT,
                        18),
                new Broken(
                        "an input has a number that none has",
                        fact(13, Fact.TurnBegan.class, f -> new Fact.TurnBegan(renumbered(f.inputs(), (i, p) -> -4L))),
                        Rule.INPUT,
                        13),
                new Broken("a note of the archiving is lost", rich().subList(0, 17), Rule.END, 17),
                new Broken("something follows the archiving", afterEnd, Rule.ARCHIVED, 19),
                new Broken("a turn does not begin", fact(13, Fact.TurnBegan.class, f -> null), Rule.TURN, 13),
                new Broken("a turn does not end", fact(11, Fact.TurnEnded.class, f -> null), Rule.TURN, 11),
                new Broken(
                        "a turn ends for another reason",
                        fact(
                                17,
                                Fact.TurnEnded.class,
                                f -> new Fact.TurnEnded(
                                        StopReason.END_TURN,
                                        f.details(),
                                        f.error(),
                                        f.message(),
                                        f.total(),
                                        f.activeMillis())),
                        Rule.TURN,
                        17),
                new Broken("a request is not told", fact(4, Fact.ModelAsked.class, f -> null), Rule.TURN, 4),
                new Broken("a reply is lost", fact(11, Fact.ModelReplied.class, f -> null), Rule.REQUEST, 11),
                new Broken(
                        "a reply is of another request",
                        fact(
                                11,
                                Fact.ModelReplied.class,
                                f -> new Fact.ModelReplied(
                                        Given.id("other"), f.content(), f.calls(), f.stopReason(), null, f.usage())),
                        Rule.REQUEST,
                        11),
                new Broken("a failure is lost", fact(9, Fact.ModelFailed.class, f -> null), Rule.LINE, 9),
                new Broken(
                        "a retry is not told as one",
                        fact(10, Fact.ModelAsked.class, f -> new Fact.ModelAsked(f.id(), false)),
                        Rule.REQUEST,
                        10),
                new Broken(
                        "two requests have one id",
                        at(10, e -> with(e, List.of(new Fact.ModelAsked(firstRequest(), true)))),
                        Rule.REQUEST,
                        10),
                new Broken("a result is lost", fact(8, Fact.ToolsReturned.class, f -> null), Rule.CALL, 8),
                new Broken(
                        "a result is of no call",
                        fact(8, Fact.ToolsReturned.class, f -> new Fact.ToolsReturned(renamedCall(f.results()))),
                        Rule.CALL,
                        8),
                new Broken(
                        "a result comes twice",
                        fact(
                                8,
                                Fact.ToolsReturned.class,
                                f -> new Fact.ToolsReturned(List.of(
                                        f.results().getFirst(), f.results().getFirst()))),
                        Rule.CALL,
                        8),
                new Broken(
                        "a result has the model's id of another call",
                        fact(
                                8,
                                Fact.ToolsReturned.class,
                                f -> new Fact.ToolsReturned(List.of(
                                        new ToolResult(f.results().getFirst().call(), "toolu_t1", text("x"), false)))),
                        Rule.CALL,
                        8),
                new Broken(
                        "a call is not told",
                        fact(
                                14,
                                Fact.ModelReplied.class,
                                f -> new Fact.ModelReplied(
                                        f.asked(), f.content(), List.of(), f.stopReason(), null, f.usage())),
                        Rule.CALL,
                        14),
                new Broken(
                        "two calls have one id",
                        fact(
                                14,
                                Fact.ModelReplied.class,
                                f -> new Fact.ModelReplied(
                                        f.asked(),
                                        List.of(Given.block(BASH)),
                                        List.of(BASH),
                                        f.stopReason(),
                                        null,
                                        f.usage())),
                        Rule.CALL,
                        14),
                new Broken(
                        "a call runs that nobody allowed",
                        at(5, e -> with(e, List.of(e.facts().getFirst(), Given.returned(WRITE), Given.returned(EDIT)))),
                        Rule.PERMISSION,
                        5),
                new Broken(
                        "a denial became a result of another question",
                        fact(
                                6,
                                Fact.ClientAnswered.class,
                                f -> new Fact.ClientAnswered(f.answers(), List.of(Given.output(EDIT)), f.resumed())),
                        Rule.PERMISSION,
                        6),
                new Broken(
                        "an answer is not what the client said",
                        fact(
                                7,
                                Fact.ClientAnswered.class,
                                f -> new Fact.ClientAnswered(
                                        f.answers(),
                                        f.results().stream()
                                                .map(r -> new ToolResult(
                                                        r.call(), r.modelId(), text("rainy"), r.isError()))
                                                .toList(),
                                        f.resumed())),
                        Rule.CALL,
                        7),
                new Broken(
                        "the client is awaited for less",
                        fact(
                                5,
                                Fact.ClientAwaited.class,
                                f -> new Fact.ClientAwaited(f.questions().subList(0, 1), f.total(), f.activeMillis())),
                        Rule.CALL,
                        5),
                new Broken(
                        "the session goes on too early",
                        fact(
                                6,
                                Fact.ClientAnswered.class,
                                f -> new Fact.ClientAnswered(f.answers(), f.results(), true)),
                        Rule.TURN,
                        6),
                new Broken(
                        "an interrupt leaves a call open",
                        fact(15, Fact.ToolsReturned.class, f -> null),
                        Rule.CALL,
                        15),
                new Broken(
                        "a request used less",
                        fact(
                                3,
                                Fact.ModelReplied.class,
                                f -> new Fact.ModelReplied(
                                        f.asked(), f.content(), f.calls(), f.stopReason(), null, Usage.NONE)),
                        Rule.USAGE,
                        5),
                new Broken(
                        "a failed request used more",
                        fact(
                                9,
                                Fact.ModelFailed.class,
                                f -> new Fact.ModelFailed(
                                        f.asked(), f.error(), f.message(), f.retryAt(), more(f.usage()))),
                        Rule.USAGE,
                        11),
                new Broken(
                        "a total is one more",
                        fact(
                                11,
                                Fact.TurnEnded.class,
                                f -> new Fact.TurnEnded(
                                        f.reason(), null, null, null, more(f.total()), f.activeMillis())),
                        Rule.USAGE,
                        11),
                new Broken(
                        "a total of time is one more",
                        fact(
                                11,
                                Fact.TurnEnded.class,
                                f -> new Fact.TurnEnded(f.reason(), null, null, null, f.total(), f.activeMillis() + 1)),
                        Rule.TIME,
                        11));
    }

    private static EventId firstRequest() {
        return RICH.log().get(1).facts().stream()
                .filter(Fact.ModelAsked.class::isInstance)
                .map(fact -> ((Fact.ModelAsked) fact).id())
                .findFirst()
                .orElseThrow();
    }

    @TestFactory
    List<DynamicTest> one_thing_wrong_is_found_by_its_rule_and_at_its_place() {
        return broken().stream()
                .map(broken -> dynamicTest(broken.how(), () -> {
                    List<Finding> found = verify(RICH.head(), broken.log());
                    assertThat(found).isNotEmpty();
                    assertThat(found.getFirst().rule()).as("%s", found).isEqualTo(broken.rule());
                    assertThat(found.getFirst().position()).as("%s", found).isEqualTo(broken.position());
                }))
                .toList();
    }

    @Test
    void a_head_that_knows_something_else_is_found_at_its_position() {
        Play play = Play.begin().post(userSays("hi")).then().model(says("hello"));
        Head other =
                Play.begin().post(userSays("hi")).then().model(says("hello")).head();
        assertThat(verify(other, play.log())).isEmpty();
        Head wrong = Play.begin()
                .post(userSays("hi"))
                .then()
                .model(reply("refusal", List.of()))
                .head();
        assertThat(wrong.snapshot()).isEqualTo(other.snapshot());
        Head running =
                Play.begin().post(userSays("hi")).then().model(replied(BASH)).head();
        assertThat(verify(running, play.log())).first().satisfies(found -> {
            assertThat(found.rule()).isEqualTo(Rule.HEAD);
            assertThat(found.position()).isEqualTo(3);
        });
    }

    @Test
    void a_message_that_waits_is_not_missing_and_one_that_does_not_is() {
        Play play = Play.begin().post(userSays("hi")).then().post(userSays("later"));
        assertThat(verify(play)).isEmpty();
        Verifier verifier = new Verifier(UnaryOperator.identity());
        play.log().forEach(verifier::add);
        verifier.end(play.head().nextSeq(), List.of());
        assertThat(verifier.findings())
                .containsExactly(
                        new Finding(2, Rule.INPUT, "the input 2 was accepted, and is neither told nor waiting"));
    }

    @Test
    void an_entry_may_leave_out_what_an_interrupt_made_wait() {
        ToolCall unknown = Given.refused("x1", "nonsense", "There is no tool named nonsense.");
        Play replied =
                Play.begin().post(userSays("hi")).then().post(interrupt()).model(replied(BASH, unknown));
        assertThat(verify(replied)).isEmpty();
        Play stopped = replied.hands();
        assertThat(verify(stopped)).isEmpty();
        List<Entry> log = new ArrayList<>(stopped.log());
        log.set(3, with(log.get(3), List.of(Given.returned(BASH))));
        assertThat(verify(stopped.head(), log)).first().satisfies(found -> {
            assertThat(found.rule()).isEqualTo(Rule.TURN);
            assertThat(found.position()).isEqualTo(4);
        });
    }

    @Test
    void a_log_that_no_fold_can_bear_is_told_and_read_on() {
        List<Entry> log = at(1, e -> with(e, List.of(new Fact.SessionBegan(null))));
        assertThat(verify(RICH.head(), log)).first().satisfies(found -> {
            assertThat(found.rule()).isEqualTo(Rule.HEAD);
            assertThat(found.position()).isEqualTo(2);
        });
    }

    // ---- budgets

    /** A session that may spend ten cents and has spent nine; its second request was taken over from an owner that died. */
    private static List<Entry> limited(BiFunction<Integer, Fact, Fact> change) {
        Budget budget = new Budget(10);
        Usage first = Usage.NONE.priced(40_000_000);
        Usage second = Usage.NONE.priced(20_000_000);
        Usage total = Usage.NONE.priced(90_000_000);
        EventId one = Given.id("m1");
        EventId two = Given.id("m2");
        List<Posted> said = Given.mail(userSays("one"), Given.budget(new Budget(20)));
        List<List<Fact>> entries = List.of(
                List.of(new Fact.SessionBegan(Given.AGENT, List.of(), budget)),
                List.of(
                        new Fact.TurnBegan(said.subList(0, 1)),
                        new Fact.ModelAsked(one, false),
                        new Fact.Reserved(one, 50_000_000, 0, "n1", 0)),
                List.of(new Fact.ModelReplied(one, List.of(Given.block(BASH)), List.of(BASH), "tool_use", null, first)),
                List.of(
                        Given.returned(BASH),
                        new Fact.ModelAsked(two, false),
                        new Fact.Reserved(two, 30_000_000, 2_000, "n3", 0)),
                List.of(new Fact.Reserved(two, 25_000_000, 1_100, "n4", 30_000_000)),
                List.of(
                        new Fact.ModelReplied(two, List.of(textBlock("It was")), List.of(), "max_tokens", null, second),
                        new Fact.BudgetReached(true, total, 0, budget)),
                List.of(
                        new Fact.Noted(said.get(1), true),
                        new Fact.ModelAsked(Given.id("m3"), false),
                        new Fact.Reserved(Given.id("m3"), 110_000_000, 0, "n6", 0)));
        List<Entry> log = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            int position = i + 1;
            tell(
                    log,
                    entries.get(i).stream()
                            .map(fact -> change.apply(position, fact))
                            .filter(fact -> fact != null)
                            .toArray(Fact[]::new));
        }
        return log;
    }

    private static List<Finding> limitedFindings(BiFunction<Integer, Fact, Fact> change) {
        Verifier verifier = new Verifier(UnaryOperator.identity());
        limited(change).forEach(verifier::add);
        verifier.end(3, List.of());
        return verifier.findings();
    }

    @Test
    void a_session_that_keeps_its_budget_is_healthy() {
        assertThat(limitedFindings((position, fact) -> fact)).isEmpty();
    }

    @Test
    void a_budget_that_is_not_kept_is_found_where_it_is_not() {
        record Wrong(String how, int position, Rule rule, UnaryOperator<Fact> change, Class<? extends Fact> kind) {}
        List<Wrong> wrong = List.of(
                new Wrong(
                        "more is set aside than there is",
                        5,
                        Rule.BUDGET,
                        f -> reserve(f, 30_000_001, 30_000_000),
                        Fact.Reserved.class),
                new Wrong(
                        "what a dead owner had does not count",
                        5,
                        Rule.BUDGET,
                        f -> reserve(f, 25_000_000, 0),
                        Fact.Reserved.class),
                new Wrong("nothing is set aside", 5, Rule.BUDGET, f -> null, Fact.Reserved.class),
                new Wrong(
                        "a request costs more than was set aside",
                        3,
                        Rule.BUDGET,
                        f -> costing((Fact.ModelReplied) f, 50_000_001),
                        Fact.ModelReplied.class),
                new Wrong(
                        "another entry told what was set aside",
                        2,
                        Rule.BUDGET,
                        f -> new Fact.Reserved(((Fact.Reserved) f).asked(), 50_000_000, 0, "n9", 0),
                        Fact.Reserved.class),
                new Wrong(
                        "it is for another request",
                        2,
                        Rule.REQUEST,
                        f -> new Fact.Reserved(Given.id("m9"), 50_000_000, 0, "n1", 0),
                        Fact.Reserved.class),
                new Wrong(
                        "the budget is another one",
                        6,
                        Rule.BUDGET,
                        f -> new Fact.BudgetReached(true, ((Fact.BudgetReached) f).total(), 0, new Budget(11)),
                        Fact.BudgetReached.class),
                new Wrong(
                        "the total is another one",
                        6,
                        Rule.USAGE,
                        f -> new Fact.BudgetReached(true, Usage.NONE, 0, new Budget(10)),
                        Fact.BudgetReached.class),
                new Wrong(
                        "it is not told that the reply was cut short",
                        6,
                        Rule.TURN,
                        f -> new Fact.BudgetReached(false, ((Fact.BudgetReached) f).total(), 0, new Budget(10)),
                        Fact.BudgetReached.class),
                new Wrong("the turn does not wait", 6, Rule.TURN, f -> null, Fact.BudgetReached.class),
                new Wrong(
                        "the turn does not go on",
                        7,
                        Rule.TURN,
                        f -> new Fact.Noted(((Fact.Noted) f).note()),
                        Fact.Noted.class),
                new Wrong(
                        "there never was a budget",
                        2,
                        Rule.BUDGET,
                        f -> new Fact.SessionBegan(Given.AGENT),
                        Fact.SessionBegan.class));
        for (Wrong each : wrong) {
            boolean first = each.kind() == Fact.SessionBegan.class;
            List<Finding> found = limitedFindings(
                    (position, fact) -> each.kind().isInstance(fact) && (first || position == each.position())
                            ? each.change().apply(fact)
                            : fact);
            assertThat(found).as(each.how()).isNotEmpty();
            // Without it the next entry shows that something is missing.
            int at = each.how().equals("nothing is set aside") ? 5 : each.position();
            assertThat(found.getFirst().position())
                    .as("%s: %s", each.how(), found)
                    .isEqualTo(at);
            assertThat(found.getFirst().rule()).as("%s: %s", each.how(), found).isIn(each.rule(), Rule.LINE);
        }
    }

    private static Fact reserve(Fact fact, long nanoUsd, long lost) {
        Fact.Reserved r = (Fact.Reserved) fact;
        return new Fact.Reserved(r.asked(), nanoUsd, r.maxTokens(), r.by(), lost);
    }

    private static Fact costing(Fact.ModelReplied r, long nanoUsd) {
        return new Fact.ModelReplied(
                r.asked(), r.content(), r.calls(), r.stopReason(), r.stopDetails(), Usage.NONE.priced(nanoUsd));
    }

    // ---- summaries

    /** A turn with a call, summarised before its second request; the summary ends at the first entry of the turn. */
    private static List<Entry> summarised(UnaryOperator<Fact.Compacted> change) {
        List<Posted> said = Given.mail(userSays("one"));
        EventId first = Given.id("m1");
        EventId second = Given.id("m2");
        EventId third = Given.id("m3");
        List<Entry> log = new ArrayList<>();
        tell(log, Given.sessionBegan());
        tell(log, new Fact.TurnBegan(said), new Fact.ModelAsked(first, false));
        tell(
                log,
                new Fact.ModelReplied(first, List.of(Given.block(BASH)), List.of(BASH), "tool_use", null, Given.USED));
        tell(log, Given.returned(BASH), new Fact.ModelAsked(second, false, true));
        Conversation before = Conversation.EMPTY;
        for (Entry entry : log) before = before.after(entry);
        tell(
                log,
                change.apply(new Fact.Compacted(
                        second, 2, "It was said.", said, 100, Given.USED, before.checkpoint(UnaryOperator.identity()))),
                new Fact.ModelAsked(third, false));
        tell(
                log,
                new Fact.ModelReplied(third, List.of(textBlock("done")), List.of(), "end_turn", null, Given.USED),
                new Fact.TurnEnded(
                        StopReason.END_TURN,
                        null,
                        null,
                        null,
                        Given.USED.plus(Given.USED).plus(Given.USED),
                        0));
        return log;
    }

    private static void tell(List<Entry> log, Fact... facts) {
        log.add(new Entry(log.size() + 1, 1, "n" + log.size(), Given.NOON, List.of(facts)));
    }

    private static Fact.Compacted based(Fact.Compacted f, long base, List<Posted> kept) {
        return new Fact.Compacted(f.asked(), base, f.summary(), kept, f.contextTokens(), f.usage(), f.before());
    }

    private static Fact.Compacted checkpoint(Fact.Compacted f, Checkpoint before) {
        return new Fact.Compacted(f.asked(), f.base(), f.summary(), f.kept(), f.contextTokens(), f.usage(), before);
    }

    private static List<Finding> findings(List<Entry> log) {
        Verifier verifier = new Verifier(UnaryOperator.identity());
        log.forEach(verifier::add);
        verifier.end(2, List.of());
        return verifier.findings();
    }

    @Test
    void a_summary_that_is_right_is_healthy_wherever_it_may_end() {
        for (long base : List.of(2L, 4L))
            assertThat(findings(summarised(f -> based(f, base, f.kept()))))
                    .as("base %d", base)
                    .isEmpty();
    }

    @Test
    void a_summary_that_is_wrong_is_found_at_its_entry() {
        Map<String, UnaryOperator<Fact.Compacted>> wrong = new LinkedHashMap<>();
        wrong.put("it ends while a call is open", f -> based(f, 3, f.kept()));
        wrong.put("it stands for itself", f -> based(f, 5, f.kept()));
        wrong.put("it stands for what comes", f -> based(f, 99, f.kept()));
        wrong.put("it stands for nothing", f -> based(f, 0, f.kept()));
        wrong.put("it repeats what nobody said", f -> based(f, 2, Given.mail(userSays("other"))));
        wrong.put("it repeats what comes behind it", f -> based(f, 1, f.kept()));
        wrong.put(
                "it repeats twice",
                f -> based(f, 2, List.of(f.kept().getFirst(), f.kept().getFirst())));
        wrong.put(
                "it forgets what was used",
                f -> checkpoint(f, with(f.before(), Usage.NONE, f.before().asks())));
        wrong.put(
                "it forgets a request",
                f -> checkpoint(f, with(f.before(), f.before().usage(), 0)));
        wrong.forEach((how, change) -> {
            List<Finding> found = findings(summarised(change));
            assertThat(found).as(how).isNotEmpty();
            assertThat(found.getFirst().rule()).as("%s: %s", how, found).isEqualTo(Rule.SUMMARY);
            assertThat(found.getFirst().position()).as("%s: %s", how, found).isEqualTo(5);
        });
    }

    private static Checkpoint with(Checkpoint c, Usage usage, int asks) {
        return new Checkpoint(
                c.agent(),
                c.taken(),
                usage,
                c.activeMillis(),
                c.runningSince(),
                asks,
                c.cuts(),
                c.compactions(),
                c.replies());
    }

    @Test
    void a_summary_answers_the_request_for_it_and_its_usage_counts() {
        List<Finding> other = findings(summarised(f -> new Fact.Compacted(
                Given.id("m1"), f.base(), f.summary(), f.kept(), f.contextTokens(), f.usage(), f.before())));
        assertThat(other.getFirst().rule()).isEqualTo(Rule.REQUEST);
        assertThat(other.getFirst().position()).isEqualTo(5);
        List<Finding> usage = findings(summarised(f -> new Fact.Compacted(
                f.asked(), f.base(), f.summary(), f.kept(), f.contextTokens(), more(f.usage()), f.before())));
        assertThat(usage.getFirst().rule()).isEqualTo(Rule.USAGE);
        assertThat(usage.getFirst().position()).isEqualTo(6);
        List<Entry> unasked = summarised(f -> f);
        unasked.set(3, with(unasked.get(3), List.of(Given.returned(BASH), new Fact.ModelAsked(Given.id("m2"), false))));
        assertThat(findings(unasked).getFirst().rule()).isEqualTo(Rule.REQUEST);
        assertThat(findings(unasked).getFirst().position()).isEqualTo(5);
    }
}
