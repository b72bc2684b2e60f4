package io.dormouse.testkit.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.testkit.protocol.Search.Found;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SearchTest {
    /** Claims in all. With four there are millions of states more, and minutes: {@code -Dprotocol.epochs=4}. */
    private static final int EPOCHS = Integer.getInteger("protocol.epochs", 3);

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void no_interleaving_of_two_owners_breaks_the_protocol(boolean interrupt) {
        Found found = Search.run(Rules.RIGHT, Search.inputs(interrupt), EPOCHS);
        System.out.printf("%d states with %s%n", found.states(), interrupt ? "an interrupt" : "two messages");
        assertThat(found.fault()).as(String.join("\n", found.trace())).isNull();
        assertThat(found.states()).isGreaterThan(10_000);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "RIGHT")
    void every_rule_is_needed(Rules broken) {
        Found found = Search.run(broken, Search.inputs(false), 3);
        System.out.printf(
                "%s: %s, after %d moves%n", broken, found.fault(), found.trace().size());
        assertThat(found.fault()).isNotNull();
    }

    @Test
    void a_fault_comes_with_the_moves_that_lead_to_it() {
        Found found = Search.run(Rules.SETTLE_WITH_MAIL, Search.inputs(false), 3);
        assertThat(found.trace().getFirst()).startsWith("begin");
        assertThat(found.trace().getLast()).contains("settles");
    }
}
