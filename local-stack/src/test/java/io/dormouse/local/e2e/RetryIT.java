package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.testkit.messages.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnSuite.class)
@ManyWakes("a model that fails")
class RetryIT {

    @Test
    void what_may_pass_is_tried_again_and_the_session_goes_on(Brain brain, Client client) {
        List<Script> failures = List.of(
                Script.error(529, "overloaded_error", "Overloaded"),
                Script.error(429, "rate_limit_error", "Slow down").header("retry-after", "1"),
                Script.error(500, "api_error", "Oops"),
                Script.error(503, "api_error", "Away"),
                Script.text("Half of a sentence that is cut").cutAtByte(700),
                Script.text("Half of a sentence that is reset").resetAtByte(700),
                Script.text("Half of a sentence that ends too soon").endBeforeEvent(4),
                Script.text("Half of a sentence that fails").failBeforeEvent(4, "overloaded_error", "Overloaded"));
        List<String> errors = List.of(
                "model_overloaded_error",
                "model_rate_limited_error",
                "model_request_failed_error",
                "model_request_failed_error",
                "model_request_failed_error",
                "model_request_failed_error",
                "model_request_failed_error",
                "model_overloaded_error");
        List<Brain.Role> roles = new ArrayList<>();
        List<Talk> talks = new ArrayList<>();
        for (Script failure : failures) {
            Brain.Role role = brain.role(failure, Script.text("At last."));
            roles.add(role);
            Talk talk = client.talk(role);
            talks.add(talk);
            talk.say("go");
        }
        for (int i = 0; i < failures.size(); i++) {
            Brain.Role role = roles.get(i);
            Eventually.until("the second request", () -> role.requests().size() == 2);
            List<JsonNode> events = talks.get(i).settled();
            assertThat(Talk.types(events))
                    .as("failure " + i)
                    .containsExactly(
                            "user.message",
                            "session.status_running",
                            "session.thread_status_running",
                            "span.model_request_start",
                            "span.model_request_end",
                            "session.error",
                            "session.status_rescheduled",
                            "session.thread_status_rescheduled",
                            "session.status_running",
                            "session.thread_status_running",
                            "span.model_request_start",
                            "agent.message",
                            "span.model_request_end",
                            "session.thread_status_idle",
                            "session.usage",
                            "session.status_idle");
            JsonNode error = Talk.of(events, "session.error").getFirst().path("error");
            assertThat(error.path("type").asText()).as("failure " + i).isEqualTo(errors.get(i));
            assertThat(error.path("retry_status").path("type").asText()).isEqualTo("retrying");
            assertThat(Talk.said(events)).containsExactly("At last.");
            Legal.requests(role);
        }
    }

    @Test
    void what_will_not_pass_ends_the_turn_and_the_next_message_starts_afresh(Brain brain, Client client) {
        for (Script failure : List.of(
                Script.error(400, "invalid_request_error", "max_tokens: too many"),
                Script.error(401, "authentication_error", "invalid x-api-key"),
                Script.error(403, "permission_error", "no"),
                Script.error(404, "not_found_error", "no such model"))) {
            Brain.Role role = brain.role(failure, Script.text("Better."));
            Talk talk = client.talk(role);
            talk.say("go");
            List<JsonNode> events = talk.settled();
            assertThat(Talk.stopReason(events).path("type").asText()).isEqualTo("retries_exhausted");
            JsonNode error = Talk.of(events, "session.error").getFirst().path("error");
            assertThat(error.path("retry_status").path("type").asText()).isEqualTo("exhausted");
            assertThat(role.requests()).hasSize(1);
            talk.say("again");
            assertThat(Talk.said(talk.settled())).containsExactly("Better.");
            Legal.requests(role);
        }
    }

