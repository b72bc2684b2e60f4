package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.WorkspaceId;
import io.dormouse.local.sqlite.Sqlite;
import io.dormouse.local.sqlite.SqliteResources;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.testkit.messages.Gate;
import io.dormouse.testkit.messages.Script;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever dies, whenever: nothing is lost, nothing is done twice, and nobody has to do anything about it. */
@OneProcess("it kills what is one process, and its hands stay")
class KillIT {
    private static final String SLOW = "echo begin >> journal; sleep 3; echo end >> journal; echo finished";

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

    /** kill -9 and a new start on the same data. @return the session as the new suite has it */
    private Talk killedAndStarted(Talk talk) {
        suite.kill();
        suite.start();
        return reconnected(talk);
    }

    private Talk reconnected(Talk talk) {
        client.close();
        client = new Client(suite.address(), RunningSuite.KEY);
        return talk.with(client);
    }

    private static void usage(Talk talk, long input, long output) {
        assertThat(talk.session().usage().inputTokens()).contains(input);
        assertThat(talk.session().usage().outputTokens()).contains(output);
    }

    @Test
    void in_the_middle_of_a_command_that_then_has_run_once() throws IOException {
        Brain.Role role = brain.role(
                Brain.bash("t1", SLOW).usage(100, 10), Script.text("Done.").usage(200, 20));
        Talk talk = client.talk(role);
        talk.say("go");
        Path journal = suite.hand(talk.id()).resolve("workspace/journal");
        Eventually.until("the command runs", () -> journal.toFile().length() > 0);
        List<JsonNode> before = talk.events();
        String last;
        try (RawStream stream = RawStream.fromTheStart(client, talk.id())) {
            last = stream.until("agent.tool_use").getLast().id();
        }
        Talk later = killedAndStarted(talk);
        try (RawStream stream = RawStream.open(client, talk.id(), "", Map.of("last-event-id", last))) {
            assertThat(stream.until("session.status_idle"))
                    .extracting(RawStream.Event::type)
                    .startsWith("span.model_request_end", "agent.tool_result", "span.model_request_start");
        }
        List<JsonNode> after = later.settled();
        Legal.continues(before, after);
        assertThat(Files.readAllLines(journal)).containsExactly("begin", "end");
        assertThat(Talk.results(after).getFirst().strip()).isEqualTo("finished");
        assertThat(Talk.said(after)).containsExactly("Done.");
        usage(later, 300, 30);
        Legal.requests(role);
    }

    @Test
    void in_the_middle_of_what_the_model_says() {
        Gate gate = new Gate();
        Brain.Role role = brain.role(
                Script.text("Never heard to its end.").usage(100, 10).holdBeforeEvent(5, gate),
                Script.text("Once more, from the top.").usage(200, 20));
        Talk talk = client.talk(role);
        talk.say("go");
        gate.awaitReached();
        List<JsonNode> before = talk.events();
        Talk later = killedAndStarted(talk);
        List<JsonNode> after = later.settled();
        Legal.continues(before, after);
        assertThat(Talk.said(after)).containsExactly("Once more, from the top.");
        assertThat(role.requests()).hasSize(2);
        assertThat(role.requests().getLast().json())
                .isEqualTo(role.requests().getFirst().json());
        usage(later, 200, 20);
        Legal.requests(role);
    }

    @Test
    void while_a_person_is_asked() throws IOException {
        Brain.Role role = brain.role(
                Brain.bash("t1", "echo ran >> journal").usage(100, 10),
                Script.text("Done.").usage(200, 20));
        Talk talk = client.talk(role, PermissionsIT.ASK);
        talk.say("go");
        List<String> asked = talk.awaiting();
        List<JsonNode> before = talk.events();
        Talk later = killedAndStarted(talk);
        assertThat(later.events()).isEqualTo(before);
        assertThat(later.awaiting()).isEqualTo(asked);
        later.allow(asked.getFirst());
        List<JsonNode> after = later.settled();
        Legal.continues(before, after);
        assertThat(Files.readAllLines(suite.hand(talk.id()).resolve("workspace/journal")))
                .containsExactly("ran");
        assertThat(Talk.said(after)).containsExactly("Done.");
        usage(later, 300, 30);
        Legal.requests(role);
    }

