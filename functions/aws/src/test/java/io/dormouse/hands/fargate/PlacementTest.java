package io.dormouse.hands.fargate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private final Map<String, String> deployed = new HashMap<>(Map.of(
            "DORMOUSE_CLUSTER", "arn:aws:ecs:eu-west-1:1:cluster/c",
            "DORMOUSE_TASK_DEFINITION", "arn:aws:ecs:eu-west-1:1:task-definition/dormouse-hand:12",
            "DORMOUSE_SUBNETS", "subnet-a,subnet-b",
            "DORMOUSE_SECURITY_GROUP", "sg-a",
            "DORMOUSE_HAND_PORT", "7070",
            "DORMOUSE_HAND_CONTAINER", "hand"));

    @Test
    void it_is_what_the_deployment_says() {
        Placement placement = Placement.of(deployed).orElseThrow();
        assertThat(placement.subnets()).isEqualTo(List.of("subnet-a", "subnet-b"));
        assertThat(placement.port()).isEqualTo(7070);
        assertThat(placement.family()).isEqualTo("dormouse-hand");
    }

    @Test
    void a_family_alone_is_a_definition_and_what_it_stands_for_is_told_beside_it() {
        Placement before = Placement.of(deployed).orElseThrow();
        deployed.put("DORMOUSE_TASK_DEFINITION", "dormouse-hand");
        deployed.put("DORMOUSE_HAND_REVISION", "an image 512 1024 900");
        Placement after = Placement.of(deployed).orElseThrow();
        assertThat(after.family()).isEqualTo("dormouse-hand");
        deployed.put("DORMOUSE_HAND_REVISION", "another image 512 1024 900");
        assertThat(Placement.of(deployed).orElseThrow()).isNotEqualTo(after).isNotEqualTo(before);
    }

    @Test
    void a_deployment_without_hands_has_none() {
        assertThat(Placement.of(Map.of())).isEmpty();
    }

    @Test
    void half_of_it_is_a_mistake_that_is_named() {
        deployed.remove("DORMOUSE_SUBNETS");
        assertThatThrownBy(() -> Placement.of(deployed)).hasMessageContaining("DORMOUSE_SUBNETS");
        deployed.put("DORMOUSE_HAND_PORT", "http");
        assertThatThrownBy(() -> Placement.of(deployed)).hasMessageContaining("DORMOUSE_HAND_PORT");
    }

    @Test
    void the_pool_is_as_large_as_the_deployment_says_and_empty_where_it_says_nothing() {
        assertThat(Stock.of(deployed, null).size()).isZero();
        deployed.put("DORMOUSE_WARM_POOL", "3");
        assertThat(Stock.of(deployed, null).size()).isEqualTo(3);
        deployed.put("DORMOUSE_WARM_POOL", "-1");
        assertThatThrownBy(() -> Stock.of(deployed, null)).hasMessageContaining("DORMOUSE_WARM_POOL");
    }
}
