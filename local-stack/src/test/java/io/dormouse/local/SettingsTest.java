package io.dormouse.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
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

    private static boolean searches(String... environment) {
        Map<String, String> all = new HashMap<>();
        for (int i = 0; i < environment.length; i += 2) all.put(environment[i], environment[i + 1]);
        return Settings.of(all).offer().webSearch();
    }

    @Test
    void the_web_is_searched_where_the_model_is_anthropics_or_where_it_is_said() {
        assertThat(searches()).isFalse();
        assertThat(searches("ANTHROPIC_API_KEY", "k")).isTrue();
        assertThat(searches("ANTHROPIC_BASE_URL", "https://api.anthropic.com/")).isTrue();
        assertThat(searches("ANTHROPIC_API_KEY", "k", "DORMOUSE_WEB_SEARCH", "0"))
                .isFalse();
        assertThat(searches("ANTHROPIC_BASE_URL", "https://models.example")).isFalse();
        assertThat(searches("ANTHROPIC_BASE_URL", "https://models.example", "DORMOUSE_WEB_SEARCH", "1"))
                .isTrue();
        assertThatThrownBy(() -> searches("DORMOUSE_WEB_SEARCH", "yes"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("DORMOUSE_WEB_SEARCH must be 0 or 1");
    }

    @Test
    void secrets_are_in_a_file_or_in_an_account_whose_region_is_known() {
        assertThat(Settings.of(Map.of()).vaults()).isEqualTo(new Settings.Vaults.Files());
        assertThat(Settings.of(Map.of("DORMOUSE_SECRETS", "secretsmanager", "AWS_REGION", "eu-west-1"))
                        .vaults())
                .isEqualTo(new Settings.Vaults.Account("dormouse/"));
        assertThatThrownBy(() -> Settings.of(Map.of("DORMOUSE_SECRETS", "secretsmanager")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("AWS_REGION");
        assertThatThrownBy(() -> Settings.of(Map.of("DORMOUSE_SECRETS", "vault")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("DORMOUSE_SECRETS must be file or secretsmanager");
    }

    @Test
    void the_model_is_offline_or_at_anthropics_or_at_bedrock() {
        assertThat(Settings.of(Map.of()).model()).isNull();
        Settings anthropic = Settings.of(Map.of("ANTHROPIC_API_KEY", "sk-hush"));
        assertThat(anthropic.model().base()).hasToString("https://api.anthropic.com");
        assertThat(anthropic.offer().webSearch()).isTrue();
        assertThat(anthropic.toString()).doesNotContain("sk-hush");
        Settings bedrock = Settings.of(Map.of(
                "ANTHROPIC_API_KEY", "sk-hush", "DORMOUSE_MODEL_SIGNING", "bedrock-mantle", "AWS_REGION", "us-east-1"));
        assertThat(bedrock.model().base()).hasToString("https://bedrock-mantle.us-east-1.api.aws/anthropic");
        assertThat(bedrock.offer().webSearch()).isFalse();
    }
}
