package io.dormouse.local.fargate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider.Provided;
import io.dormouse.hands.HandResult;
import io.dormouse.hands.Tenure;
import io.dormouse.hands.fargate.FargateHands;
import io.dormouse.hands.fargate.Place.Stage;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.local.hands.Walls;
import io.dormouse.pace.Cancellation;
import io.dormouse.testkit.ecs.Fault;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A spare that is the real program: from its claim on it is a hand as any other. */
class WarmHandTest {
    @TempDir
    Path home;

    @Test
    void it_runs_its_sessions_commands_and_the_next_owner_finds_it() throws Exception {
        Assumptions.assumeTrue(Walls.stand(), "no bubblewrap here");
        SessionId session = new Ids(InstantSource.system(), new SecureRandom()).session();
        HandId id = HandId.of(session.primaryThread());
        try (Cluster cluster = Cluster.ofHands(home, Map.of())) {
            FargateHands hands = cluster.pooled(1);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (cluster.spares.places().stream().noneMatch(place -> place.stage() instanceof Stage.Ready)) {
                assertThat(System.nanoTime()).isLessThan(end);
                hands.sweep(Duration.ofHours(1));
                Thread.sleep(50);
            }
            cluster.ecs.strike("RunTask", Fault.DENIED);
            assertThat(bash(hands, id, new Tenure(session, 1), "colour=green; echo $colour"))
                    .isEqualTo("green\n");
            assertThat(bash(hands, id, new Tenure(session, 2), "echo $colour")).isEqualTo("green\n");
            assertThat(cluster.ecs.running()).hasSize(1);
        }
    }

    private static String bash(FargateHands hands, HandId id, Tenure tenure, String command) {
        Provided.Ready ready = (Provided.Ready) hands.provide(id, tenure, new Cancellation());
        HandCall call = new HandCall(
                "call_" + tenure.epoch(),
                "bash",
                JsonNodeFactory.instance.objectNode().put("command", command));
        HandResult result = ready.hand().execute(call, new Cancellation());
        return ((HandResult.Output) result).content().path(0).path("text").asText();
    }
}
