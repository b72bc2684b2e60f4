package io.dormouse.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.testkit.ecs.EcsEmulator;
import io.dormouse.testkit.ecs.Fate;
import io.dormouse.testkit.ecs.Fault;
import io.dormouse.testkit.ecs.Image;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.ecs.EcsClient;
import software.amazon.awssdk.services.ecs.model.AssignPublicIp;
import software.amazon.awssdk.services.ecs.model.EcsException;
import software.amazon.awssdk.services.ecs.model.LaunchType;

class EvictionTest {
    private static final String TASK = "arn:aws:ecs:us-east-1:000000000000:task-definition/dormouse-hand:1";

    private EcsEmulator ecs;
    private EcsClient client;

    @BeforeEach
    void start(@TempDir Path home) throws IOException {
        ecs = new EcsEmulator("dormouse", TASK, "hand", new Image(List.of("/bin/sleep", "600"), Map.of()), home);
        client = EcsClient.builder()
                .endpointOverride(ecs.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("a", "b")))
                .build();
    }

    @AfterEach
    void stop() {
        client.close();
        ecs.close();
    }

    private Eviction eviction() {
        return new Eviction(client, Duration.ofSeconds(60), Duration.ofMillis(10));
    }

    private void run(String token) {
        client.runTask(run -> run.cluster("dormouse")
                .taskDefinition(TASK)
                .launchType(LaunchType.FARGATE)
                .clientToken(token)
                .networkConfiguration(network -> network.awsvpcConfiguration(
                        in -> in.subnets("subnet-1").securityGroups("sg-1").assignPublicIp(AssignPublicIp.DISABLED))));
    }

    @Test
    void all_are_stopped_whatever_state_they_are_in() {
        ecs.destine(Fate.USUAL, new Fate.Waits(), new Fate.Deaf(), new Fate.Exits(1), Fate.USUAL);
        for (int i = 0; i < 5; i++) run("token-" + i);
        assertThat(eviction().from("dormouse")).isEqualTo(4);
        assertThat(ecs.running()).isEmpty();
        assertThat(eviction().from("dormouse")).isZero();
    }

    @Test
    void a_deployment_without_sandboxes_has_none_to_stop() {
        run("token");
        assertThat(eviction().from("another")).isZero();
        assertThat(ecs.running()).hasSize(1);
    }

    @Test
    void who_may_not_stop_them_is_told_and_the_rest_is_not_destroyed() {
        run("token");
        ecs.strike("StopTask", Fault.DENIED);
        assertThatThrownBy(() -> eviction().from("dormouse"))
                .isInstanceOf(EcsException.class)
                .hasMessageContaining("not authorized");
        assertThat(ecs.running()).hasSize(1);
    }

    @Test
    void the_cluster_has_the_name_that_is_looked_for() {
        Synthesis.Resource cluster =
                Synthesis.in(Synthesis.ANYWHERE, "name=mine").one("AWS::ECS::Cluster", "");
        assertThat(cluster.properties().path("ClusterName").asText()).isEqualTo("mine");
    }
}
