package io.dormouse.local.fargate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.hands.Hand;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider.Provided;
import io.dormouse.hands.Tenure;
import io.dormouse.hands.fargate.FargateHands;
import io.dormouse.hands.fargate.HandRecord;
import io.dormouse.hands.fargate.HandRecord.Intent;
import io.dormouse.hands.fargate.HandRecord.Phase;
import io.dormouse.hands.fargate.Patience;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.pace.Cancellation;
import io.dormouse.testkit.ecs.Fate;
import io.dormouse.testkit.ecs.Fault;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each thing that can go wrong between a request for a hand and its end has an outcome; none is an exception. */
class FargateHandsTest {
    private static final Ids IDS = new Ids(InstantSource.system(), new SecureRandom());

    @TempDir
    Path home;

    private final SessionId session = IDS.session();
    private final HandId id = HandId.of(session.primaryThread());
    private Cluster cluster;
    private FargateHands hands;

    @BeforeEach
    void open() throws IOException {
        cluster = Cluster.ofStandIns(home);
        hands = cluster.hands();
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private Provided provide(long epoch) {
        return hands.provide(id, new Tenure(session, epoch), new Cancellation());
    }

    private Provided.Ready ready(long epoch) {
        Provided provided = provide(epoch);
        assertThat(provided).isInstanceOf(Provided.Ready.class);
        return (Provided.Ready) provided;
    }

    private String reason(long epoch) {
        Provided provided = provide(epoch);
        assertThat(provided).isInstanceOf(Provided.Unavailable.class);
        return ((Provided.Unavailable) provided).reason();
    }

    private List<String> tokens() {
        return cluster.ecs.requests("RunTask").stream()
                .map(request -> request.body().path("clientToken").asText())
                .toList();
    }

    private int running() {
        return cluster.ecs.running().size();
    }

    private String only() {
        assertThat(cluster.ecs.running()).hasSize(1);
        return cluster.ecs.running().getFirst().arn();
    }

    private Phase phase() {
        return cluster.records.read(id).orElseThrow().phase();
    }

    // ---- what is asked for

    @Test
    void a_task_knows_the_hash_of_its_secret_and_nothing_else_and_carries_its_session_and_epoch() {
        ready(7);
        JsonNode request = cluster.ecs.requests("RunTask").getFirst().body();
        HandRecord record = cluster.records.read(id).orElseThrow();
        Intent intent = ((Phase.Reached) record.phase()).intent();
        assertThat(request.toString()).doesNotContain(intent.secret()).doesNotContain("taskRoleArn");
        List<String> names = new ArrayList<>();
        request.at("/overrides/containerOverrides/0/environment")
                .forEach(each -> names.add(each.path("name").asText()));
        assertThat(names).containsExactlyInAnyOrder("DORMOUSE_HAND", "DORMOUSE_SECRET_SHA256");
        assertThat(request.path("tags").toString())
                .contains(id.text())
                .contains(session.text())
                .contains("{\"key\":\"dormouse:epoch\",\"value\":\"7\"}");
        assertThat(request.path("enableExecuteCommand").asBoolean()).isFalse();
        assertThat(record.toString()).doesNotContain(intent.secret());
    }

    // ---- before a task runs

    @Test
    void a_lost_answer_starts_no_second_task() {
        cluster.ecs.strike("RunTask", Fault.UNANSWERED, Fault.UNANSWERED, Fault.UNHEARD);
        ready(1);
        assertThat(Set.copyOf(tokens())).hasSize(1);
        assertThat(tokens()).hasSize(4);
        assertThat(running()).isEqualTo(1);
    }

    @Test
    void who_never_hears_an_answer_gives_up_and_the_sweep_stops_what_came_of_it() {
        Fault[] silence = Collections.nCopies(1000, Fault.UNANSWERED).toArray(Fault[]::new);
        cluster.ecs.strike("RunTask", silence);
        hands = cluster.hands(cluster.records, shortly());
        assertThat(reason(1)).contains("did not start");
        assertThat(running()).isEqualTo(1);
        assertThat(hands.sweep(Duration.ofHours(1)).orphans()).isEqualTo(1);
        assertThat(running()).isZero();
    }

    @Test
    void who_dies_between_a_task_and_its_record_leaves_it_to_the_next() {
        cluster.records.beforeSwap(after -> {
            throw new IllegalStateException("this process is dead");
        });
        try {
            provide(1);
        } catch (IllegalStateException dead) {
            assertThat(dead).hasMessage("this process is dead");
        }
        assertThat(running()).isEqualTo(1);
        cluster.records.beforeSwap(after -> {});
        ready(2);
        assertThat(running()).isEqualTo(1);
        assertThat(Set.copyOf(tokens())).hasSize(1);
    }

    @Test
    void what_somebody_was_about_to_ask_for_long_ago_is_asked_for_anew() {
        Intent old = new Intent("long-ago", "secret", 1, Instant.now().minus(Duration.ofHours(1)));
        cluster.records.create(new HandRecord(id, 1, session, 1, new Phase.Asked(old), null));
        assertThat(ready(2).note()).isNull();
        assertThat(tokens()).hasSize(1).doesNotContain("long-ago");
    }

    @Test
    void without_capacity_it_asks_again_with_another_token() {
        cluster.ecs.strike("RunTask", Fault.CAPACITY, Fault.LIMIT);
        cluster.ecs.destine(new Fate.NoCapacity());
        ready(1);
        assertThat(new HashSet<>(tokens())).hasSize(4);
        assertThat(running()).isEqualTo(1);
    }

    @Test
    void without_capacity_for_long_it_says_so_and_the_next_call_tries_again() {
        cluster.ecs.strike("RunTask", Collections.nCopies(1000, Fault.CAPACITY).toArray(Fault[]::new));
        hands = cluster.hands(cluster.records, shortly());
        assertThat(reason(1)).isEqualTo("no capacity at this time");
        assertThat(phase()).isEqualTo(new Phase.None());
    }

    @Test
    void what_is_not_allowed_is_not_asked_twice_and_names_nobody() {
        cluster.ecs.strike("RunTask", Fault.DENIED);
        assertThat(reason(1)).isEqualTo("AccessDeniedException");
        assertThat(tokens()).hasSize(1);
        ready(1);
    }

    @Test
    void an_overloaded_service_is_asked_again() {
        cluster.ecs.strike("RunTask", Fault.THROTTLED, Fault.BROKEN);
        cluster.ecs.strike("DescribeTasks", Fault.THROTTLED, Fault.BROKEN, Fault.UNHEARD);
        ready(1);
        assertThat(Set.copyOf(tokens())).hasSize(1);
    }

    @Test
    void an_image_that_cannot_be_pulled_is_a_reason_without_its_name() {
        cluster.ecs.destine(new Fate.NoImage());
        assertThat(reason(1)).contains("CannotPullContainerError").doesNotContain("000000000000");
        assertThat(ready(1).note()).isNull();
    }

    @Test
    void a_task_that_stays_pending_is_given_up_and_stopped() {
        cluster.ecs.destine(new Fate.Waits());
        hands = cluster.hands(cluster.records, shortly());
        assertThat(reason(1)).contains("did not start");
        assertThat(running()).isZero();
        hands = cluster.hands();
        assertThat(ready(1).fresh()).isTrue();
    }

    @Test
    void how_long_it_has_been_pending_counts_over_owners() throws Exception {
        cluster.ecs.destine(new Fate.Waits());
        Patience patience = starting(Duration.ofHours(1));
        hands = cluster.hands(cluster.records, patience);
        Cancellation cut = new Cancellation();
        CompletableFuture<Provided> asked = CompletableFuture.supplyAsync(
                () -> hands.provide(id, new Tenure(session, 1), cut), Thread::startVirtualThread);
        Pooled.until(() -> cluster.records
                .read(id)
                .filter(record -> record.phase() instanceof Phase.Started)
                .isPresent());
        cut.abandon();
        asked.get(60, TimeUnit.SECONDS);
        HandRecord record = cluster.records.read(id).orElseThrow();
        Phase.Started started = (Phase.Started) record.phase();
        Intent now = started.intent();
        Intent earlier =
                new Intent(now.token(), now.secret(), now.epoch(), now.at().minus(patience.start()));
        Phase then = new Phase.Started(earlier, started.task());
        cluster.records.swap(record, new HandRecord(id, record.version() + 1, session, 1, then, null));
        assertThat(reason(2)).contains("did not start");
        assertThat(tokens()).hasSize(1);
    }

    @Test
    void a_task_that_ends_at_once_is_a_reason() {
        cluster.ecs.destine(new Fate.Exits(3));
        assertThat(reason(1)).contains("ended before it could be used").contains("Essential container");
    }

    @Test
    void a_task_that_cannot_be_reached_is_given_up_and_stopped() {
        cluster.ecs.destine(new Fate.Deaf());
        hands = cluster.hands(cluster.records, starting(Duration.ofSeconds(60)));
        assertThat(reason(1)).isEqualTo("it runs and does not answer");
        assertThat(running()).isZero();
    }

    @Test
    void an_interrupt_ends_the_wait_and_not_the_start() throws Exception {
        cluster.ecs.destine(new Fate.Runs(Duration.ofSeconds(10)));
        Cancellation interrupt = new Cancellation();
        CompletableFuture<Provided> asked = CompletableFuture.supplyAsync(
                () -> hands.provide(id, new Tenure(session, 1), interrupt), Thread::startVirtualThread);
        Pooled.until(() -> running() == 1);
        interrupt.request();
        assertThat(asked.get(60, TimeUnit.SECONDS).toString()).contains("interrupted");
        ready(1);
        assertThat(tokens()).hasSize(1);
    }

    // ---- between owners

    @Test
    void two_owners_at_once_have_one_task_and_the_earlier_is_turned_away_in_the_end() throws Exception {
        CompletableFuture<Provided> earlier =
                CompletableFuture.supplyAsync(() -> provide(1), Thread::startVirtualThread);
        CompletableFuture<Provided> later = CompletableFuture.supplyAsync(() -> provide(2), Thread::startVirtualThread);
        assertThat(later.get(60, TimeUnit.SECONDS)).isInstanceOf(Provided.Ready.class);
        earlier.get(60, TimeUnit.SECONDS);
        assertThat(running()).isEqualTo(1);
        int before = cluster.ecs.requests("DescribeTasks").size();
        assertThat(reason(1)).isEqualTo("another owner works on this session");
        assertThat(cluster.ecs.requests("DescribeTasks")).hasSize(before);
    }

    @Test
    void a_late_owner_cannot_replace_what_the_next_one_uses() {
        ready(1);
        cluster.ecs.freeze(only(), true);
        AtomicBoolean once = new AtomicBoolean();
        // The hand is silent for the earlier owner; the later one comes, finds it awake and uses it; now the earlier
        // decides.
        cluster.records.beforeSwap(after -> {
            if (after.phase() instanceof Phase.Asked && once.compareAndSet(false, true)) {
                cluster.ecs.freeze(only(), false);
                assertThat(ready(2).fresh()).isFalse();
            }
        });
        assertThat(reason(1)).isEqualTo("another owner works on this session");
        assertThat(cluster.ecs.requests("StopTask")).isEmpty();
        assertThat(running()).isEqualTo(1);
    }

    // ---- after it ran

    @Test
    void a_hand_that_died_between_two_calls_is_replaced_and_the_model_is_told() {
        ready(1);
        cluster.ecs.crash(only());
        Provided.Ready next = ready(1);
        assertThat(next.fresh()).isTrue();
        assertThat(next.note()).contains("The sandbox was lost (Essential container in task exited)");
        assertThat(ready(3).note()).as("until it is told").isEqualTo(next.note());
        hands.told(id, new Tenure(session, 2));
        assertThat(ready(3).note()).as("told by whoever has it").isEqualTo(next.note());
        hands.told(id, new Tenure(session, 3));
        assertThat(ready(3).note()).isNull();
    }

    @Test
    void what_was_lost_is_told_also_when_the_first_replacement_fails() {
        ready(1);
        cluster.ecs.crash(only());
        cluster.ecs.destine(new Fate.NoImage());
        reason(1);
        assertThat(ready(2).note()).contains("The sandbox was lost");
    }

    @Test
    void a_hand_that_ecs_has_forgotten_is_replaced() {
        ready(1);
        String task = only();
        cluster.ecs.crash(task);
        cluster.ecs.forget(task);
        assertThat(ready(2).fresh()).isTrue();
    }

    @Test
    void a_hand_that_stopped_to_answer_is_replaced_and_stopped() {
        ready(1);
        String task = only();
        cluster.ecs.freeze(task, true);
        Provided.Ready next = ready(1);
        assertThat(next.fresh()).isTrue();
        assertThat(only()).isNotEqualTo(task);
        cluster.ecs.freeze(task, false);
    }

    @Test
    void a_hand_that_answers_needs_no_ecs_and_one_that_does_not_is_kept_while_nobody_knows() {
        ready(1);
        int before = cluster.ecs.requests("DescribeTasks").size();
        ready(2);
        assertThat(cluster.ecs.requests("DescribeTasks")).hasSize(before);
        cluster.ecs.freeze(only(), true);
        cluster.ecs.strike(
                "DescribeTasks", Collections.nCopies(1000, Fault.BROKEN).toArray(Fault[]::new));
        assertThat(reason(2)).contains("cannot be told");
        assertThat(phase()).isInstanceOf(Phase.Reached.class);
        cluster.ecs.freeze(only(), false);
        assertThat(ready(2).fresh()).isFalse();
    }

    @Test
    void a_hand_that_cannot_be_stopped_is_nobodys_and_the_sweep_tries_again() {
        ready(1);
        Fault[] denied = {Fault.DENIED, Fault.DENIED};
        cluster.ecs.strike("StopTask", denied);
        hands.discard(id);
        assertThat(running()).isEqualTo(1);
        assertThat(hands.find(id)).isEmpty();
        assertThat(hands.sweep(Duration.ofHours(1))).isEqualTo(new FargateHands.Swept(1, 0, 0, 1));
        assertThat(hands.sweep(Duration.ofHours(1))).isEqualTo(new FargateHands.Swept(1, 1, 0, 0));
        assertThat(running()).isZero();
    }

    @Test
    void what_is_found_is_the_hand_that_was_asked_for() {
        assertThat(hands.find(id)).isEmpty();
        ready(1);
        assertThat(hands.find(id)).isPresent().get().isInstanceOf(Hand.class);
        hands.discard(id);
        assertThat(running()).isZero();
    }

    @Test
    void in_a_deployment_without_hands_there_are_none() {
        assertThat(cluster.deployed(cluster.records)).isPresent();
        assertThat(io.dormouse.hands.fargate.Placement.of(java.util.Map.of())).isEmpty();
    }

    private static Patience shortly() {
        return starting(Duration.ofSeconds(2));
    }

    private static Patience starting(Duration start) {
        Patience usual = Cluster.PATIENCE;
        return new Patience(start, Duration.ofMillis(300), Duration.ofMillis(600), usual.silence(), usual.look());
    }
}
