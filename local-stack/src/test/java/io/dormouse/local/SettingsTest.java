package io.dormouse.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
    @Test
    void time_runs_fast_only_where_it_is_said_twice_that_this_is_a_test() {
        assertThat(Settings.of(Map.of()).clockRate()).isEqualTo(1);
        assertThat(Settings.of(Map.of("DORMOUSE_TEST", "1", "DORMOUSE_TEST_CLOCK", "8"))
                        .clockRate())
                .isEqualTo(8);
        assertThatThrownBy(() -> Settings.of(Map.of("DORMOUSE_TEST_CLOCK", "8")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("DORMOUSE_TEST=1");
        for (String rate : new String[] {"0", "-1", "100", "fast", "1.5"})
            assertThatThrownBy(() -> Settings.of(Map.of("DORMOUSE_TEST", "1", "DORMOUSE_TEST_CLOCK", rate)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("DORMOUSE_TEST_CLOCK");
    }

    @Test
    void the_model_is_offline_or_at_anthropics_or_at_bedrock() {
        assertThat(Settings.of(Map.of()).model()).isNull();
        Settings anthropic = Settings.of(Map.of("ANTHROPIC_API_KEY", "sk-hush"));
        assertThat(anthropic.model().base()).hasToString("https://api.anthropic.com");
        assertThat(anthropic.webSearch()).isTrue();
        assertThat(anthropic.toString()).doesNotContain("sk-hush");
        Settings bedrock = Settings.of(Map.of(
                "ANTHROPIC_API_KEY", "sk-hush", "DORMOUSE_MODEL_SIGNING", "bedrock-mantle", "AWS_REGION", "us-east-1"));
        assertThat(bedrock.model().base()).hasToString("https://bedrock-mantle.us-east-1.api.aws/anthropic");
        assertThat(bedrock.webSearch()).isFalse();
    }
}
