package io.dormouse.outbound;

import io.dormouse.id.ThreadId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps what credentials were used for until the thread's owner, who alone writes its log, has told it there. Thread-safe.
 */
public final class UseLedger implements Uses {
    /** So many uses of one thread can wait for their place in the log. */
    public static final int MOST = 5_000;

    private final Map<ThreadId, List<CredentialUse>> untold = new ConcurrentHashMap<>();

    /** Until earlier uses are in the thread's log. */
    @Override
    public boolean full(ThreadId thread) {
        return untold(thread, MOST).size() == MOST;
    }

    /** Whoever notes here is in this process: if he is gone, so is the ledger. */
    @Override
    public void leaving(ThreadId thread, List<CredentialUse> uses) {}

    @Override
    public void note(ThreadId thread, CredentialUse use) {
        untold.compute(thread, (t, uses) -> {
            List<CredentialUse> more = uses == null ? new ArrayList<>() : uses;
            more.add(use);
            return more;
        });
    }

    /** What is to be told, in the order it happened, at most so many. It stays until it {@link #told was told}. */
    public List<CredentialUse> untold(ThreadId thread, int limit) {
        List<CredentialUse> copy = new ArrayList<>();
        untold.computeIfPresent(thread, (t, uses) -> {
            copy.addAll(uses.subList(0, Math.min(limit, uses.size())));
            return uses;
        });
        return copy;
    }

    /** The first {@code count} are in the log now. */
    public void told(ThreadId thread, int count) {
        if (count == 0) return;
        untold.computeIfPresent(thread, (t, uses) -> {
            uses.subList(0, count).clear();
            return uses.isEmpty() ? null : uses;
        });
    }
}
