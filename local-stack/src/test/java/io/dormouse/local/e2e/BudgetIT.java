package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.errors.BadRequestException;
import com.anthropic.models.beta.BetaCurrency;
import com.anthropic.models.beta.BetaMonetaryAmount;
import com.anthropic.models.beta.sessions.BetaManagedAgentsBudgetLimit;
import com.anthropic.models.beta.sessions.SessionCreateParams;
import com.anthropic.models.beta.sessions.SessionUpdateParams;
import com.anthropic.models.beta.sessions.events.EventSendParams;
import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.testkit.messages.Gate;
import io.dormouse.testkit.messages.Request;
import io.dormouse.testkit.messages.Script;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A session spends no more than it may, whatever its model does and whoever dies. */
@ManyWakes("what a request may cost")
class BudgetIT {
    private static final long NANO_USD_PER_CENT = 10_000_000;

    private static Brain brain;
    private static RunningSuite suite;

    private Client client;

    @BeforeAll
    static void start() {
        brain = new Brain();
        suite = RunningSuite.start(brain.address());
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

    /** What the model's provider would charge for, by the list prices of claude-sonnet-5. */
    private static final class Till {
        private final AtomicLong nanoUsd = new AtomicLong();

        /** As long as it is let, for a prompt as long as it is. */
        Script charged(Request request, Script script) {
            long prompt = request.body().length / 4;
            long reply = request.json().path("max_tokens").asLong();
            nanoUsd.addAndGet(prompt * 2_000 + reply * 10_000);
            return script.usage(prompt, reply);
        }

        Function<Request, Script> calling(int calls) {
            return request -> {
                Script script = Script.reply();
                for (int i = 0; i < calls; i++)
                    script.thenToolUse("toolu_" + request.number() + "_" + i, "no_such_tool", "{\"n\":" + i + "}");
                return charged(request, script);
            };
        }

        long nanoUsd() {
            return nanoUsd.get();
        }
    }

    private static BetaManagedAgentsBudgetLimit limit(long cents) {
        return BetaManagedAgentsBudgetLimit.builder()
                .maxListCost(BetaMonetaryAmount.builder()
                        .amount(Long.toString(cents))
                        .currency(BetaCurrency.USD)
                        .build())
                .build();
    }

    private Talk talk(Brain.Role role, long cents) {
        return limited(client, role, cents);
    }

    static Talk limited(Client client, Brain.Role role, long cents) {
        var session = client.sdk()
                .beta()
                .sessions()
                .create(SessionCreateParams.builder()
                        .agent(client.agent(role.system(), Client.TOOLSET).id())
                        .environmentId(client.environment())
                        .budget(limit(cents))
                        .build());
        assertThat(session.budget().orElseThrow().maxListCost().amount()).isEqualTo(Long.toString(cents));
        return new Talk(client, session.id());
    }

    private void update(Talk talk, BetaManagedAgentsBudgetLimit budget) {
        client.sdk()
                .beta()
                .sessions()
                .update(
                        talk.id(),
                        SessionUpdateParams.builder()
                                .budget(Optional.ofNullable(budget))
                                .build());
    }

    static long cents(Talk talk) {
        return Long.parseLong(talk.session().usage().listCost().orElseThrow().amount());
    }

    /** At rest for the budget's sake. @return the events */
    static List<JsonNode> stopped(Talk talk) {
        List<JsonNode> events = talk.settled();
        assertThat(Talk.stopReason(events).path("type").asText()).isEqualTo("budget_reached");
        List<String> types = Talk.types(events);
        assertThat(types.subList(types.size() - 3, types.size()))
                .containsExactly("session.thread_status_idle", "session.usage", "session.status_idle");
        return events;
    }

    private static void verifies(Talk talk) {
        RunningSuite.Ran verified = suite.dormouse("verify", talk.id());
        assertThat(verified.exit()).as(verified.out() + verified.err()).isZero();
    }

    @Test
    void a_model_that_calls_for_ever_stops_at_the_budget_and_goes_on_when_that_is_raised() {
        Till till = new Till();
        Function<Request, Script> endless = till.calling(1);
        boolean[] tired = {false};
        Brain.Role role = brain.role(
                request -> tired[0] ? till.charged(request, Script.text("Enough.")) : endless.apply(request));
        Talk talk = talk(role, 150);
        talk.say("go");
        List<JsonNode> events = stopped(talk);
        assertThat(till.nanoUsd()).isBetween(130 * NANO_USD_PER_CENT, 150 * NANO_USD_PER_CENT);
        assertThat(cents(talk)).isEqualTo(Math.round((double) till.nanoUsd() / NANO_USD_PER_CENT));
        JsonNode usage = Talk.of(events, "session.usage").getLast();
        assertThat(usage.at("/budget/max_list_cost/amount").asText()).isEqualTo("150");
        assertThat(usage.at("/usage/list_cost/amount").asText()).isEqualTo(Long.toString(cents(talk)));
        assertThat(role.requests().getFirst().json().path("max_tokens").asInt()).isEqualTo(32_000);
        assertThat(role.last().json().path("max_tokens").asInt()).isLessThan(32_000);

        // Nothing but answers and interrupts is taken, and an interrupt changes nothing.
        assertThatThrownBy(() -> talk.say("more"))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("user.tool_confirmation, user.tool_result, user.custom_tool_result");
        talk.interrupt();
        assertThat(talk.types()).hasSameSizeAs(events).doesNotContain("user.interrupt");
        assertThatThrownBy(() -> update(talk, limit(cents(talk) - 1)))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("must be greater than the session's consumed list cost");

        int before = role.requests().size();
        update(talk, limit(250));
        Eventually.until("it goes on", () -> role.requests().size() > before);
        List<JsonNode> more = stopped(talk);
        Legal.continues(events, more);
        assertThat(Talk.types(more).subList(events.size(), events.size() + 3))
                .containsExactly("session.updated", "session.status_running", "session.thread_status_running");
        assertThat(till.nanoUsd()).isBetween(220 * NANO_USD_PER_CENT, 250 * NANO_USD_PER_CENT);
        verifies(talk);

        tired[0] = true;
        update(talk, null);
        Eventually.until("it says enough", () -> Talk.said(talk.events()).contains("Enough."));
        List<JsonNode> all = talk.settled();
        assertThat(Talk.stopReason(all).path("type").asText()).isEqualTo("end_turn");
        assertThat(Talk.of(all, "session.updated").getLast().path("budget").isNull())
                .isTrue();
        assertThat(talk.session().budget()).isEmpty();
        assertThatThrownBy(() -> update(talk, limit(9_999)))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("budget");
        Legal.requests(role);
        verifies(talk);
    }

    @Test
    void replies_of_hundreds_and_of_thousands_of_calls_stop_at_the_budget() {
        Till till = new Till();
        Function<Request, Script> many = till.calling(900);
        // More blocks than a reply may have: the stream is given up, and what it may have cost counts.
        Function<Request, Script> tooMany = till.calling(5_000);
        Brain.Role role =
                brain.role(request -> request.messageCount() == 1 ? many.apply(request) : tooMany.apply(request));
        Talk talk = talk(role, 200);
        talk.say("go");
        List<JsonNode> events = stopped(talk);
        assertThat(Talk.of(events, "agent.tool_use")).hasSize(900);
        assertThat(Talk.results(events)).hasSize(900);
        assertThat(role.requests().size()).isGreaterThan(2);
        assertThat(till.nanoUsd()).isLessThanOrEqualTo(200 * NANO_USD_PER_CENT);
        assertThat(cents(talk)).isBetween(100L, 200L);
        verifies(talk);
    }

    @Test
    void what_a_killed_suite_was_asking_for_counts_in_full() {
        Gate gate = new Gate();
        Brain.Role role = brain.role(
                Script.text("never heard").holdBeforeHeaders(gate),
                Script.text("hello").usage(2_000, 100));
        Talk talk = talk(role, 100);
        talk.say("hi");
        Eventually.until("the model is asked", () -> role.requests().size() == 1);
        suite.kill();
        gate.open();
        suite.start();
        client.close();
        client = new Client(suite.address(), RunningSuite.KEY);
        Talk again = talk.with(client);
        assertThat(Talk.said(again.settled())).containsExactly("hello");
        // A whole reply of 32,000 tokens and a prompt at the dearest price, and what the second one cost.
        assertThat(cents(again)).isBetween(33L, 50L);
        verifies(again);
    }

    @Test
    void a_session_without_a_budget_gets_none_and_has_none() {
        Brain.Role role = brain.role(Script.text("hello"));
        Talk talk = client.talk(role);
        assertThatThrownBy(() -> update(talk, limit(100))).isInstanceOf(BadRequestException.class);
        talk.send(EventSendParams.builder().addEvent(Talk.message("hi")));
        JsonNode usage = Talk.of(talk.settled(), "session.usage").getLast();
        assertThat(usage.path("budget").isNull()).isTrue();
        assertThat(talk.session().budget()).isEmpty();
    }
}
