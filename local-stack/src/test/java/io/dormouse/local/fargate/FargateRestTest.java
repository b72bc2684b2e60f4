package io.dormouse.local.fargate;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider.Provided;
import io.dormouse.hands.Tenure;
import io.dormouse.hands.fargate.FargateHands;
import io.dormouse.hands.fargate.FargateHands.Swept;
import io.dormouse.hands.fargate.HandRecord;
import io.dormouse.hands.fargate.HandRecord.Phase;
import io.dormouse.head.Head;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.pace.Cancellation;
import io.dormouse.resource.Contents;
import io.dormouse.testkit.ecs.Fault;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.exception.SdkClientException;

/** What becomes of a workspace when a hand rests, whoever wakes, dies or breaks in the middle. */
class FargateRestTest {
    private static final Duration IDLE = Duration.ofMinutes(10);
    private static final Ids IDS = new Ids(InstantSource.system(), new SecureRandom());
    private static final Swept STOPPED = new Swept(1, 0, 1, 0);
    private static final Swept KEPT = new Swept(1, 0, 0, 0);
    private static final Swept FAILED = new Swept(1, 0, 0, 1);

    @TempDir
    Path home;

    private final SessionId session = IDS.session();
    private final HandId id = HandId.of(session.primaryThread());
    private final Steps contents = new Steps();
    private Cluster cluster;
    private FargateHands hands;

    /** A store in which something happens, or goes wrong. */
    private final class Steps implements Contents {
        Runnable afterPut = () -> {};
        boolean broken;
        int opened;

        @Override
        public Stored put(String name, InputStream stream) throws IOException {
            if (broken) throw new IOException("the store is down");
            Stored stored = cluster.contents.put(name, stream);
            afterPut.run();
            return stored;
        }

        @Override
        public Optional<Content> open(String name) {
            if (broken) throw new IllegalStateException("the store is down");
            opened++;
            return cluster.contents.open(name);
        }

        @Override
        public void delete(String name) {
            cluster.contents.delete(name);
        }
    }

    @BeforeEach
    void open() throws IOException {
        cluster = Cluster.ofStandIns(home);
        hands = cluster.hands(cluster.records, contents, Cluster.PATIENCE);
        cluster.heads.create(
                Head.fresh(WorkspaceId.DEFAULT, session, cluster.pace.now().minus(Duration.ofHours(1))));
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
        hands.told(id, new Tenure(session, epoch));
        return (Provided.Ready) provided;
    }

    /** The stand-ins take nothing but what their predecessors gave. */
    private void restored(long epoch) {
        int before = contents.opened;
        Provided.Ready ready = ready(epoch);
        assertThat(ready.fresh()).isTrue();
        assertThat(ready.note()).isNull();
        // What broke off is begun anew.
        assertThat(contents.opened).isGreaterThan(before);
    }

    private HandRecord record() {
        return cluster.records.read(id).orElseThrow();
    }

    private void rewrite(Phase phase) {
        HandRecord now = record();
        cluster.records.swap(
                now,
                new HandRecord(
                        now.hand(),
                        now.version() + 1,
                        now.session(),
                        now.epoch(),
                        phase,
                        now.lost(),
                        now.checkpoint(),
                        now.stale(),
                        now.note()));
    }

    /** As if the attempt that is in the record had begun so long ago. */
    private void age(Duration by) {
        Phase.Saving saving = (Phase.Saving) record().phase();
        Instant then = cluster.pace.now().minus(by);
        rewrite(new Phase.Saving(saving.intent(), saving.task(), saving.host(), saving.into(), then, then));
    }

    @Test
    void a_hand_rests_and_comes_back_and_each_rest_replaces_the_last() {
        ready(1);
        for (int epoch = 2; epoch < 5; epoch++) {
            assertThat(hands.sweep(IDLE)).isEqualTo(STOPPED);
            assertThat(cluster.ecs.running()).isEmpty();
            assertThat(record().phase()).isEqualTo(new Phase.None());
            assertThat(cluster.contents.names())
                    .containsExactly(record().checkpoint().content());
            assertThat(record().stale()).isEmpty();
            restored(epoch);
        }
    }

    @Test
    void who_wakes_while_it_is_saved_keeps_the_hand_and_nothing_is_left_of_the_save() {
        ready(1);
        contents.afterPut = () -> assertThat(ready(2).fresh()).isFalse();
        assertThat(hands.sweep(IDLE)).isEqualTo(KEPT);
        assertThat(cluster.ecs.running()).hasSize(1);
        assertThat(cluster.contents.names()).isEmpty();
        assertThat(ready(2).fresh()).isFalse();
        contents.afterPut = () -> {};
        assertThat(hands.sweep(IDLE)).isEqualTo(STOPPED);
        assertThat(cluster.contents.names()).hasSize(1);
    }

    @Test
    void two_sweeps_save_once() {
        ready(1);
        contents.afterPut = () -> assertThat(hands.sweep(IDLE)).isEqualTo(KEPT);
        assertThat(hands.sweep(IDLE)).isEqualTo(STOPPED);
        assertThat(cluster.contents.names()).hasSize(1);
    }

