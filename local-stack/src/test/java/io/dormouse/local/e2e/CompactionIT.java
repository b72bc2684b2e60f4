package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.core.http.StreamResponse;
import com.anthropic.models.beta.sessions.events.BetaManagedAgentsStreamSessionEvents;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.prompt.Compaction;
import io.dormouse.testkit.messages.Gate;
import io.dormouse.testkit.messages.Request;
import io.dormouse.testkit.messages.Script;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A conversation that is longer than its model's window goes on, and stays whole for whoever reads it. */
@ManyWakes("a conversation that fills its window")
class CompactionIT {
    private static final String WORDS = " and many words more".repeat(150);

    private static Brain brain;
    private static RunningSuite suite;

    private Client client;

    @BeforeAll
    static void start() {
        brain = new Brain();
        suite = RunningSuite.startWith(Map.of(
                "DORMOUSE_API_KEY",
                RunningSuite.KEY,
                "ANTHROPIC_BASE_URL",
                brain.address().toString(),
                "DORMOUSE_CONTEXT_WINDOW",
                "12000"));
    }

    @AfterAll
    static void stop() {
        suite.close();
        brain.close();
    }

    @BeforeEach
    void connect() {
        client = new Client(suite.address(), RunningSuite.KEY);
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    private static boolean asksForSummary(Request request) {
        return request.lastUserText().equals(Compaction.INSTRUCTION);
    }

    /** A model that counts what it reads. */
    private static Function<Request, Script> counting(Function<Request, Script> scripts) {
        return request -> scripts.apply(request).usage(request.body().length / 4, 7);
    }

    private static Script plain(Request request) {
        return asksForSummary(request)
                ? Script.text("<summary>They count words.</summary>")
                : Script.text("Reply to " + request.lastUserText().split(" ")[0]);
    }

    private static String firstText(Request request) {
        return request.json()
                .path("messages")
                .path(0)
                .path("content")
                .path(0)
                .path("text")
                .asText();
    }

    private static boolean askedForSummary(Brain.Role role) {
        return role.requests().stream().anyMatch(CompactionIT::asksForSummary);
    }

    /** Every block with its role, in order, without the marks of the cache: what a cache of prefixes sees. */
    private static List<String> blocks(Request request) {
        List<String> blocks = new ArrayList<>();
        for (JsonNode message : request.json().path("messages"))
            for (JsonNode block : message.path("content")) {
                ObjectNode copy = block.deepCopy();
                copy.remove("cache_control");
                blocks.add(message.path("role") + " " + copy);
            }
        return blocks;
    }

    /** Says more until the window was full once. @return what was said */
    private static List<String> fill(Talk talk, Brain.Role role) {
        List<String> said = new ArrayList<>();
        while (!askedForSummary(role)) {
            assertThat(said).hasSizeLessThan(30);
            said.add("m" + said.size() + WORDS);
            talk.say(said.getLast());
            Eventually.until(
                    "the next summary or reply",
                    () -> askedForSummary(role) || talk.status().equals("idle"));
        }
        return said;
    }

    @Test
    void a_long_session_goes_on_with_a_summary_and_lists_its_whole_history() {
        Brain.Role role = brain.role(counting(CompactionIT::plain));
        Talk talk = client.talk(role);
        List<String> said = fill(talk, role);
        List<JsonNode> events = talk.settled();
        assertThat(Talk.of(events, "agent.thread_context_compacted")).hasSize(1);
        assertThat(Talk.of(events, "user.message"))
                .extracting(event -> event.path("content").path(0).path("text").asText())
                .isEqualTo(said);
        assertThat(Talk.said(events)).hasSameSizeAs(said);
        assertThat(Talk.of(events, "span.model_request_start")).hasSize(said.size() + 1);
        assertThat(Talk.of(events, "span.model_request_end")).hasSize(said.size() + 1);
        assertThat(firstText(role.last())).contains("They count words.");
        assertThat(role.last().lastUserText()).isEqualTo(said.getLast());
        long input = role.requests().stream()
                .mapToLong(request -> request.body().length / 4)
                .sum();
        assertThat(talk.session().usage().inputTokens()).contains(input);
        Legal.requests(role);
    }

    @Test
    void the_official_sdk_reads_the_event_from_the_stream() {
        Brain.Role role = brain.role(counting(CompactionIT::plain));
        Talk talk = client.talk(role);
        boolean compacted = false;
        try (StreamResponse<BetaManagedAgentsStreamSessionEvents> stream =
                client.sdk().beta().sessions().events().streamStreaming(talk.id())) {
            fill(talk, role);
            for (Iterator<BetaManagedAgentsStreamSessionEvents> events =
                            stream.stream().iterator();
                    !compacted && events.hasNext(); ) {
                BetaManagedAgentsStreamSessionEvents event = events.next().validate();
                compacted = event.isAgentThreadContextCompacted();
            }
        }
        assertThat(compacted).isTrue();
        talk.settled();
    }

    @Test
    void a_suite_that_is_killed_while_the_summary_is_written_asks_for_it_again() {
        Gate gate = new Gate();
        boolean[] held = {false};
        Brain.Role role = brain.role(counting(request -> {
            Script script = plain(request);
            if (!asksForSummary(request) || held[0]) return script;
            held[0] = true;
            return script.holdBeforeEvent(4, gate);
        }));
        Talk talk = client.talk(role);
        List<String> said = fill(talk, role);
        gate.awaitReached();
        List<JsonNode> before = talk.events();
        assertThat(Talk.types(before)).doesNotContain("agent.thread_context_compacted");
        suite.kill();
        suite.start();
        client.close();
        client = new Client(suite.address(), RunningSuite.KEY);
        Talk later = talk.with(client);
        List<JsonNode> after = later.settled();
        assertThat(Talk.of(after, "agent.thread_context_compacted")).hasSize(1);
        assertThat(Talk.of(after, "user.message")).hasSameSizeAs(said);
        List<Request> summaries =
                role.requests().stream().filter(CompactionIT::asksForSummary).toList();
        assertThat(summaries).hasSize(2);
        assertThat(summaries.get(1).body()).isEqualTo(summaries.get(0).body());
        assertThat(firstText(role.last())).contains("They count words.");

        // A process that has read nothing but the tail makes the prompt that one which was there would make.
        List<String> last = blocks(role.last());
        suite.kill();
        suite.start();
        client.close();
        client = new Client(suite.address(), RunningSuite.KEY);
        later = talk.with(client);
        later.say("and now?");
        later.settled();
        assertThat(firstText(role.last())).contains("They count words.");
        assertThat(role.last().lastUserText()).isEqualTo("and now?");
        assertThat(blocks(role.last())).startsWith(last.toArray(String[]::new));
        Legal.requests(role);
    }

    @Test
    void a_prompt_that_the_model_refuses_as_too_long_is_summarised() {
        boolean[] refused = {false};
        Brain.Role role = brain.role(counting(request -> {
            if (request.messageCount() < 3 || refused[0]) return plain(request);
            refused[0] = true;
            return Script.error(400, "invalid_request_error", "prompt is too long: 207791 tokens > 200000 maximum");
        }));
        Talk talk = client.talk(role);
        talk.say("first");
        talk.settled();
        talk.say("second");
        List<JsonNode> events = talk.settled();
        assertThat(Talk.types(events))
                .contains("agent.thread_context_compacted")
                .doesNotContain("session.error");
        assertThat(Talk.said(events)).containsExactly("Reply to first", "Reply to second");
        assertThat(firstText(role.last())).contains("They count words.");
        Legal.requests(role);
    }

    @Test
    void a_conversation_that_cannot_be_made_to_fit_says_so_and_the_session_stays_usable() {
        boolean[] helps = {false};
        Brain.Role role = brain.role(counting(request -> asksForSummary(request) && !helps[0]
                ? Script.text("<summary>" + WORDS.repeat(8) + "</summary>")
                : plain(request)));
        Talk talk = client.talk(role);
        fill(talk, role);
        List<JsonNode> events = talk.settled();
        JsonNode error = Talk.of(events, "session.error").getLast().path("error");
        assertThat(error.path("type").asText()).isEqualTo("compaction_limit_reached_error");
        assertThat(error.path("retry_status").path("type").asText()).isEqualTo("exhausted");
        assertThat(Talk.of(events, "agent.thread_context_compacted")).hasSize(3);
        helps[0] = true;
        talk.say("again");
        assertThat(Talk.said(talk.settled())).last().isEqualTo("Reply to again");
        Legal.requests(role);
    }
}
