package io.dormouse.local.fargate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.dormouse.hands.Hand;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider.Provided;
import io.dormouse.hands.HandResult;
import io.dormouse.hands.Tenure;
import io.dormouse.hands.fargate.FargateHands;
import io.dormouse.hands.fargate.FargateHands.Swept;
import io.dormouse.head.Head;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.local.hands.Walls;
import io.dormouse.local.sqlite.FolderContents;
import io.dormouse.pace.Cancellation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real supervisors, from one task through a sweep and the store into the next. */
class FargateWorkspaceTest {
    private static final long GIB = 1L << 30;

    @TempDir
    Path home;

    private final SessionId session = new Ids(InstantSource.system(), new SecureRandom()).session();
    private Cluster cluster;
    private FargateHands hands;

    @BeforeEach
    void open() throws IOException {
        Assumptions.assumeTrue(Walls.stand(), "no bubblewrap here");
        cluster = Cluster.ofHands(home, Map.of("_JAVA_OPTIONS", "-Xmx64m"));
        hands = cluster.hands(cluster.records, new FolderContents(home.resolve("contents")), Cluster.PATIENCE);
        cluster.heads.create(
                Head.fresh(WorkspaceId.DEFAULT, session, cluster.pace.now().minus(Duration.ofHours(1))));
    }

    @AfterEach
    void close() {
        if (cluster != null) cluster.close();
    }

    private Hand hand(long epoch) {
        Provided provided =
                hands.provide(HandId.of(session.primaryThread()), new Tenure(session, epoch), new Cancellation());
        assertThat(provided).isInstanceOf(Provided.Ready.class);
        return ((Provided.Ready) provided).hand();
    }

    private static String bash(Hand hand, String command) {
        HandCall call = new HandCall(
                "call_" + UUID.randomUUID(),
                "bash",
                JsonNodeFactory.instance.objectNode().put("command", command));
        HandResult result = hand.execute(call, new Cancellation());
        assertThat(result).isInstanceOf(HandResult.Output.class);
        return ((HandResult.Output) result).content().path(0).path("text").asText();
    }

    /** Everything of the one living task, as root sees it from outside. */
    private String listing() throws IOException {
        String look = "find . ! -type s -printf '%y %m %s %T@ %n %l %p\\0' | sort -z;"
                + " find . -type f -print0 | sort -z | xargs -0 sha256sum";
        StringBuilder all = new StringBuilder();
        for (String folder : new String[] {"workspace", "outputs"}) {
            Path path = cluster.ecs.running().getFirst().folder().resolve(folder);
            Process process = new ProcessBuilder("/bin/bash", "-c", look)
                    .directory(path.toFile())
                    .redirectErrorStream(true)
                    .start();
            all.append(new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1));
        }
        return all.toString();
    }

    @Test
    void a_session_that_rested_finds_its_files_in_another_task() throws Exception {
        bash(
                hand(1),
                "mkdir -p .local/bin d/e; echo hi > d/file; ln d/file hard; ln -s /etc/passwd link; mkfifo pipe;"
                        + " chmod 640 hard; printf '#!/bin/sh\\necho ran' > .local/bin/run; chmod 755 .local/bin/run;"
                        + " echo no > shut; chmod 000 shut; touch $'odd\\n\\xff'; touch -d 2001-02-03 d/e;"
                        + " echo out > /mnt/session/outputs/report");
        String before = listing();
        String first = cluster.ecs.running().getFirst().arn();
        assertThat(hands.sweep(Duration.ofMinutes(10))).isEqualTo(new Swept(1, 0, 1, 0));
        Hand again = hand(2);
        assertThat(cluster.ecs.running()).hasSize(1);
        assertThat(cluster.ecs.running().getFirst().arn()).isNotEqualTo(first);
        assertThat(listing()).isEqualTo(before);
        assertThat(bash(again, "run; cat d/file /mnt/session/outputs/report")).isEqualTo("ran\nhi\nout\n");
    }

    @Test
    void a_gibibyte_rests_and_comes_back_through_supervisors_of_sixty_four_megabytes() throws Exception {
        // The first part packs to more than they have.
        String sum = bash(
                hand(1),
                "head -c 80M /dev/urandom > big; head -c $((1024*1024*1024 - 80*1024*1024)) /dev/zero >> big;"
                        + " cksum < big");
        assertThat(sum).endsWith(" " + GIB + "\n");
        assertThat(hands.sweep(Duration.ofMinutes(10))).isEqualTo(new Swept(1, 0, 1, 0));
        assertThat(cluster.records
                        .read(HandId.of(session.primaryThread()))
                        .orElseThrow()
                        .checkpoint()
                        .sizeBytes())
                .isBetween(80L << 20, 100L << 20);
        assertThat(bash(hand(2), "cksum < big")).isEqualTo(sum);
        for (Path log : Files.list(home).map(each -> each.resolve("log")).toList())
            if (Files.exists(log)) assertThat(log).content().doesNotContain("OutOfMemory");
    }
}
