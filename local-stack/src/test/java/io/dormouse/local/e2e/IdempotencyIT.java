package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.testkit.messages.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnSuite.class)
class IdempotencyIT {
    private static Reply post(Client client, String path, String body, String key) {
        return client.send("POST", path, body, Map.of("idempotency-key", key));
    }

    @Test
    void the_same_request_is_done_once_and_answered_twice(Brain brain, Client client) {
        Talk talk = client.talk(brain.role(request -> Script.text("Heard.")));
        String events = "/v1/sessions/" + talk.id() + "/events";
        String body = "{\"events\":[{\"type\":\"user.message\",\"content\":[{\"type\":\"text\",\"text\":\"once\"}]}]}";
        Reply first = post(client, events, body, "say-once");
        Reply second = post(client, events, body, "say-once");
        talk.settled();
        Reply third = post(client, events, body, "say-once");
        assertThat(first.status()).isEqualTo(200);
        assertThat(second.json()).isEqualTo(first.json());
        assertThat(third.json()).isEqualTo(first.json());
        assertThat(first.header("idempotent-replayed")).isNull();
        assertThat(second.header("idempotent-replayed")).isEqualTo("true");
        List<JsonNode> after = talk.settled();
        assertThat(Talk.of(after, "user.message")).hasSize(1);
        assertThat(Talk.said(after)).containsExactly("Heard.");
    }

    @Test
    void every_kind_of_creation_is_done_once(Client client) {
        String agent = client.agent("x", "[]").id();
        String environment = client.environment();
        Map<String, String> bodies = Map.of(
                "/v1/agents", "{\"name\":\"once\",\"model\":\"claude-sonnet-5\"}",
                "/v1/environments", "{\"name\":\"once-only\"}",
                "/v1/sessions", "{\"agent\":\"" + agent + "\",\"environment_id\":\"" + environment + "\"}");
        bodies.forEach((path, body) -> {
            Reply first = post(client, path, body, "create-" + path);
            Reply second = post(client, path, body, "create-" + path);
            assertThat(first.status()).as(path + first.json()).isEqualTo(200);
            assertThat(second.json()).isEqualTo(first.json());
            assertThat(client.get(path + "/" + first.id()).status()).isEqualTo(200);
        });
    }

    @Test
    void another_body_under_the_same_key_is_a_conflict_that_is_not_retried(Client client) {
        post(client, "/v1/agents", "{\"name\":\"one\",\"model\":\"claude-sonnet-5\"}", "taken");
        for (Reply reply : List.of(
                post(client, "/v1/agents", "{\"name\":\"two\",\"model\":\"claude-sonnet-5\"}", "taken"),
                post(client, "/v1/environments", "{\"name\":\"one\",\"model\":\"claude-sonnet-5\"}", "taken"))) {
            assertThat(reply.status()).isEqualTo(409);
            assertThat(reply.header("x-should-retry")).isEqualTo("false");
        }
    }

    @Test
    void a_refusal_is_repeated_as_it_was(Client client) {
        Reply first = post(client, "/v1/agents", "{\"model\":\"claude-sonnet-5\"}", "refused");
        Reply second = post(client, "/v1/agents", "{\"model\":\"claude-sonnet-5\"}", "refused");
        assertThat(first.status()).isEqualTo(400);
        assertThat(second.status()).isEqualTo(400);
        assertThat(second.message()).isEqualTo(first.message());
    }

    @Test
    void requests_at_the_same_time_make_one_session(Client client) throws InterruptedException {
        String body = "{\"agent\":\"" + client.agent("x", "[]").id() + "\",\"environment_id\":\"" + client.environment()
                + "\",\"title\":\"raced\"}";
        List<Reply> replies = new CopyOnWriteArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++)
            threads.add(Thread.ofVirtual().start(() -> replies.add(post(client, "/v1/sessions", body, "raced"))));
        for (Thread thread : threads) thread.join();
        Reply last = post(client, "/v1/sessions", body, "raced");
        assertThat(last.status()).isEqualTo(200);
        for (Reply reply : replies) {
            if (reply.status() == 200) {
                assertThat(reply.json()).isEqualTo(last.json());
            } else {
                assertThat(reply.status()).isEqualTo(409);
                assertThat(reply.header("x-should-retry")).isEqualTo("true");
            }
        }
        assertThat(replies).anyMatch(reply -> reply.status() == 200);
        List<JsonNode> sessions = new ArrayList<>();
        client.get("/v1/sessions?limit=1000").json().path("data").forEach(sessions::add);
        assertThat(sessions.stream().filter(s -> s.path("title").asText().equals("raced")))
                .hasSize(1);
    }
}
