package io.dormouse.local.fargate;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider.Provided;
import io.dormouse.hands.Tenure;
import io.dormouse.hands.fargate.FargateHands;
import io.dormouse.hands.fargate.FargateHands.Swept;
import io.dormouse.hands.fargate.HandRecord.Phase;
import io.dormouse.head.Head;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.pace.Cancellation;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FargateSweepTest {
    private static final Duration IDLE = Duration.ofMinutes(10);
    private static final Ids IDS = new Ids(InstantSource.system(), new SecureRandom());

    @TempDir
    Path home;

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

    /** A session that came to rest so long ago, with a hand. */
    private SessionId rested(Duration ago) {
        SessionId session = IDS.session();
        cluster.heads.create(
                Head.fresh(WorkspaceId.DEFAULT, session, cluster.pace.now().minus(ago)));
        provide(session, 1);
        return session;
    }

    private Provided.Ready provide(SessionId session, long epoch) {
        Provided provided =
                hands.provide(HandId.of(session.primaryThread()), new Tenure(session, epoch), new Cancellation());
        assertThat(provided).isInstanceOf(Provided.Ready.class);
        return (Provided.Ready) provided;
    }

    private int running() {
        return cluster.ecs.running().size();
    }

    @Test
    void of_many_it_stops_those_that_rested_long_and_no_other() {
        rested(Duration.ofMinutes(1));
        rested(Duration.ofMinutes(4));
        SessionId sleeper = rested(Duration.ofMinutes(11));
        assertThat(hands.sweep(IDLE)).isEqualTo(new Swept(3, 0, 1, 0));
        assertThat(running()).isEqualTo(2);
        assertThat(hands.sweep(IDLE)).isEqualTo(new Swept(2, 0, 0, 0));
        Provided.Ready again = provide(sleeper, 2);
        assertThat(again.fresh()).isTrue();
        assertThat(again.note()).isNull();
    }

    @Test
    void a_session_that_wakes_while_it_is_swept_keeps_its_hand() {
        SessionId session = rested(Duration.ofHours(1));
        AtomicBoolean once = new AtomicBoolean();
        cluster.records.beforeSwap(after -> {
            if (after.phase() instanceof Phase.None && once.compareAndSet(false, true)) provide(session, 2);
        });
        assertThat(hands.sweep(IDLE)).isEqualTo(new Swept(1, 0, 0, 0));
        assertThat(running()).isEqualTo(1);
        assertThat(provide(session, 2).fresh()).isFalse();
    }

    @Test
    void a_deleted_session_leaves_nothing() {
        SessionId session = rested(Duration.ZERO);
        Head head = cluster.heads.read(session.primaryThread()).orElseThrow();
        cluster.heads.swap(head, head.delete(cluster.pace.now()).orElseThrow());
        assertThat(hands.sweep(IDLE)).isEqualTo(new Swept(1, 0, 1, 0));
        assertThat(running()).isZero();
        assertThat(cluster.records.read(HandId.of(session.primaryThread()))).isEmpty();
    }

    @Test
    void a_task_that_is_no_hand_is_not_its_business() throws Exception {
        cluster.startStranger();
        assertThat(hands.sweep(Duration.ZERO)).isEqualTo(new Swept(0, 0, 0, 0));
        assertThat(running()).isEqualTo(1);
    }
}
