package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.testkit.messages.Script;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnSuite.class)
class LazyHandIT {

    @Test
    void only_a_tool_call_starts_a_hand(Brain brain, RunningSuite suite, Client client) {
        Talk talk = client.talk(brain.role(Script.text("Hello."), Brain.bash("t1", "true"), Script.text("Done.")));
        talk.say("no tools yet");
        talk.settled();
        assertThat(suite.hand(talk.id())).doesNotExist();
        talk.say("now");
        talk.settled();
        assertThat(RunningSuite.supervisor(suite.hand(talk.id()))).isPresent();
    }

    @Test
    @OneProcess("a task's files go with it, and the model is told")
    void a_hand_that_died_while_nobody_needed_it_is_replaced_without_a_word(
            Brain brain, RunningSuite suite, Client client) {
        Talk talk = client.talk(brain.role(
                Brain.bash("t1", "echo kept > file"),
                Script.text("One."),
                Brain.call("t2", "read", "file_path", "file"),
                Script.text("Two.")));
        talk.say("go");
        talk.settled();
        ProcessHandle hand = RunningSuite.supervisor(suite.hand(talk.id())).orElseThrow();
        hand.destroyForcibly();
        Eventually.until("it is dead", () -> !hand.isAlive());
        talk.say("again");
        var results = Talk.of(talk.settled(), "agent.tool_result");
        assertThat(results.getLast().path("is_error").asBoolean()).isFalse();
        assertThat(Talk.results(results).getLast()).contains("kept");
    }

    @Test
    void a_deleted_session_leaves_neither_hand_nor_files(Brain brain, RunningSuite suite, Client client) {
        Talk talk = client.talk(brain.role(Brain.bash("t1", "echo x > file"), Script.text("Done.")));
        talk.say("go");
        talk.settled();
        ProcessHandle hand = RunningSuite.supervisor(suite.hand(talk.id())).orElseThrow();
        client.sdk().beta().sessions().delete(talk.id());
        Eventually.until("the hand is gone", () -> !hand.isAlive());
        Eventually.until(
                "its folder is gone", () -> !suite.hand(talk.id()).toFile().exists());
        assertThat(client.get("/v1/sessions/" + talk.id()).status()).isEqualTo(404);
    }
}
