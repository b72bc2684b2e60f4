package io.dormouse.harness;

import static io.dormouse.harness.World.calls;
import static io.dormouse.harness.World.failing;
import static io.dormouse.harness.World.limited;
import static io.dormouse.harness.World.replying;
import static io.dormouse.harness.World.text;
import static io.dormouse.harness.World.using;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.harness.Harness.Woken;
import io.dormouse.head.Head.Posting;
import io.dormouse.head.Snapshot;
import io.dormouse.json.Json;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Catalog;
import io.dormouse.prompt.Model.Failure;
import io.dormouse.prompt.Model.Reply;
import io.dormouse.prompt.Prompt;
import io.dormouse.session.Allowance;
import io.dormouse.session.Budget;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Usage;
import io.dormouse.verify.Verifier;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What a session with a budget spends, whatever its model and its owners do. */
class BudgetTest {
    private static final String BASH = "[{'type':'agent_toolset_20260401'}]";
    private static final long CENT = Budget.NANO_USD_PER_CENT;

    /** Of a token of a prompt, and of one of a reply. */
    private static final long IN = 1_000;

    private static final long OUT = 5_000;

    private static final int USUAL = 16_384;

    private static Woken wake(World world) {
        return world.harness().wake(world.thread, "one", Instant.MAX);
    }

    private static long spent(World world) {
        return world.head().snapshot().usage().listNanoUsd();
    }

    private static <F extends Fact> List<F> facts(World world, Class<F> kind) {
        return world.log.read(world.thread, 0, 10_000).stream()
                .flatMap(entry -> entry.facts().stream())
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
    }

    private static void verifies(World world) {
        Verifier verifier = new Verifier(UnaryOperator.identity());
        verifier.expect(world.head().snapshot());
        world.log.read(world.thread, 0, 10_000).forEach(verifier::add);
        verifier.end(world.head().nextSeq(), world.head().pending());
        assertThat(verifier.findings()).isEmpty();
    }

    private static void budget(World world, Budget budget) {
        ObjectNode changes = Json.object();
        changes.set("budget", budget == null ? null : budget.wire());
        assertThat(world.post(new Input.Updated(world.ids.event(), changes))).isInstanceOf(Posting.Accepted.class);
    }

    private static String stopReason(World world) {
        return world.event("session.status_idle").at("/stop_reason/type").asText();
    }

    private static int maxTokens(World world, int request) {
        return world.prompts.get(request).path("max_tokens").asInt();
    }

    /** Calls for ever, and takes all that it is let take. */
    private static BiFunction<Prompt, Cancellation, Reply> greedy(World world) {
        return new BiFunction<>() {
            @Override
            public Reply apply(Prompt prompt, Cancellation cancellation) {
                world.replies.add(this);
                Usage all = new Usage(2_000, prompt.body().path("max_tokens").asLong(), 0, 0, 0, 0, 0);
                return using(all, calls("bash")).apply(prompt, cancellation);
            }
        };
    }

    @Test
    void a_model_that_calls_for_ever_stops_within_the_budget_and_goes_on_when_it_is_raised() {
        World world = limited(BASH, 30);
        world.replies.add(greedy(world));
        world.says("go");
        assertThat(wake(world)).isEqualTo(Woken.SETTLED);
        assertThat(world.head().snapshot().phase()).isEqualTo(Snapshot.Phase.PAUSED);
        assertThat(stopReason(world)).isEqualTo("budget_reached");
        // Three whole replies and a shorter one; what is left lasts for no other.
        assertThat(world.prompts).hasSize(4);
        for (int i = 0; i < 3; i++) assertThat(maxTokens(world, i)).isEqualTo(USUAL);
        assertThat(maxTokens(world, 3)).isBetween(1_024, USUAL - 1);
        assertThat(spent(world)).isBetween(30 * CENT - (8_000 * IN + 1_024 * OUT), 30 * CENT);
        verifies(world);

        assertThat(world.post(new Input.UserMessage(world.ids.event(), Json.array())))
                .isInstanceOf(Posting.Refused.class);
        budget(world, new Budget(50));
        assertThat(wake(world)).isEqualTo(Woken.SETTLED);
        assertThat(world.eventTypes()).endsWith("session.thread_status_idle", "session.usage", "session.status_idle");
        assertThat(world.eventTypes())
                .containsSubsequence(
                        "session.status_idle",
                        "session.updated",
                        "session.status_running",
                        "session.thread_status_running",
                        "span.model_request_start",
                        "agent.tool_use",
                        "session.status_idle");
        assertThat(world.event("session.usage")
                        .at("/budget/max_list_cost/amount")
                        .asText())
                .isEqualTo("50");
        assertThat(world.prompts.size()).isGreaterThan(5);
        assertThat(spent(world)).isGreaterThan(40 * CENT).isLessThanOrEqualTo(50 * CENT);
        verifies(world);

        budget(world, null);
        world.replies.clear();
        assertThat(wake(world)).isEqualTo(Woken.SETTLED);
        assertThat(stopReason(world)).isEqualTo("end_turn");
        assertThat(maxTokens(world, world.prompts.size() - 1)).isEqualTo(USUAL);
        verifies(world);
    }

