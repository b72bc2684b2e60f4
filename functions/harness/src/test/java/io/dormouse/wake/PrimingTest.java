package io.dormouse.wake;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.Map;
import org.junit.jupiter.api.Test;

class PrimingTest {
    /** What plays the table there knows only what a wake asks of it now. A warning in a log would be all that tells. */
    @Test
    void every_wake_of_the_rehearsal_comes_to_its_end() {
        Map<String, String> environment = Map.of(
                "AWS_REGION", "us-east-1",
                "DORMOUSE_MODEL_SIGNING", "none",
                "DORMOUSE_CLUSTER", "priming",
                "DORMOUSE_TASK_DEFINITION", "priming",
                "DORMOUSE_SUBNETS", "subnet-1",
                "DORMOUSE_SECURITY_GROUP", "sg-1",
                "DORMOUSE_HAND_CONTAINER", "hand",
                "DORMOUSE_HAND_PORT", "8080");
        assertThatCode(() -> Priming.rehearse(environment)).doesNotThrowAnyException();
    }
}
