package io.dormouse.harness;

import static io.dormouse.harness.World.calls;
import static io.dormouse.harness.World.failing;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.AgentSpec;
import io.dormouse.hands.HandResult;
import io.dormouse.harness.Harness.Woken;
import io.dormouse.head.Head;
import io.dormouse.json.Json;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Compaction;
import io.dormouse.prompt.Fold;
import io.dormouse.prompt.Legality;
import io.dormouse.prompt.Model.Failure;
import io.dormouse.prompt.Model.Reply;
import io.dormouse.prompt.Prompt;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Tokens;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** A model with a window of 8,000 tokens, which counts what it reads. */
class CompactionTest {
    private static final String BASH = "[{'type':'agent_toolset_20260401','default_config':{'enabled':false},"
            + "'configs':[{'name':'bash','enabled':true,'permission_policy':{'type':'always_allow'}}]}]";
    private static final int WINDOW = 8_000;
    private static final String WORDS = "so many words ".repeat(120);

    private final World world = new World(BASH);
    private Harness harness;
    private BiFunction<Prompt, Cancellation, Reply> summarizer = replying(text("<summary>S1</summary>"));
    private Usage used = Usage.NONE;

    CompactionTest() {
        world.catalog = world.catalog.narrowed(WINDOW);
        harness = world.harness();
        world.faulty = ports -> new Ports(
                ports.heads(),
                ports.log(),
                (prompt, watcher, cancellation) -> {
                    check(prompt);
                    BiFunction<Prompt, Cancellation, Reply> scripted = Compaction.asks(prompt) ? summarizer : null;
                    if (scripted == null) return counted(prompt, ports.model().reply(prompt, watcher, cancellation));
                    world.prompts.add(prompt.body().deepCopy());
                    return counted(prompt, scripted.apply(prompt, cancellation));
                },
                ports.hands(),
                ports.feed(),
                ports.wakes(),
                ports.spill(),
                ports.catalog(),
                ports.retries(),
                ports.pace(),
                ports.ids(),
                ports.random());
        harness = world.harness();
    }

    /** Every request is legal, fits, and is what a process makes that reads from the base, and one that reads everything. */
    private void check(Prompt prompt) {
        assertThat(Legality.faults(prompt.body().path("messages"))).isEmpty();
        if (Compaction.asks(prompt)) return;
        String bytes = Json.text(prompt.body());
        assertThat(Json.text(cold(world.head().snapshot().base()).body())).isEqualTo(bytes);
        assertThat(Json.text(cold(0).body())).isEqualTo(bytes);
    }

    private Fold fold(long base) {
        Fold fold = new Fold(world.spill::fill);
        fold.readOn((after, limit) -> world.log.read(world.thread, after, limit), base);
        return fold;
    }

    private Prompt cold(long base) {
        Fold fold = fold(base);
        return Prompt.of(new AgentSpec(fold.conversation().agent()), fold.transcript(), world.catalog);
    }

    /** The usage by what the request holds; nothing for what failed. */
    private Reply counted(Prompt prompt, Reply reply) {
        if (!(reply instanceof Reply.Complete complete)) return reply;
        Usage usage = new Usage(Tokens.of(prompt.body()), 5, 0, 0, 0, 0, 0);
        used = used.plus(usage);
        return new Reply.Complete(complete.content(), complete.stopReason(), complete.stopDetails(), usage);
    }

    private static ObjectNode text(String text) {
        return Json.object().put("type", "text").put("text", text);
    }

    private static ObjectNode call() {
        ObjectNode call =
                Json.object().put("type", "tool_use").put("id", "toolu_0").put("name", "bash");
        call.putObject("input");
        return call;
    }

    private static BiFunction<Prompt, Cancellation, Reply> replying(ObjectNode... content) {
        return (prompt, cancellation) -> new Reply.Complete(List.of(content), "end_turn", null, Usage.NONE);
    }