    @Test
    void a_reply_that_is_cut_short_goes_on_where_it_ended_when_there_is_more() {
        World world = limited("[]", 2);
        world.replies.add(replying("max_tokens", "{'type':'text','text':'It was a dark and'}"));
        world.says("tell me a story");
        wake(world);
        assertThat(maxTokens(world, 0)).isBetween(1_024, USUAL - 1);
        assertThat(stopReason(world)).isEqualTo("budget_reached");
        budget(world, new Budget(100));
        wake(world);
        assertThat(World.lastText(world.prompts.get(1))).isEqualTo(Allowance.GO_ON);
        assertThat(maxTokens(world, 1)).isEqualTo(USUAL);
        assertThat(stopReason(world)).isEqualTo("end_turn");
        verifies(world);
    }

    @Test
    void a_request_that_broke_off_counts_with_all_that_it_may_have_cost_and_one_that_was_refused_with_nothing() {
        World world = limited("[]", 100);
        world.replies.add(failing(Failure.RATE_LIMITED));
        world.replies.add((prompt, cancellation) ->
                new Reply.Failed(Failure.UNREACHABLE, "broke", null, new Usage(3_000, 1, 0, 0, 0, 0, 0), true));
        world.says("hi");
        wake(world);
        assertThat(stopReason(world)).isEqualTo("end_turn");
        assertThat(facts(world, Fact.ModelFailed.class))
                .extracting(fact -> fact.usage().listNanoUsd())
                .containsExactly(0L, 3_000 * IN + USUAL * OUT);
        assertThat(spent(world)).isEqualTo(3_000 * IN + USUAL * OUT + 10 * IN + 5 * OUT);
        verifies(world);
    }

    @Test
    void broken_requests_are_not_repeated_beyond_the_budget() {
        World world = limited("[]", 15);
        world.retries = new Retries(100, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofSeconds(10));
        for (int i = 0; i < 50; i++)
            world.replies.add(
                    (prompt, cancellation) -> new Reply.Failed(Failure.UNREACHABLE, "broke", null, Usage.NONE, true));
        world.says("hi");
        wake(world);
        assertThat(stopReason(world)).isEqualTo("budget_reached");
        assertThat(world.prompts.size()).isBetween(2, 4);
        assertThat(spent(world)).isLessThanOrEqualTo(15 * CENT);
        verifies(world);
    }

    @Test
    void an_interrupt_counts_the_longest_reply_that_it_may_have_cut_off() throws InterruptedException {
        World world = limited("[]", 100);
        CountDownLatch streaming = new CountDownLatch(1);
        CountDownLatch cut = new CountDownLatch(1);
        world.replies.add((prompt, cancellation) -> {
            cancellation.onRequest(cut::countDown);
            streaming.countDown();
            HarnessTest.await(cut);
            return new Reply.Cancelled(new Usage(3_000, 1, 0, 0, 0, 0, 0));
        });
        world.says("tell me a story");
        Harness harness = world.harness();
        Thread running = Thread.ofVirtual().start(() -> harness.wake(world.thread, "one", Instant.MAX));
        HarnessTest.await(streaming);
        world.post(new Input.Interrupt(world.ids.event()));
        harness.poke(world.thread);
        running.join();
        assertThat(stopReason(world)).isEqualTo("end_turn");
        assertThat(spent(world)).isEqualTo(3_000 * IN + USUAL * OUT);
        verifies(world);
    }

