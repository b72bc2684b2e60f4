package io.dormouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.ThreadId;
import io.dormouse.session.Entry;
import io.dormouse.session.SessionLog;
import io.dormouse.testkit.contract.SessionLogContract;
import io.dormouse.testkit.memory.MemorySessionLog;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecentEntriesTest extends SessionLogContract {
    private static final ThreadId THREAD = new ThreadId("sthr_a");

    @Override
    protected SessionLog emptyLog() {
        return new RecentEntries(new MemorySessionLog());
    }

    @Test
    void who_is_at_the_end_does_not_reach_the_store() {
        MemorySessionLog store = new MemorySessionLog();
        RecentEntries log = new RecentEntries(store);
        for (int i = 1; i <= 5; i++) log.append(THREAD, entry(i));
        store.drop(THREAD);
        assertThat(log.read(THREAD, 5, 10)).isEmpty();
        assertThat(log.read(THREAD, 4, 10)).containsExactly(entry(5));
        assertThat(log.read(THREAD, 3, 1)).containsExactly(entry(4));
        assertThat(log.read(THREAD, 2, 10)).isEmpty();
    }

    @Test
    void what_others_wrote_in_between_is_not_overlooked() {
        MemorySessionLog store = new MemorySessionLog();
        RecentEntries log = new RecentEntries(store);
        log.append(THREAD, entry(1));
        store.append(THREAD, entry(2));
        log.append(THREAD, entry(3));
        assertThat(log.read(THREAD, 1, 10)).containsExactly(entry(2), entry(3));
    }

    private static Entry entry(long position) {
        return new Entry(position, 1, "nonce" + position, Instant.EPOCH, List.of());
    }
}