    @Test
    void right_after_a_message_was_accepted() {
        Brain.Role role = brain.role(request -> Script.text("Heard.").usage(100, 10));
        Talk talk = client.talk(role);
        String sent = talk.say("go");
        suite.kill();
        suite.start();
        Talk later = reconnected(talk);
        List<JsonNode> after = later.settled();
        assertThat(Talk.of(after, "user.message"))
                .extracting(event -> event.path("id").asText())
                .containsExactly(sent);
        assertThat(Talk.said(after)).containsExactly("Heard.");
        usage(later, 100, 10);
        Legal.requests(role);
    }

    @Test
    void again_and_again_at_moments_nobody_chose() throws IOException {
        Brain.Role role = brain.role(request -> request.messageCount() < 16
                ? Brain.bash("t" + request.messageCount(), "echo " + request.messageCount() + " >> journal; sleep 0.3")
                : Script.text("Done."));
        Talk talk = client.talk(role);
        talk.say("go");
        Path journal = suite.hand(talk.id()).resolve("workspace/journal");
        List<JsonNode> before = List.of();
        for (int lines : List.of(1, 4)) {
            Eventually.until("it has come so far", () -> lines(journal) >= lines);
            before = talk.events();
            talk = killedAndStarted(talk);
            Legal.continues(before, talk.events());
        }
        List<JsonNode> after = talk.settled();
        Legal.continues(before, after);
        assertThat(Files.readAllLines(journal)).containsExactly("1", "3", "5", "7", "9", "11", "13", "15");
        assertThat(Talk.results(after)).hasSize(8);
        Legal.requests(role);
    }

    @Test
    void a_clean_stop_ends_all_hands_and_the_next_start_goes_on() throws IOException {
        Gate gate = new Gate();
        Brain.Role speaking = brain.role(Script.text("Never heard.").holdBeforeEvent(4, gate), Script.text("Heard."));
        Brain.Role working = brain.role(Brain.bash("t1", SLOW.replace("sleep 3", "sleep 60")), Script.text("Done."));
        Talk spoken = client.talk(speaking);
        Talk worked = client.talk(working);
        spoken.say("speak");
        worked.say("work");
        Path journal = suite.hand(worked.id()).resolve("workspace/journal");
        Eventually.until("the command runs", () -> journal.toFile().length() > 0);
        gate.awaitReached();
        List<JsonNode> before = worked.events();
        assertThat(suite.stop()).as("exit code").isIn(0, 143);
        assertThat(suite.hands()).isEmpty();
        assertThat(suite.printed()).doesNotContain(" ERROR ");
        suite.start();
        worked = reconnected(worked);
        List<JsonNode> after = worked.settled();
        Legal.continues(before, after);
        assertThat(Files.readAllLines(journal)).containsExactly("begin");
        assertThat(Talk.of(after, "agent.tool_result")).hasSize(1).allMatch(r -> r.path("is_error")
                .asBoolean());
        assertThat(Talk.said(after)).containsExactly("Done.");
        assertThat(Talk.said(spoken.with(client).settled())).containsExactly("Heard.");
        Legal.requests(speaking);
        Legal.requests(working);
    }

    @Test
    void a_killed_hand_is_an_answer_and_the_next_one_has_the_same_files() throws IOException {
        Brain.Role role = brain.role(
                Brain.bash("t1", SLOW.replace("sleep 3", "sleep 60")),
                Brain.bash("t2", "cat journal; echo afresh"),
                Script.text("Done."));
        Talk talk = client.talk(role);
        talk.say("go");
        Path hand = suite.hand(talk.id());
        Eventually.until(
                "the command runs",
                () -> hand.resolve("workspace/journal").toFile().length() > 0);
        ProcessHandle first = RunningSuite.supervisor(hand).orElseThrow();
        first.destroyForcibly();
        List<JsonNode> events = talk.settled();
        List<JsonNode> results = Talk.of(events, "agent.tool_result");
        assertThat(results).extracting(r -> r.path("is_error").asBoolean()).containsExactly(true, false);
        assertThat(Talk.results(events).getFirst()).contains("may or may not have taken effect");
        assertThat(Talk.results(events).getLast())
                .contains("begin")
                .contains("afresh")
                .doesNotContain("end");
        assertThat(RunningSuite.supervisor(hand)).isPresent().get().isNotEqualTo(first);
        assertThat(Files.readAllLines(hand.resolve("workspace/journal"))).containsExactly("begin");
        Legal.requests(role);
    }