    @Test
    @FirstStoreOnly("two minutes of waiting for a model, whatever the store")
    void after_the_last_attempt_the_turn_ends_and_the_next_message_starts_afresh(OnSuite.Doomed doomed) {
        Talk talk = doomed.talk();
        // Eight attempts with waits that double take about two minutes: it began with the run.
        BooleanSupplier over =
                () -> !Talk.of(talk.events(), "session.status_idle").isEmpty();
        for (int i = 0; i < 8 && !over.getAsBoolean(); i++) {
            int before = doomed.role().requests().size();
            Eventually.until(
                    "one more attempt, or the end",
                    () -> doomed.role().requests().size() > before || over.getAsBoolean());
        }
        List<JsonNode> events = talk.settled();
        assertThat(doomed.role().requests()).hasSize(8);
        assertThat(Talk.stopReason(events).path("type").asText()).isEqualTo("retries_exhausted");
        List<JsonNode> errors = Talk.of(events, "session.error");
        assertThat(errors).hasSize(8);
        assertThat(errors.getLast()
                        .path("error")
                        .path("retry_status")
                        .path("type")
                        .asText())
                .isEqualTo("exhausted");
        assertThat(Talk.of(events, "session.status_rescheduled")).hasSize(7);
    }

    @Test
    void a_call_that_max_tokens_cut_off_is_not_run(Brain brain, Client client) {
        Brain.Role role = brain.role(
                Script.reply().thenCutOffToolUse("t1", "bash", "{\"command\":\"rm -rf ever"), Script.text("Shorter."));
        Talk talk = client.talk(role);
        talk.say("go");
        List<JsonNode> events = talk.settled();
        assertThat(Talk.results(events).getFirst()).contains("max_tokens");
        assertThat(Talk.of(events, "agent.tool_result")
                        .getFirst()
                        .path("is_error")
                        .asBoolean())
                .isTrue();
        assertThat(Talk.said(events)).containsExactly("Shorter.");
        Legal.requests(role);
    }

    @Test
    void bad_calls_are_answers_that_the_model_reads(Brain brain, Client client) {
        Brain.Role role = brain.role(
                Script.reply().thenMalformedToolUse("t1", "bash", "{\"command\": oops"),
                Brain.call("t2", "teleport", "to", "moon"),
                Brain.call("t3", "bash", "commando", "ls"),
                Script.text("I give up."));
        Talk talk = client.talk(role);
        talk.say("go");
        List<JsonNode> events = talk.settled();
        List<JsonNode> results = Talk.of(events, "agent.tool_result");
        assertThat(results).hasSize(3).allMatch(result -> result.path("is_error")
                .asBoolean());
        assertThat(Talk.results(events).get(0)).contains("not a JSON object");
        assertThat(Talk.results(events).get(1)).contains("no tool named teleport");
        assertThat(Talk.of(events, "agent.tool_use"))
                .extracting(use -> use.path("evaluated_permission").asText())
                .containsExactly("deny", "deny", "allow");
        assertThat(Talk.said(events)).containsExactly("I give up.");
        Legal.requests(role);
    }

    @Test
    void a_refusal_ends_the_turn_with_its_details(Brain brain, Client client) {
        Brain.Role role =
                brain.role(Script.text("I will not.").refusal("cyber", "It is harmful."), Script.text("Yes."));
        Talk talk = client.talk(role);
        talk.say("do evil");
        List<JsonNode> events = talk.settled();
        assertThat(Talk.stopReason(events).path("type").asText()).isEqualTo("refusal");
        JsonNode details = Talk.of(events, "session.status_idle").getLast().path("stop_details");
        assertThat(details.path("type").asText()).isEqualTo("refusal");
        assertThat(details.path("category").asText()).isEqualTo("cyber");
        assertThat(details.path("explanation").asText()).isEqualTo("It is harmful.");
        talk.say("do good");
        assertThat(Talk.said(talk.settled())).last().isEqualTo("Yes.");
    }

    @Test
    void a_paused_turn_goes_on(Brain brain, Client client) {
        Brain.Role role = brain.role(Script.text("Wait.").stopReason("pause_turn"), Script.text("Here it is."));
        Talk talk = client.talk(role);
        talk.say("go");
        List<JsonNode> events = talk.settled();
        assertThat(Talk.said(events)).containsExactly("Wait.", "Here it is.");
        assertThat(Talk.of(events, "session.status_idle")).hasSize(1);
        assertThat(role.last().json().path("messages").path(1).toString()).contains("Wait.");
    }
}
