package io.dormouse.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.head.Head;
import io.dormouse.head.Lease;
import io.dormouse.testkit.lambda.Deployed;
import io.dormouse.testkit.lambda.LambdaEmulator;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.ResourceNotFoundException;

/** A function that fails leaves each of its events behind as a dead letter: that is how a test reads them. */
class LambdaWakesTest {
    @TempDir
    private Path folder;

    private final LambdaEmulator lambda = LambdaEmulator.start(List.of());
    private final LambdaClient client = new Clients(
                    lambda.endpoint(),
                    Region.US_EAST_1,
                    StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")),
                    false,
                    List.of())
            .lambda();
    private Instant now = Given.NOW;

    @BeforeEach
    void deploy() {
        lambda.deploy(new Deployed(
                "harness", folder, List.of("sh", "-c", "exit 1"), Map.of(), Deployed.LONGEST, Deployed.Life.FRESH, 8));
    }

    @AfterEach
    void close() {
        client.close();
        lambda.close();
    }

    private LambdaWakes wakes(String function) {
        return new LambdaWakes(client, function, () -> now);
    }

    private List<String> heard(int events) throws InterruptedException {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
                lambda.deadLetters().size() < events && System.nanoTime() < end; ) Thread.sleep(10);
        return lambda.deadLetters().stream()
                .map(letter -> letter.replaceFirst("harness: (\\{.*?}).*", "$1"))
                .toList();
    }

    private static String event(Head head) {
        return "{\"thread\":\"" + head.thread() + "\"}";
    }

    @Test
    void a_head_that_nobody_works_on_is_an_event_for_the_function() throws InterruptedException {
        Head owing = Given.mailed(Given.head());
        wakes("harness").send(owing);
        assertThat(heard(1)).containsExactly(event(owing));
    }

    @Test
    void a_living_owner_is_not_told_and_a_dead_one_is_replaced() throws InterruptedException {
        Head held = ((Head.Claim.Granted) Given.mailed(Given.head()).claim("somebody", now)).next();
        wakes("harness").send(held);
        now = now.plus(Lease.STALE_AFTER).plusMillis(1);
        wakes("harness").send(held);
        Head other = Given.mailed(Given.head());
        wakes("harness").invoke(other.thread());
        assertThat(heard(2)).containsExactlyInAnyOrder(event(held), event(other));
    }

    @Test
    void a_wake_that_cannot_be_sent_is_left_to_the_sweep_but_the_sweep_hears_of_it() {
        Head owing = Given.mailed(Given.head());
        wakes("missing").send(owing);
        assertThatThrownBy(() -> wakes("missing").invoke(owing.thread())).isInstanceOf(ResourceNotFoundException.class);
        assertThat(lambda.deadLetters()).isEmpty();
    }
}
