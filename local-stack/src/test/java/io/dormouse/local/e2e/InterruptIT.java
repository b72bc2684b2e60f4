package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.models.beta.sessions.events.EventSendParams;
import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.testkit.messages.Gate;
import io.dormouse.testkit.messages.Script;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnSuite.class)
class InterruptIT {

    @Test
    void an_interrupt_cuts_off_the_model_in_the_middle_of_its_words(Brain brain, Client client) {
        Gate gate = new Gate();
        Brain.Role role = brain.role(
                Script.text("This is a long story that nobody wants.").holdBeforeEvent(4, gate), Script.text("Sorry."));
        Talk talk = client.talk(role);
        talk.say("tell");
        gate.awaitReached();
        talk.interrupt();
        role.requests().getFirst().awaitDisconnected();
        List<JsonNode> events = talk.settled();
        assertThat(Talk.types(events))
                .endsWith("user.interrupt", "session.thread_status_idle", "session.usage", "session.status_idle");
        assertThat(Talk.stopReason(events).path("type").asText()).isEqualTo("end_turn");
        assertThat(Talk.of(events, "span.model_request_end")).hasSize(1);
        assertThat(Talk.said(events)).isEmpty();
        talk.say("what now?");
        assertThat(Talk.said(talk.settled())).containsExactly("Sorry.");
        Legal.requests(role);
    }

    @Test
    void an_interrupt_ends_a_command_with_all_its_processes(Brain brain, RunningSuite suite, Client client) {
        Brain.Role role = brain.role(
                Brain.bash(
                        "t1",
                        "(sleep 4242.17; true) & bash -c 'trap \"\" INT TERM; touch started; sleep 4242.18; sleep 4242.19'"),
                Brain.bash("t2", "echo still here"),
                Script.text("Done."));
        Talk talk = client.talk(role);
        talk.say("go");
        Path workspace = suite.hand(talk.id()).resolve("workspace");
        Eventually.until(
                "the command runs", () -> workspace.resolve("started").toFile().exists());
        Eventually.until("its processes are there", () -> processes("4242.18") > 0);
        talk.interrupt();
        List<JsonNode> events = talk.settled();
        assertThat(Talk.stopReason(events).path("type").asText()).isEqualTo("end_turn");
        assertThat(Talk.of(events, "agent.tool_result")
                        .getFirst()
                        .path("is_error")
                        .asBoolean())
                .isTrue();
        Eventually.until("its processes are gone", () -> processes("4242.18") + processes("4242.19") == 0);
        assertThat(role.requests()).hasSize(1);
        talk.say("again");
        List<JsonNode> after = talk.settled();
        assertThat(Talk.said(after)).containsExactly("Done.");
        assertThat(Talk.results(after).getLast().strip()).isEqualTo("still here");
        Legal.requests(role);
    }

    @Test
    void an_interrupt_and_a_message_in_one_post_redirect_the_agent(Brain brain, Client client) {
        Gate gate = new Gate();
        Brain.Role role = brain.role(Script.text("Wrong way.").holdBeforeEvent(3, gate), Script.text("The right way."));
        Talk talk = client.talk(role);
        talk.say("go left");
        gate.awaitReached();
        talk.send(EventSendParams.builder().addEvent(Talk.interruption()).addEvent(Talk.message("go right")));
        Eventually.until("the new message is answered", () -> role.requests().size() == 2);
        List<JsonNode> events = talk.settled();
        assertThat(Talk.said(events)).containsExactly("The right way.");
        assertThat(role.last().lastUserText()).isEqualTo("go right");
        Legal.requests(role);
    }

