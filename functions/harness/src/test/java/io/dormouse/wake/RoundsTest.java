package io.dormouse.wake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.head.Head;
import io.dormouse.head.Head.Claim;
import io.dormouse.head.Head.Posting;
import io.dormouse.head.Heads.Swapped;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.session.Input;
import io.dormouse.session.ToolResult;
import io.dormouse.testkit.memory.MemoryHeads;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RoundsTest {
    private Instant now = Instant.parse("2026-11-29T12:00:00Z");
    private final Ids ids = new Ids(() -> now, new Random(1));
    private final MemoryHeads heads = new MemoryHeads();
    private final List<ThreadId> invoked = new ArrayList<>();
    private ThreadId unreachable;
    private final Rounds rounds = new Rounds(heads, this::invoke, () -> now);

    private void invoke(ThreadId thread) {
        if (thread.equals(unreachable)) throw new IllegalStateException("no answer");
        invoked.add(thread);
    }

    private ThreadId idle() {
        SessionId session = ids.session();
        heads.create(Head.fresh(WorkspaceId.DEFAULT, session, now));
        return session.primaryThread();
    }

    private ThreadId owing() {
        ThreadId thread = idle();
        Head head = heads.read(thread).orElseThrow();
        Input message = new Input.UserMessage(ids.event(), ToolResult.text("hi"));
        Posting.Accepted accepted = (Posting.Accepted) head.post(List.of(message), now);
        assertThat(heads.swap(head, accepted.next())).isInstanceOf(Swapped.Done.class);
        return thread;
    }

    private ThreadId workedOn() {
        ThreadId thread = owing();
        Head head = heads.read(thread).orElseThrow();
        assertThat(heads.swap(head, ((Claim.Granted) head.claim("somebody", now)).next()))
                .isInstanceOf(Swapped.Done.class);
        return thread;
    }

    private static String record(ThreadId thread, String sk, boolean ready) {
        return """
                {"eventName":"MODIFY","dynamodb":{"SequenceNumber":"%s","Keys":{"pk":{"S":"T#%s"},"sk":{"S":"%s"}},
                "NewImage":{%s"version":{"N":"2"}}}}""".formatted("n-" + thread, thread, sk, ready ? "\"ready\":{\"S\":\"1\"}," : "");
    }

    private List<String> follow(String... records) {
        Event event = Event.of(Json.parse("{\"Records\":[" + String.join(",", records) + "]}"));
        return rounds.follow(((Event.Changes) event).changes());
    }

    @Test
    void a_record_of_the_stream_wakes_a_thread_that_owes_and_that_nobody_works_on() {
        ThreadId owes = owing();
        assertThat(follow(
                        record(owes, "HEAD", true),
                        record(idle(), "HEAD", true),
                        record(workedOn(), "HEAD", true),
                        record(owing(), "HEAD", false),
                        record(owing(), "E#000000000001", true)))
                .isEmpty();
        assertThat(invoked).containsExactly(owes);
    }

    @Test
    void a_record_whose_wake_could_not_be_sent_is_asked_for_again_and_holds_up_no_other() {
        unreachable = owing();
        ThreadId other = owing();
        assertThat(follow(record(unreachable, "HEAD", true), record(other, "HEAD", true)))
                .containsExactly("n-" + unreachable);
        assertThat(invoked).containsExactly(other);
    }

    @Test
    void a_sweep_wakes_what_is_due_and_not_what_somebody_works_on() {
        ThreadId owes = owing();
        workedOn();
        idle();
        assertThat(rounds.sweep()).isZero();
        assertThat(invoked).containsExactly(owes);
    }

    @Test
    void a_sweep_wakes_a_thread_whose_owner_fell_silent() {
        ThreadId left = workedOn();
        now = now.plusSeconds(15);
        rounds.sweep();
        assertThat(invoked).containsExactly(left);
    }

    @Test
    void a_sweep_counts_what_has_owed_for_ten_minutes() {
        ThreadId old = owing();
        workedOn();
        now = now.plus(Duration.ofMinutes(10));
        ThreadId fresh = owing();
        unreachable = old;
        // The one that was worked on fell silent ten minutes ago, less the life of its lease.
        assertThat(rounds.sweep()).isEqualTo(1);
        assertThat(invoked).contains(fresh);
    }

    @Test
    void what_the_function_does_not_know_is_an_error_that_lambda_counts() {
        assertThatThrownBy(() -> Event.of(Json.parse("{\"thread\":\"no id\"}")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Event.of(Json.parse("{}"))).isInstanceOf(IllegalArgumentException.class);
        assertThat(Event.of(Json.parse("{\"sweep\":true}"))).isEqualTo(new Event.Sweep());
        ThreadId thread = idle();
        assertThat(Event.of(Json.parse("{\"thread\":\"" + thread + "\"}"))).isEqualTo(new Event.Wake(thread));
    }
}