    @Test
    void whoever_hands_over_has_set_nothing_aside() {
        World world = limited("[]", 100);
        world.says("hi");
        Instant near = world.pace.now().plus(Harness.MARGIN.dividedBy(2));
        assertThat(world.harness().wake(world.thread, "one", near)).isEqualTo(Woken.HANDED_OVER);
        assertThat(world.prompts).isEmpty();
        assertThat(facts(world, Fact.ModelAsked.class)).hasSize(1);
        assertThat(facts(world, Fact.Reserved.class)).isEmpty();
        assertThat(world.harness().wake(world.thread, "two", Instant.MAX)).isEqualTo(Woken.SETTLED);
        assertThat(facts(world, Fact.ModelAsked.class)).hasSize(1);
        assertThat(facts(world, Fact.Reserved.class)).hasSize(1);
        assertThat(spent(world)).isEqualTo(10 * IN + 5 * OUT);
        verifies(world);
    }

    /** No exception of a model's: the process ends. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    @Test
    void what_a_dead_owner_had_set_aside_counts_and_the_request_is_made_again_while_there_is_enough() {
        World world = limited("[]", 18);
        for (int i = 0; i < 2; i++)
            world.replies.add((prompt, cancellation) -> {
                throw new Killed();
            });
        world.says("hi");
        assertThatThrownBy(() -> wake(world)).isInstanceOf(Killed.class);
        assertThatThrownBy(() -> wake(world)).isInstanceOf(Killed.class);
        assertThat(wake(world)).isEqualTo(Woken.SETTLED);
        List<Fact.Reserved> reserved = facts(world, Fact.Reserved.class);
        assertThat(reserved).hasSize(2);
        assertThat(reserved.getFirst().lostNanoUsd()).isZero();
        assertThat(reserved.getLast().lostNanoUsd())
                .isEqualTo(reserved.getFirst().nanoUsd())
                .isGreaterThan(USUAL * OUT);
        assertThat(stopReason(world)).isEqualTo("budget_reached");
        assertThat(spent(world))
                .isEqualTo(reserved.stream().mapToLong(Fact.Reserved::nanoUsd).sum());
        assertThat(world.prompts).hasSize(2);
        verifies(world);

        budget(world, new Budget(100));
        wake(world);
        assertThat(stopReason(world)).isEqualTo("end_turn");
        verifies(world);
    }

    @Test
    void a_model_whose_price_is_not_known_any_more_is_not_asked_until_the_budget_is_removed() {
        World world = limited("[]", 100);
        world.catalog = new Catalog(Json.parse("{\"models\":[]}"));
        world.says("hi");
        wake(world);
        assertThat(world.prompts).isEmpty();
        assertThat(stopReason(world)).isEqualTo("budget_reached");
        budget(world, null);
        wake(world);
        assertThat(stopReason(world)).isEqualTo("end_turn");
        verifies(world);
    }

    @Test
    void messages_that_wait_behind_a_turn_that_stops_are_heard_when_it_goes_on() {
        World world = limited("[]", 2);
        world.says("first");
        world.replies.add((prompt, cancellation) -> {
            world.says("second");
            return replying("max_tokens", "{'type':'text','text':'It was'}").apply(prompt, cancellation);
        });
        wake(world);
        assertThat(stopReason(world)).isEqualTo("budget_reached");
        assertThat(world.head().mail()).hasSize(1);
        assertThat(world.head().owes()).isFalse();
        budget(world, new Budget(100));
        world.replies.add(text("done"));
        wake(world);
        assertThat(World.lastText(world.prompts.get(1))).isEqualTo("second");
        assertThat(world.head().mail()).isEmpty();
        verifies(world);
    }
}
