package io.dormouse.local.fargate;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.hands.fargate.FargateHands.Swept;
import io.dormouse.hands.fargate.Place;
import io.dormouse.hands.fargate.Place.Stage;
import io.dormouse.hands.fargate.Placement;
import io.dormouse.head.Head;
import io.dormouse.id.SessionId;
import io.dormouse.testkit.ecs.Fate;
import io.dormouse.testkit.ecs.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The pool is as large as it shall be, of what is deployed now, and nothing else is stopped for it. */
class PoolSweepTest extends Pooled {
    @Test
    void the_sweep_replaces_what_died_and_what_fell_silent() throws Exception {
        pool(2);
        List<String> spares = readyTasks();
        cluster.ecs.crash(spares.get(0));
        cluster.ecs.freeze(spares.get(1), true);
        hands.sweep(IDLE);
        pool(2);
        assertThat(readyTasks()).doesNotContainAnyElementsOf(spares);
        assertThat(running()).containsExactlyInAnyOrderElementsOf(readyTasks());
    }

    @Test
    void a_claim_fills_its_place_again_without_a_sweep() throws Exception {
        pool(1);
        SessionId session = session();
        provide(session, 1);
        until(() -> ready().size() == 1 && !readyTasks().contains(task(session)));
        assertThat(running()).hasSize(2);
    }

    @Test
    void sweeps_at_once_do_not_overfill() throws Exception {
        hands = cluster.pooled(3);
        List<CompletableFuture<Swept>> sweeps = new ArrayList<>();
        for (int i = 0; i < 8; i++)
            sweeps.add(CompletableFuture.supplyAsync(() -> hands.sweep(IDLE), Thread::startVirtualThread));
        for (CompletableFuture<Swept> each : sweeps) each.get(60, TimeUnit.SECONDS);
        pool(3);
        assertThat(running()).containsExactlyInAnyOrderElementsOf(readyTasks());
        assertThat(cluster.ecs.requests("RunTask").stream()
                        .map(request -> request.body().path("clientToken").asText())
                        .distinct())
                .hasSize(3);
    }

    @Test
    void what_cannot_be_started_now_is_tried_by_the_next_sweep() throws Exception {
        cluster.ecs.strike("RunTask", Fault.LIMIT, Fault.CAPACITY, Fault.UNANSWERED, Fault.THROTTLED);
        cluster.ecs.destine(new Fate.NoImage());
        pool(1);
        assertThat(running()).containsExactlyElementsOf(readyTasks());
    }

    @Test
    void a_smaller_pool_ends_what_is_too_much_and_leaves_hands_alone() throws Exception {
        pool(3);
        SessionId session = session();
        provide(session, 1);
        pool(3);
        hands = cluster.pooled(1);
        hands.sweep(IDLE);
        assertThat(ready()).hasSize(1);
        assertThat(running()).containsExactlyInAnyOrder(readyTasks().getFirst(), task(session));
        hands = cluster.pooled(0);
        hands.sweep(IDLE);
        assertThat(running()).containsExactly(task(session));
    }

    @Test
    void spares_of_an_older_deployment_are_not_claimed_and_are_replaced() throws Exception {
        pool(1);
        String old = readyTasks().getFirst();
        Place place = cluster.spares.places().getFirst();
        Stage.Ready was = ready().getFirst();
        Placement before = HandImage.placement("of an older image");
        cluster.spares.swap(
                place,
                new Place(0, place.version() + 1, new Stage.Ready(was.intent(), before, was.task(), was.host())));
        SessionId session = session();
        provide(session, 1);
        assertThat(task(session)).isNotEqualTo(old);
        hands.sweep(IDLE);
        assertThat(running()).doesNotContain(old);
        pool(1);
        assertThat(running()).containsExactlyInAnyOrder(readyTasks().getFirst(), task(session));
    }

    @Test
    void the_sweep_ends_hands_that_were_spares_as_it_does_others_and_forgets_their_claims() throws Exception {
        pool(1);
        SessionId session = session();
        provide(session, 1);
        String task = task(session);
        Head head = cluster.heads.read(session.primaryThread()).orElseThrow();
        cluster.heads.swap(head, head.delete(cluster.pace.now()).orElseThrow());
        assertThat(sweepAfter(PAST_GRACE).idle()).isEqualTo(1);
        assertThat(running()).doesNotContain(task);
        sweepAfter(PAST_GRACE);
        assertThat(cluster.spares.claims()).as("its claimer may be late").anyMatch(claim -> claim.task()
                .equals(task));
        until(() -> {
            sweepAfter(IDLE.multipliedBy(2));
            return cluster.spares.claims().stream()
                    .noneMatch(claim -> claim.task().equals(task));
        });
    }

    @Test
    void a_spare_that_is_claimed_while_a_sweep_reads_the_books_stays_a_hand() throws Exception {
        pool(1);
        SessionId session = session();
        AtomicInteger lists = new AtomicInteger();
        // Of the sweep's two lists one is read before the claim, the other when the place is already another's.
        cluster.spares.beforeList(() -> {
            if (lists.incrementAndGet() != 2) return;
            provide(session, 1);
            quietly(() -> readyTasks().stream().anyMatch(task -> !task.equals(task(session))));
        });
        assertThat(hands.sweep(IDLE).orphans()).isZero();
        assertThat(lists).hasValueGreaterThan(2);
        cluster.spares.beforeList(() -> {});
        assertThat(running()).contains(task(session));
    }
}
