package io.dormouse.local.fargate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.hands.HandProvider.Provided;
import io.dormouse.hands.Tenure;
import io.dormouse.hands.fargate.Claim;
import io.dormouse.hands.fargate.HandRecord.Phase;
import io.dormouse.id.SessionId;
import io.dormouse.pace.Cancellation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Spares are nobody's until they are somebody's, once; whoever dies meanwhile, none is left over for long. */
class WarmPoolTest extends Pooled {
    // ---- what a spare is

    @Test
    void a_spare_knows_no_session_and_is_a_hand_the_moment_that_it_is_claimed() throws Exception {
        pool(1);
        JsonNode request = cluster.ecs.requests("RunTask").getFirst().body();
        assertThat(request.path("tags").toString())
                .contains("dormouse:pool", "dormouse:token")
                .doesNotContain("dormouse:hand", "dormouse:session", "dormouse:epoch");
        assertThat(request.toString())
                .doesNotContain(ready().getFirst().intent().secret());
        fillNoMore();
        List<String> spare = readyTasks();
        int looks = cluster.ecs.requests("DescribeTasks").size();
        SessionId session = session();
        Provided.Ready hand = provide(session, 4);
        assertThat(hand.fresh()).isTrue();
        assertThat(hand.note()).isNull();
        assertThat(spare).containsExactly(task(session));
        assertThat(cluster.ecs.requests("DescribeTasks")).hasSize(looks);
        Claim claim = cluster.spares.claims().getFirst();
        assertThat(claim.hand()).isEqualTo(hand(session));
        assertThat(claim.session()).isEqualTo(session);
        assertThat(claim.epoch()).isEqualTo(4);
        assertThat(provide(session, 5).fresh()).isFalse();
    }

    @Test
    void without_a_pool_nothing_is_asked_of_it() {
        hands = cluster.pooled(0);
        SessionId session = session();
        provide(session, 1);
        cluster.ecs.crash(task(session));
        provide(session, 1);
        hands.sweep(IDLE);
        assertThat(cluster.spares.asked).hasValue(0);
        assertThat(running()).hasSize(1);
    }

    // ---- claiming

    @Test
    void of_many_who_want_the_one_spare_one_gets_it_and_the_others_start_their_own() throws Exception {
        pool(1);
        String spare = readyTasks().getFirst();
        List<SessionId> sessions = new ArrayList<>();
        for (int i = 0; i < 8; i++) sessions.add(session());
        List<CompletableFuture<Provided.Ready>> asked = new ArrayList<>();
        for (SessionId each : sessions)
            asked.add(CompletableFuture.supplyAsync(() -> provide(each, 1), Thread::startVirtualThread));
        for (CompletableFuture<Provided.Ready> each : asked) each.get(60, TimeUnit.SECONDS);
        List<String> tasks = sessions.stream().map(this::task).toList();
        assertThat(tasks).doesNotHaveDuplicates().contains(spare);
        assertThat(running()).containsAll(tasks);
    }

    @Test
    void of_two_owners_of_one_hand_who_each_claim_a_spare_one_has_a_hand_and_the_other_spare_ends() throws Exception {
        pool(2);
        fillNoMore();
        SessionId session = session();
        AtomicBoolean once = new AtomicBoolean();
        cluster.spares.afterClaim(claim -> {
            if (once.compareAndSet(false, true)) provide(session, 2);
        });
        Provided earlier = hands.provide(hand(session), new Tenure(session, 1), new Cancellation());
        assertThat(earlier).isInstanceOf(Provided.Unavailable.class);
        assertThat(running()).containsExactly(task(session));
    }

    @Test
    void a_spare_is_used_once_also_when_its_hand_is_gone() throws Exception {
        pool(1);
        SessionId first = session();
        provide(first, 1);
        String task = task(first);
        hands.discard(hand(first));
        until(() -> ready().size() == 1);
        SessionId second = session();
        provide(second, 1);
        assertThat(task(second)).isNotEqualTo(task);
        assertThat(running()).doesNotContain(task);
    }

    // ---- deaths between claim and hand

    @Test
    void who_dies_after_the_claim_leaves_a_task_that_the_sweep_ends_after_a_while_and_nobody_gets() throws Exception {
        pool(1);
        fillNoMore();
        String spare = readyTasks().getFirst();
        SessionId session = session();
        cluster.spares.afterClaim(claim -> {
            throw new IllegalStateException("this process is dead");
        });
        try {
            provide(session, 1);
        } catch (IllegalStateException dead) {
            assertThat(dead).hasMessage("this process is dead");
        }
        cluster.spares.afterClaim(claim -> {});
        assertThat(cluster.records.read(hand(session))).isEmpty();
        assertThat(hands.sweep(IDLE).orphans()).isZero();
        assertThat(running()).containsExactly(spare);
        assertThat(sweepAfter(PAST_GRACE).orphans()).isEqualTo(1);
        assertThat(running()).isEmpty();
        assertThat(ready()).isEmpty();
    }

    @Test
    void who_dies_after_the_record_leaves_a_hand_to_the_next_owner_and_the_sweep_lets_it_be() throws Exception {
        pool(1);
        fillNoMore();
        String spare = readyTasks().getFirst();
        SessionId session = session();
        cluster.records.beforeSwap(after -> {
            throw new IllegalStateException("this process is dead");
        });
        try {
            provide(session, 1);
        } catch (IllegalStateException dead) {
            assertThat(dead).hasMessage("this process is dead");
        }
        cluster.records.beforeSwap(after -> {});
        assertThat(hands.sweep(IDLE).orphans()).isZero();
        assertThat(sweepAfter(PAST_GRACE).orphans()).isZero();
        provide(session, 2);
        assertThat(task(session)).isEqualTo(spare);
    }

    @Test
    void a_claimer_that_slept_longer_than_the_grace_asks_for_a_task_of_its_own() throws Exception {
        pool(1);
        SessionId session = session();
        provideAndStopIdle(session);
        pool(1);
        String spare = readyTasks().getFirst();
        AtomicBoolean once = new AtomicBoolean();
        cluster.records.beforeSwap(after -> {
            if (after.phase() instanceof Phase.Started && once.compareAndSet(false, true)) sweepAfter(PAST_GRACE);
        });
        Provided.Ready next = provide(session, 2);
        assertThat(once).isTrue();
        assertThat(next.fresh()).isTrue();
        assertThat(running()).contains(task(session)).doesNotContain(spare);
    }

    /** Its record then says that there is none, so that the next one is swapped in, and a test can step in before that. */
    private void provideAndStopIdle(SessionId session) {
        provide(session, 1);
        sweepAfter(IDLE);
        assertThat(cluster.records.read(hand(session)).orElseThrow().phase()).isEqualTo(new Phase.None());
    }

    // ---- spares that are none

    @Test
    void a_spare_that_died_or_fell_silent_is_passed_over_and_nobody_hears_of_it() throws Exception {
        pool(2);
        List<String> spares = readyTasks();
        cluster.ecs.crash(spares.get(0));
        cluster.ecs.freeze(spares.get(1), true);
        SessionId session = session();
        Provided.Ready hand = provide(session, 1);
        assertThat(hand.fresh()).isTrue();
        assertThat(hand.note()).isNull();
        assertThat(spares).doesNotContain(task(session));
        assertThat(running()).doesNotContainAnyElementsOf(spares);
    }
}
