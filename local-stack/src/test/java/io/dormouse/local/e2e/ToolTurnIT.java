package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.testkit.messages.Request;
import io.dormouse.testkit.messages.Script;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnSuite.class)
class ToolTurnIT {

    @Test
    void a_shell_keeps_its_directory_and_variables_over_turns(Brain brain, Client client) {
        Brain.Role role = brain.role(
                Brain.bash("t1", "mkdir -p inner && cd inner && COLOUR=blue && pwd"),
                Script.text("One."),
                Brain.bash("t2", "pwd; echo \"it is $COLOUR\""),
                Script.text("Two."));
        Talk talk = client.talk(role);
        talk.say("first");
        talk.settled();
        talk.say("second");
        List<JsonNode> events = talk.settled();
        assertThat(Talk.results(events)).hasSize(2);
        assertThat(Talk.results(events).getFirst().strip()).isEqualTo("/workspace/inner");
        assertThat(Talk.results(events).getLast().strip()).isEqualTo("/workspace/inner\nit is blue");
        assertThat(Talk.said(events)).containsExactly("One.", "Two.");
        Legal.requests(role);
    }

    @Test
    void every_file_tool_does_its_work_and_the_model_reads_it(Brain brain, Client client) {
        Brain.Role role = brain.role(
                Brain.call("t1", "write", "file_path", "notes/a.txt", "content", "alpha\nbeta\n"),
                Brain.call("t2", "read", "file_path", "/workspace/notes/a.txt"),
                Brain.call(
                        "t3",
                        "edit",
                        "file_path",
                        "notes/a.txt",
                        "old_string",
                        "beta",
                        "new_string",
                        "gamma \u00e9\u4e16"),
                Brain.call("t4", "glob", "pattern", "**/*.txt"),
                Brain.call("t5", "grep", "pattern", "gam+a"),
                Brain.bash("t6", "cat notes/a.txt; false"),
                Script.text("Done."));
        Talk talk = client.talk(role);
        talk.say("go");
        List<JsonNode> results = Talk.of(talk.settled(), "agent.tool_result");
        assertThat(results).hasSize(6);
        assertThat(text(results.get(0))).contains("notes/a.txt");
        assertThat(text(results.get(1))).contains("alpha").contains("beta");
        assertThat(text(results.get(3))).contains("notes/a.txt");
        assertThat(text(results.get(4))).contains("gamma \u00e9\u4e16").doesNotContain("alpha");
        assertThat(text(results.get(5))).contains("alpha\ngamma \u00e9\u4e16");
        assertThat(results)
                .extracting(result -> result.path("is_error").asBoolean())
                .containsExactly(false, false, false, false, false, true);
        for (int i = 0; i < 6; i++) {
            Request after = role.requests().get(i + 1);
            assertThat(after.toolResults()).hasSize(1);
            assertThat(after.toolResults().getFirst().path("tool_use_id").asText())
                    .isEqualTo("t" + (i + 1));
            assertThat(after.toolResults()
                            .getFirst()
                            .path("content")
                            .path(0)
                            .path("text")
                            .asText())
                    .isEqualTo(text(results.get(i)));
        }
        Legal.requests(role);
    }

    @Test
    void calls_of_one_reply_are_answered_together_and_in_their_order(Brain brain, Client client) {
        Brain.Role role = brain.role(
                Script.text("I look.")
                        .thenToolUse(
                                "t1",
                                "write",
                                Brain.input("file_path", "x", "content", "1").toString())
                        .thenToolUse(
                                "t2", "bash", Brain.input("command", "echo two").toString())
                        .thenToolUse(
                                "t3",
                                "read",
                                Brain.input("file_path", "missing").toString()),
                Script.text("Done."));
        Talk talk = client.talk(role);
        talk.say("go");
        List<JsonNode> events = talk.settled();
        List<JsonNode> uses = Talk.of(events, "agent.tool_use");
        List<JsonNode> results = Talk.of(events, "agent.tool_result");
        assertThat(results)
                .extracting(result -> result.path("tool_use_id").asText())
                .isEqualTo(uses.stream().map(use -> use.path("id").asText()).toList());
        assertThat(results.getLast().path("is_error").asBoolean()).isTrue();
        assertThat(role.last().toolResults())
                .extracting(block -> block.path("tool_use_id").asText())
                .containsExactly("t1", "t2", "t3");
        assertThat(Talk.types(events))
                .containsExactly(
                        "user.message",
                        "session.status_running",
                        "session.thread_status_running",
                        "span.model_request_start",
                        "agent.message",
                        "agent.tool_use",
                        "agent.tool_use",
                        "agent.tool_use",
                        "span.model_request_end",
                        "agent.tool_result",
                        "agent.tool_result",
                        "agent.tool_result",
                        "span.model_request_start",
                        "agent.message",
                        "span.model_request_end",
                        "session.thread_status_idle",
                        "session.usage",
                        "session.status_idle");
    }

    @Test
    void what_is_left_in_outputs_is_on_this_machine(Brain brain, RunningSuite suite, Client client) throws IOException {
        Talk talk = client.talk(
                brain.role(Brain.bash("t1", "echo result > /mnt/session/outputs/report.txt"), Script.text("Done.")));
        talk.say("go");
        talk.settled();
        assertThat(Files.readString(suite.hand(talk.id()).resolve("outputs/report.txt")))
                .isEqualTo("result\n");
    }

    @Test
    void output_that_is_no_text_or_too_much_is_still_an_answer(Brain brain, Client client) {
        Brain.Role role = brain.role(
                Brain.bash("t1", "head -c 4000 /dev/urandom; printf '\\0\\xff\\xfe\\xed\\xa0\\x80'"),
                Brain.bash("t2", "yes 0123456789 | head -c 3000000; echo the end"),
                Brain.bash("t3", "true"),
                Script.text("Done."));
        Talk talk = client.talk(role);
        talk.say("go");
        List<JsonNode> events = talk.settled();
        assertThat(Talk.results(events)).hasSize(3);
        assertThat(Talk.results(events).get(1)).contains("the end").hasSizeLessThan(110_000);
        assertThat(Talk.of(events, "agent.tool_result"))
                .noneMatch(result -> result.path("is_error").asBoolean());
        for (JsonNode result : Talk.of(events, "agent.tool_result"))
            assertThat(text(result)).isNotEmpty();
        assertThat(Talk.said(events)).containsExactly("Done.");
        Legal.requests(role);
    }

    @Test
    void two_sessions_have_two_rooms(Brain brain, Client client) {
        Talk one = client.talk(brain.role(Brain.bash("t1", "echo secret > mine"), Script.text("Done.")));
        one.say("go");
        one.settled();
        Talk other = client.talk(brain.role(Brain.bash("t1", "ls -a; ls -a /tmp"), Script.text("Done.")));
        other.say("go");
        assertThat(Talk.results(other.settled()).getFirst()).doesNotContain("mine");
    }

    private static String text(JsonNode result) {
        return result.path("content").path(0).path("text").asText();
    }
}
