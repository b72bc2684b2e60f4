package io.dormouse.api;

import static io.dormouse.api.Caller.says;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.api.Caller.Reply;
import io.dormouse.id.SessionId;
import io.dormouse.json.Json;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThreadsTest {
    private final Caller caller = new Caller();
    private final String id = caller.session("");
    private final String thread = new SessionId(id).primaryThread().text();
    private final String threads = "/v1/sessions/" + id + "/threads";
    private final String primary = threads + "/" + thread;

    @Test
    void a_session_has_a_primary_thread_with_every_field() {
        JsonNode session = caller.get("/v1/sessions/" + id).body();
        ObjectNode agent = session.path("agent").deepCopy();
        agent.remove("multiagent");
        ObjectNode expected = Json.object()
                .put("id", thread)
                .put("type", "session_thread")
                .put("session_id", id)
                .putNull("parent_thread_id");
        expected.set("agent", agent);
        expected.put("status", "idle");
        expected.putObject("stats")
                .put("active_seconds", 0.0)
                .put("duration_seconds", 0.0)
                .put("startup_seconds", 0);
        expected.set("usage", session.path("usage"));
        expected.putNull("workflow_run_id")
                .put("created_at", "2026-11-24T10:00:00Z")
                .put("updated_at", "2026-11-24T10:00:00Z")
                .putNull("archived_at");
        assertThat(caller.ok(caller.get(primary)).body().toPrettyString()).isEqualTo(expected.toPrettyString());
        Reply list = caller.ok(caller.get(threads + "?limit=5"));
        assertThat(list.at("/data").size()).isEqualTo(1);
        assertThat(list.at("/data/0")).isEqualTo(caller.get(primary).body());
        assertThat(list.body().path("next_page").isNull()).isTrue();
    }

    @Test
    void threads_are_listed_by_status() {
        caller.ok(caller.send(id, says("hi")));
        assertThat(caller.get(threads + "?statuses[]=idle&statuses[]=terminated")
                        .at("/data")
                        .size())
                .isZero();
        assertThat(caller.get(threads + "?statuses=running")
                        .at("/data/0/status")
                        .asText())
                .isEqualTo("running");
        for (String wrong : List.of("?statuses=asleep", "?page=x", "?limit=0"))
            assertThat(caller.get(threads + wrong).status()).as(wrong).isEqualTo(400);
    }

    @Test
    void a_thread_ends_with_its_session() {
        assertThat(caller.post(primary + "/archive", "{}").status()).isEqualTo(400);
        caller.ok(caller.post("/v1/sessions/" + id + "/archive", "{}"));
        assertThat(caller.get(primary).text("status")).isEqualTo("terminated");
        assertThat(caller.get(primary).text("archived_at")).isEqualTo("2026-11-24T10:00:00Z");
    }

    @Test
    void the_primary_thread_tells_the_events_of_its_session() {
        caller.ok(caller.send(id, says("hi")));
        caller.pass(Duration.ofSeconds(1));
        new Brain(caller, id).turn("hello");
        assertThat(caller.ok(caller.get(primary + "/events")).body())
                .isEqualTo(caller.get("/v1/sessions/" + id + "/events").body());
        caller.headers.put("last-event-id", "0.0");
        assertThat(caller.stream(primary + "/stream"))
                .isEqualTo(caller.stream("/v1/sessions/" + id + "/events/stream"))
                .isNotEmpty();
    }

    @Test
    void no_other_thread_exists() {
        String other = threads + "/" + new SessionId(caller.session("")).primaryThread();
        for (String path : List.of(other, other + "/events", other + "/stream", threads + "/x"))
            assertThat(caller.get(path).status()).as(path).isEqualTo(404);
        assertThat(caller.post(other + "/archive", "{}").status()).isEqualTo(404);
    }
}