    @Test
    void a_sweep_that_dies_is_followed_by_another_which_leaves_nothing_of_it() {
        ready(1);
        contents.afterPut = () -> {
            throw new IllegalStateException("this process is dead");
        };
        // What a dead process cannot do: say that it failed.
        AtomicInteger swaps = new AtomicInteger();
        cluster.records.beforeSwap(after -> {
            if (swaps.incrementAndGet() > 1) throw SdkClientException.create("no answer");
        });
        assertThat(hands.sweep(IDLE)).isEqualTo(FAILED);
        String left = ((Phase.Saving) record().phase()).into();
        assertThat(cluster.contents.names()).containsExactly(left);
        cluster.records.beforeSwap(after -> {});
        contents.afterPut = () -> {};
        assertThat(hands.sweep(IDLE)).isEqualTo(KEPT);
        age(Duration.ofMinutes(12));
        assertThat(hands.sweep(IDLE)).isEqualTo(STOPPED);
        assertThat(cluster.contents.names())
                .containsExactly(record().checkpoint().content())
                .doesNotContain(left);
        restored(2);
    }

    @Test
    void a_sweep_that_dies_before_it_stops_the_task_leaves_an_orphan() {
        ready(1);
        cluster.ecs.strike("StopTask", Fault.DENIED);
        assertThat(hands.sweep(IDLE)).isEqualTo(FAILED);
        assertThat(hands.sweep(IDLE)).isEqualTo(new Swept(1, 1, 0, 0));
        restored(2);
    }

    @Test
    void a_save_that_fails_is_tried_again_and_then_the_files_are_lost_and_that_is_told() {
        ready(1);
        contents.broken = true;
        assertThat(hands.sweep(IDLE)).isEqualTo(FAILED);
        assertThat(hands.sweep(IDLE)).isEqualTo(FAILED);
        assertThat(cluster.ecs.running()).hasSize(1);
        age(Duration.ofMinutes(31));
        assertThat(hands.sweep(IDLE)).isEqualTo(STOPPED);
        contents.broken = false;
        assertThat(ready(2).note()).contains("could not be saved").contains("its files and its running programs");
        assertThat(cluster.contents.names()).isEmpty();
    }

    @Test
    void a_save_that_would_not_end_before_its_process_is_not_begun() {
        ready(1);
        assertThat(hands.sweep(IDLE, cluster.pace.now().plus(Duration.ofMinutes(9))))
                .isEqualTo(KEPT);
        assertThat(record().phase()).isInstanceOf(Phase.Reached.class);
    }

    @Test
    void what_is_damaged_or_gone_is_told_as_a_loss() throws IOException {
        ready(1);
        assertThat(hands.sweep(IDLE)).isEqualTo(STOPPED);
        cluster.contents.put(
                record().checkpoint().content(),
                new ByteArrayInputStream(new byte[(int) record().checkpoint().sizeBytes()]));
        assertThat(ready(2).note()).contains("could not be restored").contains("its files and its running programs");
        assertThat(hands.sweep(IDLE)).isEqualTo(STOPPED);
        cluster.contents.put(record().checkpoint().content(), new ByteArrayInputStream(new byte[1]));
        assertThat(ready(3).note()).contains("damaged");
        assertThat(hands.sweep(IDLE)).isEqualTo(STOPPED);
        cluster.contents.delete(record().checkpoint().content());
        assertThat(ready(4).note()).contains("are no more");
        assertThat(hands.sweep(IDLE)).isEqualTo(STOPPED);
        assertThat(cluster.contents.names()).hasSize(1);
        restored(5);
    }

    @Test
    void a_store_that_is_down_loses_nothing() {
        ready(1);
        assertThat(hands.sweep(IDLE)).isEqualTo(STOPPED);
        contents.broken = true;
        assertThat(provide(2)).isEqualTo(new Provided.Unavailable("its saved files cannot be fetched"));
        contents.broken = false;
        restored(3);
        assertThat(cluster.ecs.requests("RunTask")).hasSize(2);
    }

    @Test
    void who_dies_after_a_restore_is_followed_by_one_who_restores_again() {
        ready(1);
        assertThat(hands.sweep(IDLE)).isEqualTo(STOPPED);
        cluster.records.beforeSwap(after -> {
            if (after.phase() instanceof Phase.Reached) throw SdkClientException.create("no answer");
        });
        assertThat(provide(2)).isInstanceOf(Provided.Unavailable.class);
        cluster.records.beforeSwap(after -> {});
        restored(3);
        assertThat(cluster.ecs.running()).hasSize(1);
    }

    @Test
    void a_hand_that_fails_comes_back_as_it_was_when_it_last_rested() {
        ready(1);
        assertThat(hands.sweep(IDLE)).isEqualTo(STOPPED);
        ready(2);
        cluster.ecs.crash(cluster.ecs.running().getFirst().arn());
        assertThat(ready(3).note())
                .contains("The sandbox was lost")
                .contains("saved at " + record().checkpoint().at());
    }

    @Test
    void a_session_that_is_gone_leaves_nothing() {
        ready(1);
        assertThat(hands.sweep(IDLE)).isEqualTo(STOPPED);
        ready(2);
        contents.afterPut = () -> hands.discard(id);
        assertThat(hands.sweep(IDLE)).isEqualTo(KEPT);
        assertThat(cluster.contents.names()).isEmpty();
        assertThat(cluster.records.read(id)).isEmpty();
        contents.afterPut = () -> {};

        ready(3);
        assertThat(hands.sweep(IDLE)).isEqualTo(STOPPED);
        ready(4);
        Head head = cluster.heads.read(session.primaryThread()).orElseThrow();
        cluster.heads.swap(head, head.delete(cluster.pace.now()).orElseThrow());
        assertThat(hands.sweep(IDLE)).isEqualTo(STOPPED);
        assertThat(cluster.contents.names()).isEmpty();
        assertThat(cluster.ecs.running()).isEmpty();
    }
}
