package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.testkit.messages.Gate;
import io.dormouse.testkit.messages.Request;
import io.dormouse.testkit.messages.Script;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnSuite.class)
class QueueIT {

    @Test
    void messages_sent_while_it_works_wait_their_turn_in_order(Brain brain, Client client) {
        Gate gate = new Gate();
        Brain.Role role = brain.role(
                request -> request.messageCount() == 1 && request.lastUserText().equals("one")
                        ? Script.text("First.").holdBeforeHeaders(gate)
                        : Script.text("Later."));
        Talk talk = client.talk(role);
        talk.say("one");
        gate.awaitReached();
        List<String> sent = new ArrayList<>();
        for (String text : List.of("two", "three", "four")) sent.add(talk.say(text));
        List<JsonNode> waiting =
                talk.events().subList(talk.events().size() - 3, talk.events().size());
        assertThat(waiting).extracting(event -> event.path("id").asText()).isEqualTo(sent);
        assertThat(waiting).allMatch(event -> event.path("processed_at").isNull());
        gate.open();
        Eventually.until("all are processed", () -> Talk.of(talk.events(), "user.message").stream()
                .noneMatch(event -> event.path("processed_at").isNull()));
        List<JsonNode> events = talk.settled();
        assertThat(Talk.of(events, "user.message").stream().skip(1))
                .extracting(event -> event.path("id").asText())
                .isEqualTo(sent);
        assertThat(texts(role.last())).containsSubsequence("one", "two", "three", "four");
        Legal.requests(role);
    }

    @Test
    void a_message_enters_at_the_next_model_request_of_the_same_turn(Brain brain, RunningSuite suite, Client client) {
        Brain.Role role = brain.role(
                Brain.bash("t1", "touch started; while [ ! -e go ]; do sleep 0.05; done"), Script.text("Both heard."));
        Talk talk = client.talk(role);
        talk.say("one");
        var workspace = suite.hand(talk.id()).resolve("workspace");
        Eventually.until(
                "the command runs", () -> workspace.resolve("started").toFile().exists());
        talk.say("two");
        assertThat(workspace.resolve("go").toFile().mkdir()).isTrue();
        List<JsonNode> events = talk.settled();
        assertThat(Talk.said(events)).containsExactly("Both heard.");
        assertThat(Talk.of(events, "session.status_running")).hasSize(1);
        assertThat(role.last().lastUserText()).isEqualTo("two");
        assertThat(role.last().toolResults()).hasSize(1);
        Legal.requests(role);
    }

    @Test
    void many_clients_posting_at_once_lose_nothing(Brain brain, Client client) throws InterruptedException {
        Brain.Role role = brain.role(request -> Script.text("Heard."));
        Talk talk = client.talk(role);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            int number = i;
            threads.add(Thread.ofVirtual().start(() -> {
                for (int j = 0; j < 5; j++) talk.say(number + "-" + j);
            }));
        }
        for (Thread thread : threads) thread.join();
        Eventually.until("all are processed", () -> Talk.of(talk.events(), "user.message").stream()
                .noneMatch(event -> event.path("processed_at").isNull()));
        List<JsonNode> events = talk.settled();
        List<String> said = Talk.of(events, "user.message").stream()
                .map(event -> event.path("content").path(0).path("text").asText())
                .toList();
        assertThat(said).hasSize(30).doesNotHaveDuplicates();
        for (int i = 0; i < 6; i++) {
            String prefix = i + "-";
            assertThat(said.stream().filter(text -> text.startsWith(prefix))).isSorted();
        }
        assertThat(texts(role.last())).containsSubsequence(said);
        Legal.requests(role);
    }

    private static List<String> texts(Request request) {
        List<String> texts = new ArrayList<>();
        for (JsonNode message : request.json().path("messages")) {
            if (!message.path("role").asText().equals("user")) continue;
            if (message.path("content").isTextual())
                texts.add(message.path("content").asText());
            for (JsonNode block : message.path("content"))
                if (block.has("text")) texts.add(block.path("text").asText());
        }
        return texts;
    }
}
