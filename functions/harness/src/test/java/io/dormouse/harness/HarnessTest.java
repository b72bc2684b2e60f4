package io.dormouse.harness;

import static io.dormouse.harness.World.calls;
import static io.dormouse.harness.World.failing;
import static io.dormouse.harness.World.replying;
import static io.dormouse.harness.World.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandResult;
import io.dormouse.harness.Harness.Woken;
import io.dormouse.head.Head;
import io.dormouse.head.Head.Posting;
import io.dormouse.id.EventId;
import io.dormouse.prompt.Model.Failure;
import io.dormouse.prompt.Model.Reply;
import io.dormouse.session.Entry;
import io.dormouse.session.Input;
import io.dormouse.session.SessionLog.Appended;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HarnessTest {
    private static final String BASH = "[{'type':'agent_toolset_20260401'}]";
    private static final String ASKING = "[{'type':'agent_toolset_20260401','default_config':{'enabled':true,"
            + "'permission_policy':{'type':'always_ask'}}},{'type':'custom','name':'lookup','input_schema':{}}]";

    private static Woken wake(World world) {
        return world.harness().wake(world.thread, "one", Instant.MAX);
    }

    @Test
    void a_plain_turn_is_two_entries_and_five_writes() {
        World world = new World("[]");
        world.says("hi");
        world.replies.add(text("hello"));
        assertThat(wake(world)).isEqualTo(Woken.SETTLED);
        assertThat(world.eventTypes())
                .containsExactly(
                        "user.message",
                        "session.status_running",
                        "session.thread_status_running",
                        "span.model_request_start",
                        "agent.message",
                        "span.model_request_end",
                        "session.thread_status_idle",
                        "session.usage",
                        "session.status_idle");
        assertThat(world.log.read(world.thread, 0, 10)).hasSize(3);
        // Created, posted, claimed, settled: with the two entries that is five writes after the creation.
        assertThat(world.head().version()).isEqualTo(4);
        assertThat(world.head().mail()).isEmpty();
        assertThat(world.head().status()).isEqualTo(Head.Status.IDLE);
        assertThat(world.head().owes()).isFalse();
    }

    @Test
    void a_wake_of_a_thread_that_owes_nothing_writes_nothing() {
        World world = new World("[]");
        assertThat(wake(world)).isEqualTo(Woken.NOTHING_OWED);
        assertThat(world.head().version()).isEqualTo(1);
    }

    @Test
    void calls_run_side_by_side_and_their_results_keep_the_order_of_the_calls() {
        World world = new World(BASH);
        world.says("go");
        world.replies.add(calls("bash", "read", "nothing"));
        CountDownLatch both = new CountDownLatch(2);
        world.hand = (call, cancellation) -> {
            both.countDown();
            await(both);
            return new HandResult.Output(ToolResult.text("did " + call.name()), false);
        };
        assertThat(wake(world)).isEqualTo(Woken.SETTLED);
        JsonNode results = world.prompts.get(1).path("messages").get(2).path("content");
        assertThat(results.findValuesAsText("tool_use_id")).containsExactly("toolu_0", "toolu_1", "toolu_2");
        assertThat(results.get(0).toString()).contains("did bash");
        assertThat(results.get(1).toString()).contains("did read");
        assertThat(results.get(2).toString()).contains("There is no tool named nothing", "\"is_error\":true");
    }

    @Test
    void a_session_without_tool_calls_has_no_hand() {
        World world = new World(BASH);
        world.says("hi");
        wake(world);
        assertThat(world.handCalls).isEmpty();
        assertThat(world.log.read(world.thread, 0, 10).toString()).doesNotContain("HandAttached");
    }

    @Test
    void asks_allows_and_denies() {
        World world = new World(ASKING);
        world.says("go");
        world.replies.add(calls("bash", "write", "lookup"));
        assertThat(wake(world)).isEqualTo(Woken.SETTLED);
        List<EventId> asked = List.copyOf(world.head().snapshot().questions().keySet());
        assertThat(asked).hasSize(3);
        assertThat(world.handCalls).isEmpty();
        assertThat(world.head().status()).isEqualTo(Head.Status.IDLE);
        assertThat(world.head().owes()).isFalse();

        world.post(new Input.Confirmation(world.ids.event(), asked.get(0), true, null));
        wake(world);
        JsonNode remaining =
                world.event("session.status_idle").path("stop_reason").path("event_ids");
        assertThat(remaining).hasSize(2);
        assertThat(world.handCalls).isEmpty();

        world.post(
                new Input.Confirmation(world.ids.event(), asked.get(1), false, "not there"),
                new Input.CustomResult(world.ids.event(), asked.get(2), ToolResult.text("42"), false));
        wake(world);
        assertThat(world.handCalls).extracting(HandCall::name).containsExactly("bash");
        JsonNode results = world.prompts.get(1).path("messages").get(2).path("content");
        assertThat(results.get(0).toString()).contains("ran bash");
        assertThat(results.get(1).toString()).contains("denied").contains("not there");
        assertThat(results.get(2).toString()).contains("42");
        assertThat(world.event("session.status_idle")
                        .path("stop_reason")
                        .path("type")
                        .asText())
                .isEqualTo("end_turn");
    }

    @Test
    void a_message_that_comes_during_a_command_enters_at_the_next_boundary() {
        World world = new World(BASH);
        world.says("go");
        world.replies.add(calls("bash"));
        world.hand = (call, cancellation) -> {
            world.says("and hurry");
            return new HandResult.Output(ToolResult.text("ok"), false);
        };
        wake(world);
        assertThat(world.prompts).hasSize(2);
        assertThat(World.lastText(world.prompts.get(1))).isEqualTo("and hurry");
    }

    @Test
    void a_message_that_comes_while_the_turn_ends_gets_a_turn_of_its_own() {
        World world = new World("[]");
        world.says("first");
        world.replies.add((prompt, cancellation) -> {
            world.says("second");
            return text("one").apply(prompt, cancellation);
        });
        assertThat(wake(world)).isEqualTo(Woken.SETTLED);
        assertThat(world.prompts).hasSize(2);
        assertThat(World.lastText(world.prompts.get(1))).isEqualTo("second");
        assertThat(world.head().mail()).isEmpty();
    }

    @Test
    void an_interrupt_cuts_off_the_model_and_the_transcript_stays_legal() throws Exception {
        World world = new World("[]");
        world.says("tell me a story");
        CountDownLatch streaming = new CountDownLatch(1);
        CountDownLatch cut = new CountDownLatch(1);
        world.replies.add((prompt, cancellation) -> {
            cancellation.onRequest(cut::countDown);
            streaming.countDown();
            await(cut);
            return new Reply.Cancelled(new Usage(7, 3, 0, 0, 0, 0, 0));
        });
        Harness harness = world.harness();
        Thread running = Thread.ofVirtual().start(() -> harness.wake(world.thread, "one", Instant.MAX));
        await(streaming);
        world.post(
                new Input.Interrupt(world.ids.event()),
                new Input.UserMessage(world.ids.event(), ToolResult.text("shorter")));
        assertThat(harness.poke(world.thread)).isTrue();
        running.join();
        assertThat(world.eventTypes())
                .containsSubsequence(
                        "span.model_request_start",
                        "span.model_request_end",
                        "user.interrupt",
                        "session.status_idle",
                        "user.message",
                        "session.status_running",
                        "agent.message",
                        "session.status_idle");
        assertThat(world.prompts.get(1).path("messages")).hasSize(1);
        assertThat(world.head().snapshot().usage().input()).isEqualTo(17);
    }

    @Test
    void an_interrupt_stops_the_command_and_what_it_came_to_is_told() throws Exception {
        World world = new World(BASH);
        world.says("go");
        world.replies.add(calls("bash"));
        CountDownLatch running = new CountDownLatch(1);
        world.hand = (call, cancellation) -> {
            CountDownLatch cut = new CountDownLatch(1);
            cancellation.onRequest(cut::countDown);
            running.countDown();
            await(cut);
            return new HandResult.Output(
                    ToolResult.text(cancellation.abandoned() ? "abandoned" : "stopped half way"), true);
        };
        Harness harness = world.harness();
        Thread thread = Thread.ofVirtual().start(() -> harness.wake(world.thread, "one", Instant.MAX));
        await(running);
        world.post(new Input.Interrupt(world.ids.event()));
        harness.poke(world.thread);
        thread.join();
        assertThat(world.event("agent.tool_result").toString()).contains("stopped half way");
        assertThat(world.eventTypes())
                .containsSubsequence("agent.tool_result", "user.interrupt", "session.status_idle");
        assertThat(world.prompts).hasSize(1);
    }

    @Test
    void an_interrupt_after_a_crash_stops_the_command_that_the_dead_owner_had_begun() {
        World world = new World(BASH);
        world.says("go");
        world.replies.add(calls("bash"));
        world.hand = (call, cancellation) -> {
            throw new Error("the process dies here");
        };
        assertThatThrownBy(() -> wake(world)).isInstanceOf(Error.class);
        world.post(new Input.Interrupt(world.ids.event()));
        world.hand = (call, cancellation) -> new HandResult.Output(
                ToolResult.text(cancellation.requested() ? "stopped by its id" : "ran again"), true);
        assertThat(wake(world)).isEqualTo(Woken.SETTLED);
        assertThat(world.event("agent.tool_result").toString()).contains("stopped by its id");
        assertThat(world.event("session.status_idle").toString()).contains("end_turn");
    }

    @Test
    void a_stale_owner_is_replaced_and_its_late_entry_makes_it_stop() {
        World world = new World(BASH);
        world.says("go");
        world.replies.add((prompt, cancellation) -> {
            // While the first owner waits for the model, a second one takes over and finishes the turn.
            Head head = world.head();
            Head stale = new Head(
                    head.workspace(),
                    head.session(),
                    head.thread(),
                    head.version() + 1,
                    head.nextSeq(),
                    head.mail(),
                    new io.dormouse.head.Lease(
                            head.lease().epoch(),
                            head.lease().owner(),
                            world.pace.now().minus(Duration.ofMinutes(1))),
                    head.snapshot(),
                    null,
                    false,
                    head.createdAt(),
                    head.updatedAt());
            world.heads.swap(head, stale);
            world.replies.add(text("from two"));
            assertThat(world.harness().wake(world.thread, "two", Instant.MAX)).isEqualTo(Woken.SETTLED);
            return text("from one").apply(prompt, cancellation);
        });
        assertThat(wake(world)).isEqualTo(Woken.LOST);
        List<String> said = world.events().stream()
                .filter(event -> event.path("type").asText().equals("agent.message"))
                .map(event -> event.path("content").get(0).path("text").asText())
                .toList();
        assertThat(said).containsExactly("from two");
    }

    @Test
    void an_entry_of_an_older_epoch_at_our_position_is_adopted() {
        World world = new World("[]");
        world.says("go");
        world.replies.add((prompt, cancellation) -> {
            // A zombie of epoch 0 lands its reply just before ours.
            Entry last = world.log.read(world.thread, 0, 10).getLast();
            io.dormouse.session.Fact.ModelAsked asked =
                    (io.dormouse.session.Fact.ModelAsked) last.facts().getLast();
            Entry zombie = new Entry(
                    last.position() + 1,
                    0,
                    world.ids.next(),
                    world.pace.now(),
                    List.of(new io.dormouse.session.Fact.ModelReplied(
                            asked.id(),
                            List.of((com.fasterxml.jackson.databind.node.ObjectNode)
                                    io.dormouse.json.Json.parse("{\"type\":\"text\",\"text\":\"zombie\"}")),
                            List.of(),
                            "end_turn",
                            null,
                            Usage.NONE)));
            assertThat(world.log.append(world.thread, zombie)).isInstanceOf(Appended.At.class);
            return text("ours").apply(prompt, cancellation);
        });
        assertThat(wake(world)).isEqualTo(Woken.SETTLED);
        assertThat(world.event("agent.message").toString()).contains("zombie");
        assertThat(world.eventTypes()).endsWith("session.status_idle");
    }

    @Test
    void a_failing_model_is_tried_again_and_then_given_up_with_the_reason_in_the_log() {
        World world = new World("[]");
        world.says("hi");
        world.replies.add(failing(Failure.OVERLOADED));
        world.replies.add(failing(Failure.UNREACHABLE));
        world.replies.add(failing(Failure.RATE_LIMITED));
        assertThat(wake(world)).isEqualTo(Woken.SETTLED);
        assertThat(world.eventTypes())
                .containsSubsequence(
                        "session.error",
                        "session.status_rescheduled",
                        "session.status_running",
                        "session.error",
                        "session.status_rescheduled",
                        "session.status_running",
                        "session.error",
                        "session.status_idle");
        assertThat(world.event("session.status_idle")
                        .path("stop_reason")
                        .path("type")
                        .asText())
                .isEqualTo("retries_exhausted");
        assertThat(world.event("session.error")
                        .path("error")
                        .path("retry_status")
                        .path("type")
                        .asText())
                .isEqualTo("exhausted");
        world.says("again");
        wake(world);
        assertThat(world.eventTypes()).contains("agent.message");
    }

    @Test
    void a_long_wait_holds_no_lease_and_is_scheduled() {
        World world = parked();
        assertThat(world.later).hasSize(1);
        assertThat(world.head().lease().held()).isFalse();
        assertThat(world.head().status()).isEqualTo(Head.Status.RESCHEDULING);
        assertThat(world.head().owedAt()).contains(world.later.peek());
    }

    @Test
    void a_wake_in_the_middle_of_a_long_wait_writes_nothing() {
        World world = parked();
        world.says("are you there?");
        Head before = world.head();
        int entries = world.log.read(world.thread, 0, 100).size();
        assertThat(wake(world)).isEqualTo(Woken.PARKED);
        assertThat(world.harness().wake(before, "another", Instant.MAX)).isEqualTo(Woken.PARKED);
        assertThat(world.head()).isEqualTo(before);
        assertThat(world.log.read(world.thread, 0, 100)).hasSize(entries);
        assertThat(world.later).hasSize(1);
        // Should that one get lost: the sweep finds the thread when its time has come.
        assertThat(world.heads.owing(world.later.peek(), 1)).containsExactly(world.thread);
    }

    @Test
    void an_interrupt_in_the_middle_of_a_long_wait_ends_the_turn() {
        World world = parked();
        Head parked = world.head();
        assertThat(world.post(new Input.Interrupt(world.ids.event()))).isInstanceOf(Posting.Accepted.class);
        // Also when the wake brings along what the head was before.
        assertThat(world.harness().wake(parked, "late", Instant.MAX)).isEqualTo(Woken.SETTLED);
        assertThat(world.head().status()).isEqualTo(Head.Status.IDLE);
    }

    /** A session that waits five minutes for its next model request. */
    private static World parked() {
        World world = new World("[]");
        world.retries = new Retries(3, Duration.ofMillis(1), Duration.ofHours(1), Duration.ofSeconds(10));
        world.says("hi");
        world.replies.add((prompt, cancellation) ->
                new Reply.Failed(Failure.RATE_LIMITED, "later", Duration.ofMinutes(5), Usage.NONE));
        assertThat(wake(world)).isEqualTo(Woken.HANDED_OVER);
        return world;
    }

    @Test
    void a_model_client_that_throws_ends_the_turn_and_not_the_session() {
        World world = new World("[]");
        world.says("hi");
        world.replies.add((prompt, cancellation) -> {
            throw new IllegalStateException("a bug");
        });
        assertThat(wake(world)).isEqualTo(Woken.SETTLED);
        assertThat(world.event("session.error").toString()).contains("a bug");
        assertThat(world.head().status()).isEqualTo(Head.Status.IDLE);
    }

    @Test
    void a_call_cut_off_by_max_tokens_is_not_run() {
        World world = new World(BASH);
        world.says("go");
        world.replies.add(replying(
                "max_tokens",
                "{'type':'tool_use','id':'toolu_0','name':'bash','input':{},'malformed_input':'{\\'command\\':\\'rm'}"
                        .replace("\\'", "\\\"")));
        wake(world);
        assertThat(world.handCalls).isEmpty();
        assertThat(world.prompts.get(1).toString())
                .contains("cut off by max_tokens")
                .doesNotContain("malformed_input");
    }

    @Test
    void a_lost_hand_is_an_answer_for_the_model() {
        World world = new World(BASH);
        world.says("go");
        world.replies.add(calls("bash"));
        world.hand = (call, cancellation) -> new HandResult.Lost("it died");
        assertThat(wake(world)).isEqualTo(Woken.SETTLED);
        assertThat(world.prompts.get(1).toString()).contains("it died");
    }

    @Test
    void a_stop_leaves_the_work_to_whoever_comes_next_with_the_same_keys() throws Exception {
        World world = new World(BASH);
        world.says("go");
        world.replies.add(calls("bash"));
        CountDownLatch running = new CountDownLatch(1);
        world.hand = (call, cancellation) -> {
            CountDownLatch cut = new CountDownLatch(1);
            cancellation.onRequest(cut::countDown);
            running.countDown();
            await(cut);
            return new HandResult.Failed("stopped");
        };
        Harness first = world.harness();
        Thread thread = Thread.ofVirtual().start(() -> first.wake(world.thread, "one", Instant.MAX));
        await(running);
        first.stop();
        thread.join();
        assertThat(world.head().lease().held()).isFalse();
        assertThat(world.head().owes()).isTrue();
        world.hand = (call, cancellation) -> new HandResult.Output(ToolResult.text("finished"), false);
        assertThat(wake(world)).isEqualTo(Woken.SETTLED);
        assertThat(world.handCalls)
                .extracting(HandCall::id)
                .hasSize(2)
                .containsOnly(world.handCalls.getFirst().id());
    }

    @Test
    void work_that_would_outlive_its_invocation_is_left_to_the_next_one() throws Exception {
        World world = new World(BASH, "[]", TestPace.beating());
        world.says("go");
        world.replies.add(calls("bash"));
        Instant deadline = world.pace.now().plus(Duration.ofMinutes(2));
        world.hand = (call, cancellation) -> {
            CountDownLatch cut = new CountDownLatch(1);
            cancellation.onRequest(cut::countDown);
            world.pace.skipTo(deadline.minus(Harness.LAST));
            await(cut);
            assertThat(cancellation.abandoned()).isTrue();
            return new HandResult.Failed("nobody waits any more");
        };
        assertThat(world.harness().wake(world.thread, "one", deadline)).isEqualTo(Woken.HANDED_OVER);
        assertThat(world.pace.now()).isBefore(deadline);
        assertThat(world.wakes).containsExactly(world.thread);
        world.hand = (call, cancellation) -> new HandResult.Output(ToolResult.text("finished"), false);
        assertThat(wake(world)).isEqualTo(Woken.SETTLED);
        assertThat(world.handCalls)
                .hasSize(2)
                .extracting(HandCall::id)
                .containsOnly(world.handCalls.getFirst().id());
    }

    @Test
    void a_deleted_session_is_forgotten_with_its_hand() {
        World world = new World(BASH);
        world.says("go");
        wake(world);
        Head head = world.head();
        world.heads.swap(head, head.delete(world.pace.now()).orElseThrow());
        assertThat(world.head().owes()).isTrue();
        wake(world);
        assertThat(world.discarded).containsExactly(HandId.of(world.thread));
        assertThat(world.log.read(world.thread, 0, 10)).isEmpty();
        assertThat(world.head().owedAt().orElseThrow()).isAfter(world.pace.now().plus(Duration.ofMinutes(59)));
        assertThat(world.post(new Input.Interrupt(world.ids.event()))).isInstanceOf(Posting.Refused.class);
        assertThat(wake(world)).isEqualTo(Woken.NOTHING_OWED);
        assertThat(world.discarded).hasSize(1);
    }

    @Test
    void who_comes_too_late_for_a_deleted_session_does_not_begin_it_again() {
        World world = new World(BASH);
        world.says("go");
        world.log.drop(world.thread);
        assertThat(wake(world)).isEqualTo(Woken.LOST);
        assertThat(world.log.read(world.thread, 0, 10)).isEmpty();
        assertThat(world.prompts).isEmpty();
    }

    @Test
    void an_archived_session_says_so_in_its_log_and_rests() {
        World world = new World("[]");
        world.says("hi");
        wake(world);
        world.post(new Input.Archived(world.ids.event()));
        wake(world);
        assertThat(world.eventTypes()).endsWith("session.status_terminated", "session.thread_status_terminated");
        assertThat(world.head().owes()).isFalse();
    }

    static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