    private Woken turn(String text) {
        world.says(text);
        return harness.wake(world.thread, "one", Instant.MAX);
    }

    private List<Fact.Compacted> compactions() {
        List<Fact.Compacted> found = new ArrayList<>();
        for (Entry entry : world.log.read(world.thread, 0, 10_000))
            if (entry.compacted() != null) found.add(entry.compacted());
        return found;
    }

    private JsonNode lastMessages() {
        return world.prompts.getLast().path("messages");
    }

    private List<ObjectNode> summaryRequests() {
        return world.prompts.stream()
                .filter(body -> Compaction.asks(new Prompt(body)))
                .toList();
    }

    private void assertUsageIsExact() {
        assertThat(world.head().snapshot().usage()).isEqualTo(used);
        long told = 0;
        for (ObjectNode event : world.events())
            told += event.path("model_usage").path("input_tokens").asLong();
        assertThat(told).isEqualTo(used.input());
    }

    // ---- what it does

    @Test
    void a_long_conversation_goes_on_with_a_summary_and_its_history_stays() {
        List<String> said = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            said.add("message " + i + " " + WORDS);
            assertThat(turn(said.getLast())).isEqualTo(Woken.SETTLED);
        }
        assertThat(compactions()).hasSizeGreaterThanOrEqualTo(2);
        assertThat(compactions()).extracting(Fact.Compacted::base).isSorted().doesNotHaveDuplicates();
        assertThat(lastMessages().path(0).path("content").path(0).path("text").asText())
                .contains("<summary>\nS1\n</summary>");
        assertThat(lastMessages().toString()).contains("message 19 ").doesNotContain("message 0 ");
        for (ObjectNode body : world.prompts)
            assertThat(Tokens.of(body)).isLessThan(WINDOW - world.catalog.replyTokens("test-model"));
        List<String> listed = world.events().stream()
                .filter(event -> event.path("type").asText().equals("user.message"))
                .map(event -> event.path("content").path(0).path("text").asText())
                .toList();
        assertThat(listed).isEqualTo(said);
        assertUsageIsExact();
    }

    @Test
    void a_compaction_is_told_with_the_span_of_its_request() {
        while (compactions().isEmpty()) turn(WORDS);
        List<String> types = world.eventTypes();
        int at = types.indexOf("agent.thread_context_compacted");
        assertThat(types.subList(at - 1, at + 3))
                .containsExactly(
                        "span.model_request_start",
                        "agent.thread_context_compacted",
                        "span.model_request_end",
                        "span.model_request_start");
        ObjectNode event = world.event("agent.thread_context_compacted");
        assertThat(event.properties().stream().map(field -> field.getKey()).toList())
                .containsExactlyInAnyOrder("id", "type", "processed_at");
    }

    @Test
    void requests_begin_with_the_one_before_until_a_summary_and_again_after_it() {
        for (int i = 0; i < 20; i++) turn("message " + i + " " + WORDS);
        List<String> before = List.of();
        boolean summarised = false;
        for (ObjectNode body : world.prompts) {
            List<String> now = new ArrayList<>();
            for (JsonNode message : body.path("messages"))
                for (JsonNode block : message.path("content")) {
                    ObjectNode copy = block.deepCopy();
                    copy.remove("cache_control");
                    now.add(message.path("role").asText() + copy);
                }
            // A request for a summary too is read from the cache.
            if (!summarised && !before.isEmpty()) assertThat(now).startsWith(before.toArray(String[]::new));
            summarised = Compaction.asks(new Prompt(body));
            before = now;
        }
        assertThat(summaryRequests()).isNotEmpty().allMatch(body -> !body.has("tool_choice"));
    }

    @Test
    void what_the_user_said_in_a_long_turn_of_tools_stays_word_for_word() {
        world.hand = (call, cancellation) -> new HandResult.Output(ToolResult.text(WORDS), false);
        world.post(
                new Input.UserMessage(world.ids.event(), ToolResult.text("the task, word for word")),
                new Input.SystemMessage(world.ids.event(), ToolResult.text("the rule, word for word")));
        for (int i = 0; i < 24; i++) world.replies.add(calls("bash"));
        assertThat(harness.wake(world.thread, "one", Instant.MAX)).isEqualTo(Woken.SETTLED);
        assertThat(compactions()).hasSizeGreaterThanOrEqualTo(2);
        assertThat(lastMessages().toString()).contains("the task, word for word", "the rule, word for word", "S1");
        // The next turn is another matter.
        while (compactions().size() < 6) turn("next " + WORDS);
        assertThat(lastMessages().toString()).doesNotContain("the task").contains("the rule, word for word");
    }

    @Test
    void a_second_summary_covers_the_first() {
        while (compactions().isEmpty()) turn(WORDS);
        summarizer = replying(text("<summary>S2</summary>"));
        while (compactions().size() < 2) turn(WORDS);
        assertThat(summaryRequests().getLast().path("messages").path(0).toString())
                .contains("S1");
        turn("and?");
        assertThat(lastMessages().toString()).contains("S2").doesNotContain("S1");
    }

    // ---- when it goes wrong

    @Test
    void a_model_that_calls_a_tool_instead_is_asked_without_tools() {
        int[] asked = {0};
        summarizer = (prompt, cancellation) -> asked[0]++ == 0
                ? replying(text("First I look."), call()).apply(prompt, cancellation)
                : replying(text("All of it.")).apply(prompt, cancellation);
        while (compactions().isEmpty()) turn(WORDS);
        assertThat(summaryRequests()).hasSize(2);
        assertThat(summaryRequests().get(0).has("tool_choice")).isFalse();
        assertThat(summaryRequests().get(1).path("tool_choice").path("type").asText())
                .isEqualTo("none");
        assertThat(compactions().getFirst().summary()).isEqualTo("All of it.");
        assertThat(world.handCalls).isEmpty();
        assertThat(world.eventTypes()).doesNotContain("session.error");
        assertUsageIsExact();
    }

    @Test
    void a_model_that_never_summarises_ends_the_turn_and_the_next_message_tries_again() {
        summarizer = replying(text(" "));
        while (summaryRequests().isEmpty()) turn(WORDS);
        assertThat(summaryRequests()).hasSize(3);
        assertThat(world.event("session.error").path("error").path("type").asText())
                .isEqualTo("compaction_limit_reached_error");
        assertThat(world.head().status()).isEqualTo(Head.Status.IDLE);
        assertThat(world.head().owes()).isFalse();
        summarizer = replying(text("At last."));
        turn("again");
        assertThat(compactions()).hasSize(1);
        assertThat(lastMessages().toString()).contains("At last.", "again");
        assertUsageIsExact();
    }

    @Test
    void compactions_that_do_not_help_end_the_turn_and_the_next_message_tries_again() {
        summarizer = replying(text("<summary>" + WORDS.repeat(12) + "</summary>"));
        while (compactions().isEmpty()) turn(WORDS);
        assertThat(compactions()).hasSize(3);
        assertThat(world.event("session.error").path("error").path("type").asText())
                .isEqualTo("compaction_limit_reached_error");
        assertThat(world.event("session.error")
                        .path("error")
                        .path("retry_status")
                        .path("type")
                        .asText())
                .isEqualTo("exhausted");
        assertThat(world.event("session.status_idle")
                        .path("stop_reason")
                        .path("type")
                        .asText())
                .isEqualTo("end_turn");
        assertThat(world.head().status()).isEqualTo(Head.Status.IDLE);
        assertThat(world.head().owes()).isFalse();
        summarizer = replying(text("<summary>short</summary>"));
        turn("again");
        assertThat(compactions()).hasSize(4);
        assertThat(lastMessages().toString()).contains("short", "again");
        assertUsageIsExact();
    }

    @Test
    void a_prompt_that_the_model_finds_too_long_is_summarised_and_asked_again() {
        turn("the first");
        world.replies.add(failing(Failure.PROMPT_TOO_LONG));
        world.replies.add(replying(text("it fits")));
        turn("the second");
        assertThat(compactions()).hasSize(1);
        assertThat(world.eventTypes()).doesNotContain("session.error");
        assertThat(lastMessages().toString()).contains("S1", "the second");
        assertThat(world.event("agent.message").toString()).contains("it fits");
    }

    @Test
    void a_prompt_that_stays_too_long_ends_the_turn() {
        for (int i = 0; i < 20; i++) world.replies.add(failing(Failure.PROMPT_TOO_LONG));
        turn("hi");
        assertThat(compactions()).hasSize(3);
        assertThat(world.event("session.error").path("error").path("type").asText())
                .isEqualTo("compaction_limit_reached_error");
        assertThat(world.head().owes()).isFalse();
    }

    @Test
    void a_request_for_a_summary_that_is_too_long_is_made_smaller() {
        world.replies.add(failing(Failure.PROMPT_TOO_LONG));
        List<Long> sizes = new ArrayList<>();
        summarizer = (prompt, cancellation) -> {
            sizes.add(Tokens.of(prompt.body()));
            return sizes.size() < 3
                    ? failing(Failure.PROMPT_TOO_LONG).apply(prompt, cancellation)
                    : replying(text("S")).apply(prompt, cancellation);
        };
        turn(WORDS.repeat(18));
        assertThat(sizes).hasSizeGreaterThanOrEqualTo(3);
        assertThat(sizes.get(0)).isGreaterThan(sizes.get(1));
        assertThat(sizes.get(1)).isGreaterThan(sizes.get(2));
    }

    @Test
    void a_request_for_a_summary_fits_whatever_a_tool_brought() {
        world.hand = (call, cancellation) ->
                new HandResult.Output(ToolResult.text("begin " + WORDS.repeat(60) + " end"), false);
        world.replies.add(calls("bash"));
        turn("go");
        assertThat(compactions()).isNotEmpty();
        for (ObjectNode body : summaryRequests()) {
            assertThat(Tokens.of(body)).isLessThan(WINDOW - world.catalog.replyTokens("test-model"));
            assertThat(body.toString()).contains("begin so many", "characters left out]", "words  end");
        }
    }

    @Test
    void an_overloaded_model_is_asked_again_for_its_summary_and_given_up() {
        summarizer = failing(Failure.OVERLOADED);
        while (summaryRequests().isEmpty()) turn(WORDS);
        assertThat(summaryRequests()).hasSize(3);
        assertThat(world.event("session.error").path("error").path("type").asText())
                .isEqualTo("model_overloaded_error");
        assertThat(world.event("session.status_idle")
                        .path("stop_reason")
                        .path("type")
                        .asText())
                .isEqualTo("retries_exhausted");
        int[] asked = {0};
        summarizer = (prompt, cancellation) -> asked[0]++ == 0
                ? failing(Failure.OVERLOADED).apply(prompt, cancellation)
                : replying(text("S")).apply(prompt, cancellation);
        turn("again");
        assertThat(compactions()).hasSize(1);
        assertUsageIsExact();
    }

    @Test
    void an_interrupt_cuts_off_the_request_for_a_summary() {
        summarizer = (prompt, cancellation) -> {
            world.post(new Input.Interrupt(world.ids.event()));
            harness.poke(world.thread);
            CountDownLatch stopped = new CountDownLatch(1);
            cancellation.onRequest(stopped::countDown);
            try {
                assertThat(stopped.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return new Reply.Cancelled(Usage.NONE);
        };
        while (summaryRequests().isEmpty()) turn(WORDS);
        assertThat(compactions()).isEmpty();
        assertThat(world.eventTypes()).contains("user.interrupt").endsWith("session.status_idle");
        assertThat(world.head().owes()).isFalse();
        summarizer = replying(text("S"));
        turn("again");
        assertThat(compactions()).hasSize(1);
    }
}
