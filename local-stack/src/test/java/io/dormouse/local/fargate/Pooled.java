package io.dormouse.local.fargate;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider.Provided;
import io.dormouse.hands.Tenure;
import io.dormouse.hands.fargate.FargateHands;
import io.dormouse.hands.fargate.FargateHands.Swept;
import io.dormouse.hands.fargate.HandRecord.Phase;
import io.dormouse.hands.fargate.Place;
import io.dormouse.hands.fargate.Place.Stage;
import io.dormouse.head.Head;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.pace.Cancellation;
import io.dormouse.testkit.ecs.EcsEmulator.Running;
import io.dormouse.testkit.ecs.Fault;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of stand-ins with a pool, and what tests ask about it. */
abstract class Pooled {
    static final Duration IDLE = Duration.ofHours(1);
    static final Duration PAST_GRACE = Duration.ofMinutes(3);
    static final Ids IDS = new Ids(InstantSource.system(), new SecureRandom());

    @TempDir
    Path home;

    Cluster cluster;
    FargateHands hands;

    @BeforeEach
    void open() throws IOException {
        cluster = Cluster.ofStandIns(home);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    /** A pool of this size, all of it ready. */
    final void pool(int size) throws InterruptedException {
        hands = cluster.pooled(size);
        until(() -> {
            hands.sweep(IDLE);
            return ready().size() == size;
        });
    }

    final List<Stage.Ready> ready() {
        List<Stage.Ready> ready = new ArrayList<>();
        for (Place place : cluster.spares.places()) if (place.stage() instanceof Stage.Ready r) ready.add(r);
        return ready;
    }

    final List<String> readyTasks() {
        return ready().stream().map(Stage.Ready::task).toList();
    }

    final SessionId session() {
        SessionId session = IDS.session();
        cluster.heads.create(Head.fresh(WorkspaceId.DEFAULT, session, cluster.pace.now()));
        return session;
    }

    static HandId hand(SessionId session) {
        return HandId.of(session.primaryThread());
    }

    final Provided.Ready provide(SessionId session, long epoch) {
        Provided provided = hands.provide(hand(session), new Tenure(session, epoch), new Cancellation());
        assertThat(provided).isInstanceOf(Provided.Ready.class);
        return (Provided.Ready) provided;
    }

    final String task(SessionId session) {
        return ((Phase.Reached)
                        cluster.records.read(hand(session)).orElseThrow().phase())
                .task();
    }

    final List<String> running() {
        return cluster.ecs.running().stream().map(Running::arn).toList();
    }

    /** A sweep as it is some time from now. */
    final Swept sweepAfter(Duration time) {
        return cluster.hands(cluster.records, 1, new LaterPace(cluster.pace, time), Cluster.PATIENCE)
                .sweep(IDLE);
    }

    /** Keeps refills away, so that what is running can be told exactly. */
    final void fillNoMore() {
        cluster.ecs.strike("RunTask", Collections.nCopies(100, Fault.DENIED).toArray(Fault[]::new));
    }

    static void quietly(BooleanSupplier holds) {
        try {
            until(holds);
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    static void until(BooleanSupplier holds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.sleep(10);
        }
    }
}
