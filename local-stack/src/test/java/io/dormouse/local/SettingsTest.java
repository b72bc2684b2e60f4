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
}