    @Test
    void an_interrupt_withdraws_a_question(Brain brain, Client client) {
        Brain.Role role = brain.role(Brain.bash("t1", "true"), Script.text("Let us talk."));
        Talk talk = client.talk(role, PermissionsIT.ASK);
        talk.say("go");
        String call = talk.awaiting().getFirst();
        talk.interrupt();
        Eventually.until(
                "the turn has ended",
                () -> Talk.stopReason(talk.events()).path("type").asText().equals("end_turn"));
        assertThat(Talk.of(talk.settled(), "agent.tool_result")
                        .getFirst()
                        .path("tool_use_id")
                        .asText())
                .isEqualTo(call);
        Reply late = client.post(
                "/v1/sessions/" + talk.id() + "/events",
                "{\"events\":[{\"type\":\"user.tool_confirmation\",\"tool_use_id\":\"" + call
                        + "\",\"result\":\"allow\"}]}");
        assertThat(late.status()).isEqualTo(400);
        talk.say("hello");
        assertThat(Talk.said(talk.settled())).containsExactly("Let us talk.");
        Legal.requests(role);
    }

    @Test
    void an_interrupt_of_an_idle_session_changes_nothing_that_counts(Brain brain, Client client) {
        Brain.Role role = brain.role(Script.text("Hello."));
        Talk talk = client.talk(role);
        talk.interrupt();
        talk.await("user.interrupt", event -> !event.path("processed_at").isNull());
        talk.say("hi");
        assertThat(Talk.said(talk.settled())).containsExactly("Hello.");
        Legal.requests(role);
    }

    @Test
    void an_interrupt_ends_a_long_wait_for_the_model(Brain brain, Client client) {
        Brain.Role role = brain.role(
                Script.error(429, "rate_limit_error", "Come back later").header("retry-after", "3600"),
                Script.text("Now it works."));
        Talk talk = client.talk(role);
        talk.say("one");
        talk.await("session.status_rescheduled");
        Eventually.until("it waits", () -> talk.status().equals("rescheduling"));
        talk.say("two");
        assertThat(talk.status()).isEqualTo("rescheduling");
        talk.interrupt();
        Eventually.until("both are heard", () -> role.requests().size() == 2);
        List<JsonNode> events = talk.settled();
        assertThat(Talk.said(events)).containsExactly("Now it works.");
        assertThat(role.last().lastUserText()).isEqualTo("two");
        Legal.requests(role);
    }

    @Test
    @ManyWakes("fifty messages")
    void interrupts_at_any_moment_leave_a_session_that_works(Brain brain, Client client) {
        Brain.Role role = brain.role(request -> switch ((int) request.number() % 3) {
            case 0 -> Brain.bash("t" + request.number(), "sleep 0.0" + request.number() % 10);
            case 1 ->
                Script.text("Word by word.")
                        .thenToolUse("a" + request.number(), "bash", "{\"command\":\"true\"}")
                        .thenToolUse("b" + request.number(), "read", "{\"file_path\":\"x\"}");
            default -> Script.text("Said.");
        });
        Talk talk = client.talk(role);
        java.util.Random random = new java.util.Random(5);
        for (int i = 0; i < 25; i++) {
            talk.say("go " + i);
            long until = System.nanoTime() + random.nextInt(60) * 1_000_000L;
            while (System.nanoTime() < until) Thread.onSpinWait();
            if (random.nextBoolean()) talk.interrupt();
            else
                talk.send(
                        EventSendParams.builder().addEvent(Talk.interruption()).addEvent(Talk.message("turn " + i)));
        }
        Eventually.until("all is processed", () -> talk.events().stream()
                .noneMatch(event -> event.path("processed_at").isNull()));
        talk.settled();
        talk.say("finally");
        Eventually.until("it answers", () -> {
            List<JsonNode> events = talk.settled();
            return Talk.of(events, "user.message").getLast().toString().contains("finally")
                    && Talk.stopReason(events).path("type").asText().equals("end_turn");
        });
        assertThat(Talk.of(talk.events(), "session.error")).isEmpty();
        Legal.requests(role);
    }

    /** How many living processes have this word in their command line. */
    static long processes(String word) {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            return processes
                    .filter(path -> path.getFileName().toString().matches("\\d+"))
                    .filter(path -> commandLine(path).contains(word))
                    .count();
        } catch (IOException e) {
            return 0;
        }
    }

    private static String commandLine(Path process) {
        try {
            return Files.readString(process.resolve("cmdline")).replace('\0', ' ');
        } catch (IOException gone) {
            return "";
        }
    }
}
