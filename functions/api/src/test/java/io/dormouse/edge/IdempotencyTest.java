package io.dormouse.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resources;
import io.dormouse.testkit.memory.MemoryBlobs;
import io.dormouse.testkit.memory.MemoryResources;
import io.dormouse.wire.ApiError;
import io.dormouse.wire.Refused;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class IdempotencyTest {
    private static final WorkspaceId HERE = new WorkspaceId("here");
    private Instant now = Instant.parse("2026-11-24T10:00:00Z");
    private final InstantSource clock = () -> now;
    private final Resources resources = new MemoryResources(clock);
    private final Idempotency idempotency = of(Incarnation.ONE_OF_MANY);

    private Idempotency of(Incarnation incarnation) {
        return new Idempotency(resources, new MemoryBlobs(), clock, new SecureRandom(), incarnation);
    }

    private Idempotency.Begun begin(String fingerprint) {
        return idempotency.begin(HERE, "key", fingerprint);
    }

    private static Idempotency.Begun.Attempt attempt(Idempotency.Begun begun) {
        assertThat(begun).isInstanceOf(Idempotency.Begun.Attempt.class);
        return (Idempotency.Begun.Attempt) begun;
    }

    private static ApiError.Conflict conflict(Idempotency.Begun begun) {
        assertThat(begun).isInstanceOf(Idempotency.Begun.Rejected.class);
        return (ApiError.Conflict) ((Idempotency.Begun.Rejected) begun).error();
    }

    @Test
    void the_same_request_again_gets_the_same_answer() {
        ObjectNode answer = Json.object().put("id", "agent_1");
        idempotency.finish(attempt(begin("f")).claim(), 200, answer);
        assertThat(begin("f")).isEqualTo(new Idempotency.Begun.Replay(200, answer));
    }

    @Test
    void an_answer_too_large_for_a_document_is_replayed_too() {
        ObjectNode answer = Json.object().put("text", "x".repeat(300_000));
        idempotency.finish(attempt(begin("f")).claim(), 200, answer);
        assertThat(begin("f")).isEqualTo(new Idempotency.Begun.Replay(200, answer));
    }

    @Test
    void another_request_with_the_key_is_a_permanent_conflict() {
        Idempotency.Begun.Attempt first = attempt(begin("f"));
        assertThat(conflict(begin("g")).retry()).isFalse();
        idempotency.finish(first.claim(), 200, Json.object());
        assertThat(conflict(begin("g")).retry()).isFalse();
        assertThat(idempotency.begin(new WorkspaceId("there"), "key", "g"))
                .isInstanceOf(Idempotency.Begun.Attempt.class);
    }

    @Test
    void a_duplicate_while_the_first_runs_may_try_again() {
        begin("f");
        now = now.plus(Idempotency.PATIENCE).minusMillis(1);
        assertThat(conflict(begin("f")).retry()).isTrue();
    }

    @Test
    void what_an_earlier_life_of_the_same_server_began_is_taken_over_at_once() {
        of(new Incarnation("suite", "first")).begin(HERE, "key", "f");
        assertThat(conflict(of(new Incarnation("suite", "first")).begin(HERE, "key", "f"))
                        .retry())
                .isTrue();
        assertThat(conflict(of(new Incarnation("another", "second")).begin(HERE, "key", "f"))
                        .retry())
                .isTrue();
        assertThat(conflict(begin("f")).retry()).isTrue();
        Incarnation second = new Incarnation("suite", "second");
        assertThat(attempt(of(second).begin(HERE, "key", "f")).again()).isTrue();
        // Now it is the second's, and goes on.
        assertThat(conflict(of(second).begin(HERE, "key", "f")).retry()).isTrue();
    }

    @Test
    void a_takeover_makes_the_same_ids_and_the_late_first_attempt_cannot_answer() {
        Idempotency.Begun.Attempt dead = attempt(begin("f"));
        List<String> ids = List.of(
                dead.ids().next("a_"),
                dead.ids().next("b_"),
                dead.ids().session().text());
        now = now.plus(Idempotency.PATIENCE);
        Idempotency.Begun.Attempt heir = attempt(begin("f"));
        assertThat(List.of(
                        heir.ids().next("a_"),
                        heir.ids().next("b_"),
                        heir.ids().session().text()))
                .isEqualTo(ids);
        assertThat(ids).doesNotHaveDuplicates();
        idempotency.finish(dead.claim(), 200, Json.object().put("who", "dead"));
        idempotency.finish(heir.claim(), 200, Json.object().put("who", "heir"));
        assertThat(begin("f"))
                .isEqualTo(new Idempotency.Begun.Replay(200, Json.object().put("who", "heir")));
    }

    @Test
    void a_released_key_goes_on_with_the_same_ids_for_the_same_request_only() {
        Idempotency.Begun.Attempt first = attempt(begin("f"));
        String id = first.ids().next();
        idempotency.release(first.claim());
        Idempotency.Begun.Attempt second = attempt(begin("f"));
        assertThat(second.ids().next()).isEqualTo(id);
        idempotency.release(second.claim());
        assertThat(attempt(begin("g")).ids().next()).isNotEqualTo(id);
    }

    @Test
    void a_key_is_forgotten_after_a_day() {
        idempotency.finish(attempt(begin("f")).claim(), 200, Json.object());
        now = now.plus(Idempotency.KEPT).minusMillis(1);
        assertThat(begin("f")).isInstanceOf(Idempotency.Begun.Replay.class);
        now = now.plus(Duration.ofMillis(1));
        assertThat(begin("g")).isInstanceOf(Idempotency.Begun.Attempt.class);
    }

    @Test
    void of_many_at_once_one_wins() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < 2; round++) {
                // Second round: everybody wants to take over.
                List<Future<Idempotency.Begun>> all = new ArrayList<>();
                for (int i = 0; i < 50; i++) all.add(threads.submit(() -> begin("f")));
                int winners = 0;
                for (Future<Idempotency.Begun> one : all)
                    if (one.get() instanceof Idempotency.Begun.Attempt) winners++;
                    else assertThat(conflict(one.get()).retry()).isTrue();
                assertThat(winners).isEqualTo(1);
                now = now.plus(Idempotency.PATIENCE);
            }
        }
    }

    @Test
    void a_key_has_1_to_255_characters() {
        idempotency.begin(HERE, "k".repeat(255), "f");
        assertThatThrownBy(() -> idempotency.begin(HERE, "", "f")).isInstanceOf(Refused.class);
        assertThatThrownBy(() -> idempotency.begin(HERE, "k".repeat(256), "f")).isInstanceOf(Refused.class);
    }
}
