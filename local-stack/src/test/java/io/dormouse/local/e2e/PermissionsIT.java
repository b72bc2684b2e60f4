package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.errors.BadRequestException;
import com.anthropic.models.beta.sessions.events.EventSendParams;
import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.testkit.messages.Gate;
import io.dormouse.testkit.messages.Script;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnSuite.class)
class PermissionsIT {
    static final String ASK = "[{\"type\":\"agent_toolset_20260401\",\"configs\":"
            + "[{\"name\":\"bash\",\"permission_policy\":{\"type\":\"always_ask\"}}]}]";
    static final String CUSTOM = "[{\"type\":\"agent_toolset_20260401\",\"configs\":"
            + "[{\"name\":\"bash\",\"permission_policy\":{\"type\":\"always_ask\"}}]},"
            + "{\"type\":\"custom\",\"name\":\"lookup\",\"description\":\"Looks up.\",\"input_schema\":"
            + "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}},\"required\":[\"id\"]}}]";

    @Test
    void an_allowed_call_runs_only_then(Brain brain, RunningSuite suite, Client client) {
        Talk talk = client.talk(brain.role(Brain.bash("t1", "echo ran > proof"), Script.text("Done.")), ASK);
        talk.say("go");
        String call = talk.awaiting().getFirst();
        JsonNode use = Talk.of(talk.events(), "agent.tool_use").getFirst();
        assertThat(use.path("id").asText()).isEqualTo(call);
        assertThat(use.path("evaluated_permission").asText()).isEqualTo("ask");
        assertThat(use.path("evaluation").path("type").asText()).isEqualTo("always_ask");
        assertThat(Files.exists(suite.hand(talk.id()).resolve("workspace/proof")))
                .isFalse();
        assertThat(talk.status()).isEqualTo("idle");
        talk.allow(call);
        List<JsonNode> events = talk.settled();
        assertThat(Files.exists(suite.hand(talk.id()).resolve("workspace/proof")))
                .isTrue();
        assertThat(Talk.said(events)).containsExactly("Done.");
        assertThat(Talk.stopReason(events).path("type").asText()).isEqualTo("end_turn");
    }

    @Test
    void a_denied_call_never_runs_and_the_model_reads_why(Brain brain, RunningSuite suite, Client client) {
        Brain.Role role = brain.role(Brain.bash("t1", "echo ran > proof"), Script.text("I see."));
        Talk talk = client.talk(role, ASK);
        talk.say("go");
        String call = talk.awaiting().getFirst();
        talk.send(EventSendParams.builder().addEvent(Talk.denying(call, "use rg instead")));
        List<JsonNode> events = talk.settled();
        JsonNode result = Talk.of(events, "agent.tool_result").getFirst();
        assertThat(result.path("tool_use_id").asText()).isEqualTo(call);
        assertThat(result.path("is_error").asBoolean()).isTrue();
        assertThat(role.last().toolResults().getFirst().toString()).contains("use rg instead");
        assertThat(Files.exists(suite.hand(talk.id()).resolve("workspace/proof")))
                .isFalse();
        Legal.requests(role);
    }

    @Test
    void partial_answers_leave_the_rest_to_be_asked(Brain brain, Client client) {
        Brain.Role role = brain.role(
                Script.reply()
                        .thenToolUse(
                                "t1", "bash", Brain.input("command", "echo one").toString())
                        .thenToolUse(
                                "t2", "bash", Brain.input("command", "echo two").toString())
                        .thenToolUse(
                                "t3",
                                "bash",
                                Brain.input("command", "echo three").toString()),
                Script.text("Done."));
        Talk talk = client.talk(role, ASK);
        talk.say("go");
        List<String> calls = talk.awaiting();
        assertThat(calls).hasSize(3);
        talk.allow(calls.get(1));
        Eventually.until(
                "the rest is asked",
                () -> Talk.of(talk.events(), "session.status_idle").size() == 2);
        assertThat(talk.awaiting()).containsExactly(calls.get(0), calls.get(2));
        talk.send(EventSendParams.builder()
                .addEvent(Talk.denying(calls.get(0), "no"))
                .addEvent(Talk.allowing(calls.get(2))));
        List<JsonNode> events = talk.settled();
        assertThat(Talk.stopReason(events).path("type").asText()).isEqualTo("end_turn");
        assertThat(Talk.results(events)).hasSize(3).anyMatch(text -> text.strip()
                .equals("two"));
        assertThat(role.last().toolResults())
                .extracting(block -> block.path("tool_use_id").asText())
                .containsExactlyInAnyOrder("t1", "t2", "t3");
        Legal.requests(role);
    }

    @Test
    void a_custom_tool_is_answered_by_the_client(Brain brain, Client client) {
        Brain.Role role = brain.role(Brain.call("t1", "lookup", "id", "77"), Script.text("It is shipped."));
        Talk talk = client.talk(role, CUSTOM);
        talk.say("where is 77?");
        String call = talk.awaiting().getFirst();
        JsonNode use = Talk.of(talk.events(), "agent.custom_tool_use").getFirst();
        assertThat(use.path("id").asText()).isEqualTo(call);
        assertThat(use.path("input").path("id").asText()).isEqualTo("77");
        var echoed = talk.send(EventSendParams.builder().addEvent(Talk.result(call, "shipped")))
                .data()
                .orElseThrow()
                .getFirst()
                .asUserCustomToolResult();
        assertThat(echoed.processedAt()).isPresent();
        List<JsonNode> events = talk.settled();
        assertThat(Talk.said(events)).containsExactly("It is shipped.");
        assertThat(Talk.of(events, "agent.tool_result")).isEmpty();
        assertThat(role.last().toolResults().getFirst().toString()).contains("shipped");
        Legal.requests(role);
    }

