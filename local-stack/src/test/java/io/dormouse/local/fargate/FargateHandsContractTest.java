package io.dormouse.local.fargate;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.hands.HandProvider;
import io.dormouse.local.hands.HandsContract;
import io.dormouse.local.hands.Walls;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class FargateHandsContractTest extends HandsContract {
    @TempDir
    Path home;

    private Cluster cluster;

    @BeforeEach
    void open() throws IOException {
        Assumptions.assumeTrue(Walls.stand(), "no bubblewrap here");
        cluster = Cluster.ofHands(home, Map.of());
    }

    @AfterEach
    void close() {
        if (cluster != null) cluster.close();
    }

    @Override
    protected HandProvider hands() {
        return cluster.hands();
    }

    @Override
    protected int living() {
        return cluster.ecs.running().size();
    }

    @Override
    protected boolean ended() {
        return cluster.ecs.ended();
    }

    @Override
    protected void crash() {
        assertThat(cluster.ecs.running()).hasSize(1);
        cluster.ecs.crash(cluster.ecs.running().getFirst().arn());
    }
}
