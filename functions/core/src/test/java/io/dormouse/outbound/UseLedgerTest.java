package io.dormouse.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.CredentialId;
import io.dormouse.id.ThreadId;
import org.junit.jupiter.api.Test;

class UseLedgerTest {
    private static final ThreadId ONE = new ThreadId("sthr_1");
    private static final ThreadId OTHER = new ThreadId("sthr_2");

    private final UseLedger ledger = new UseLedger();

    private static CredentialUse use(int status) {
        return new CredentialUse(new CredentialId("vcrd_1"), "a", "GET", "/", status, 0, null);
    }

    @Test
    void a_use_waits_until_it_was_told_and_is_of_one_thread() {
        ledger.note(ONE, use(1));
        ledger.note(ONE, use(2));
        ledger.note(OTHER, use(3));
        assertThat(ledger.untold(ONE, 1)).containsExactly(use(1));
        assertThat(ledger.untold(ONE, 9)).containsExactly(use(1), use(2));
        ledger.note(ONE, use(4));
        ledger.told(ONE, 2);
        assertThat(ledger.untold(ONE, 9)).containsExactly(use(4));
        assertThat(ledger.untold(OTHER, 9)).containsExactly(use(3));
    }

    @Test
    void a_thread_that_tells_nothing_is_full_in_the_end() {
        for (int i = 0; i < UseLedger.MOST; i++) {
            assertThat(i % 1000 == 0 && ledger.full(ONE)).isFalse();
            ledger.note(ONE, use(i));
        }
        assertThat(ledger.full(ONE)).isTrue();
        assertThat(ledger.full(OTHER)).isFalse();
        ledger.told(ONE, 1);
        assertThat(ledger.full(ONE)).isFalse();
    }
}