    @Test
    void a_custom_result_may_be_empty_or_an_error(Brain brain, Client client) {
        Brain.Role role = brain.role(
                Brain.call("t1", "lookup", "id", "1"), Brain.call("t2", "lookup", "id", "2"), Script.text("Fine."));
        Talk talk = client.talk(role, CUSTOM);
        talk.say("go");
        String first = talk.awaiting().getFirst();
        assertThat(client.post(
                                "/v1/sessions/" + talk.id() + "/events",
                                "{\"events\":[{\"type\":\"user.custom_tool_result\",\"custom_tool_use_id\":\"" + first
                                        + "\"}]}")
                        .status())
                .isEqualTo(200);
        Eventually.until(
                "the second is asked",
                () -> Talk.of(talk.events(), "agent.custom_tool_use").size() == 2);
        String second = talk.awaiting().getFirst();
        talk.send(EventSendParams.builder()
                .addEvent(Talk.result(second, "it broke").toBuilder()
                        .isError(true)
                        .build()));
        assertThat(Talk.said(talk.settled())).containsExactly("Fine.");
        assertThat(role.last().toolResults().getFirst().path("is_error").asBoolean())
                .isTrue();
        Legal.requests(role);
    }

    @Test
    void a_session_that_waits_for_answers_can_be_archived_and_deleted(Brain brain, Client client) {
        Talk talk = client.talk(brain.role(Brain.bash("t1", "true")), ASK);
        talk.say("go");
        String call = talk.awaiting().getFirst();
        client.sdk().beta().sessions().archive(talk.id());
        assertThatThrownBy(() -> talk.allow(call))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("Cannot send events to archived session: " + talk.id());
        Eventually.until("it is told", () -> talk.types().contains("session.status_terminated"));
        assertThat(talk.status()).isEqualTo("terminated");
        client.sdk().beta().sessions().delete(talk.id());
        assertThat(client.get("/v1/sessions/" + talk.id()).status()).isEqualTo(404);
    }

    @Test
    @ManyWakes("a race, many times")
    void an_answer_may_be_sent_as_soon_as_its_question_is_seen(Brain brain, Client client) {
        // Over and over, because the moment between the log and the head is short.
        for (int i = 0; i < 8; i++) {
            Brain.Role role = brain.role(Brain.call("t1", "lookup", "id", "1"), Script.text("Fine."));
            Talk talk = client.talk(role, CUSTOM);
            try (RawStream stream = RawStream.open(client, talk.id())) {
                talk.say("go");
                RawStream.Event use = stream.until("agent.custom_tool_use").getLast();
                talk.send(EventSendParams.builder()
                        .addEvent(Talk.result(use.json().path("id").asText(), "early")));
            }
            Eventually.until("the answer is used", () -> role.requests().size() == 2);
            assertThat(Talk.said(talk.settled())).containsExactly("Fine.");
        }
    }

    @Test
    void while_answers_are_awaited_a_message_is_refused_with_the_known_words(Brain brain, Client client) {
        Talk talk = client.talk(brain.role(Brain.bash("t1", "true"), Script.text("Done.")), ASK);
        talk.say("go");
        String call = talk.awaiting().getFirst();
        assertThatThrownBy(() -> talk.say("hello?"))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("waiting on responses to events")
                .hasMessageContaining(call);
        assertThat(Talk.of(talk.events(), "user.message")).hasSize(1);
        talk.allow(call);
        assertThat(Talk.said(talk.settled())).containsExactly("Done.");
    }

    @Test
    void nothing_is_answered_twice_or_in_the_wrong_way(Brain brain, Client client) {
        Gate gate = new Gate();
        Talk talk = client.talk(
                brain.role(Brain.bash("t1", "true"), Script.text("Done.").holdBeforeHeaders(gate)), ASK);
        talk.say("go");
        String call = talk.awaiting().getFirst();
        assertThatThrownBy(() -> talk.send(EventSendParams.builder().addEvent(Talk.result(call, "x"))))
                .isInstanceOf(BadRequestException.class);
        assertThatThrownBy(() -> talk.send(
                        EventSendParams.builder().addEvent(Talk.allowing(call)).addEvent(Talk.denying(call, "no"))))
                .isInstanceOf(BadRequestException.class);
        assertThat(talk.awaiting()).containsExactly(call);
        talk.allow(call);
        assertThatThrownBy(() -> talk.allow(call)).isInstanceOf(BadRequestException.class);
        gate.awaitReached();
        assertThatThrownBy(() -> talk.allow(call)).isInstanceOf(BadRequestException.class);
        gate.open();
        assertThat(Talk.of(talk.settled(), "user.tool_confirmation")).hasSize(1);
        assertThatThrownBy(() -> talk.allow(call)).isInstanceOf(BadRequestException.class);
    }
}