    @Test
    void the_suite_and_the_hand_at_once_as_a_machine_does() throws IOException {
        Brain.Role role = brain.role(
                Brain.bash("t1", SLOW.replace("sleep 3", "sleep 60")),
                Brain.bash("t2", "cat journal"),
                Script.text("Done."));
        Talk talk = client.talk(role);
        talk.say("go");
        Path hand = suite.hand(talk.id());
        Eventually.until(
                "the command runs",
                () -> hand.resolve("workspace/journal").toFile().length() > 0);
        List<JsonNode> before = talk.events();
        ProcessHandle supervisor = RunningSuite.supervisor(hand).orElseThrow();
        suite.kill();
        supervisor.destroyForcibly();
        Eventually.until("it is dead", () -> !supervisor.isAlive());
        suite.start();
        Talk later = reconnected(talk);
        List<JsonNode> after = later.settled();
        Legal.continues(before, after);
        assertThat(Files.readAllLines(hand.resolve("workspace/journal"))).containsExactly("begin");
        assertThat(Talk.results(after).getFirst()).contains("may or may not have taken effect");
        assertThat(Talk.results(after).getLast().strip()).isEqualTo("begin");
        Legal.requests(role);
    }

    @Test
    void while_it_waits_to_ask_the_model_again() {
        Brain.Role role = brain.role(
                Script.error(429, "rate_limit_error", "Later").header("retry-after", "3600"), Script.text("Now."));
        Talk talk = client.talk(role);
        talk.say("go");
        Eventually.until("it waits", () -> talk.status().equals("rescheduling"));
        List<JsonNode> before = talk.events();
        Talk later = killedAndStarted(talk);
        assertThat(later.status()).isEqualTo("rescheduling");
        Legal.continues(before, later.events());
        later.interrupt();
        later.await("user.interrupt", event -> !event.path("processed_at").isNull());
        later.say("again");
        List<JsonNode> after = later.settled();
        Legal.continues(before, after);
        assertThat(Talk.said(after)).containsExactly("Now.");
        Legal.requests(role);
    }

    @Test
    void a_deletion_that_was_cut_off_is_finished_by_the_next_start() {
        Talk talk = client.talk(brain.role(Brain.bash("t1", "true"), Script.text("Done.")));
        talk.say("go");
        talk.settled();
        client.sdk().beta().sessions().delete(talk.id());
        suite.kill();
        suite.start();
        Eventually.until("the hand's folder is gone", () -> !Files.exists(suite.hand(talk.id())));
        assertThat(RunningSuite.supervisor(suite.hand(talk.id()))).isEmpty();
    }

    @Test
    @FirstStoreOnly("the claim is looked up in the suite's file")
    void before_an_answer_was_kept_and_the_repeat_need_not_wait() {
        Map<String, String> key = Map.of("idempotency-key", "the only one of this suite");
        String body = "{\"name\":\"once\",\"model\":\"claude-sonnet-5\"}";
        Reply first = client.send("POST", "/v1/agents", body, key);
        suite.kill();
        asIfNotAnswered();
        suite.start();
        disconnect();
        connect();
        Reply repeat = client.send("POST", "/v1/agents", body, key);
        assertThat(repeat.status()).as(repeat.message()).isEqualTo(200);
        assertThat(repeat.id()).isEqualTo(first.id());
    }

    /** The claim on the only key is again as it was before the answer was there. */
    private static void asIfNotAnswered() {
        try (Sqlite file = Sqlite.open(suite.home().resolve("dormouse.db"))) {
            Resources resources = new SqliteResources(file, Instant::now);
            Resources.Query any = new Resources.Query("", true, null, null, null, true, 2);
            List<Resource> claims = resources.list(WorkspaceId.DEFAULT, "idempotency", any);
            assertThat(claims).hasSize(1);
            Resource done = claims.getFirst();
            ObjectNode begun = done.body().deepCopy();
            begun.put("state", "started").remove(List.of("status", "answer"));
            assertThat(resources.swap(done, done.with(begun, Instant.now()))).isInstanceOf(Resources.Saved.Done.class);
        }
    }

    private static int lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file).size() : 0;
        } catch (IOException e) {
            return 0;
        }
    }
}
