package io.dormouse.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** cdk-nag, with AWS's rules for solutions: no finding without a reason beside it. */
class NagTest {
    @ParameterizedTest
    @ValueSource(strings = {"network=dualstack", "network=nat", "hands=none", "model=bedrock-runtime"})
    void no_finding_is_unexplained(String parameter) {
        assertThat(Synthesis.of(parameter).findings()).isEmpty();
    }
}
