package io.dormouse.head;

import java.time.Duration;
import java.time.Instant;

/**
 * Who may write the log.
 *
 * @param epoch rises with every claim and never falls; 0 before the first
 * @param owner null when nobody holds it
 * @param beatAt when the owner last showed life; null when nobody holds it
 */
public record Lease(long epoch, String owner, Instant beatAt) {
    /** An owner that was silent for this long is taken for dead. */
    public static final Duration STALE_AFTER = Duration.ofSeconds(15);

    public static final Lease NONE = new Lease(0, null, null);

    public boolean held() {
        return owner != null;
    }

    boolean claimableBy(String claimant, Instant now) {
        return !held() || owner.equals(claimant) || staleAt(now);
    }

    /** Of one that is held: whether anybody may take it. */
    public boolean staleAt(Instant now) {
        return !now.isBefore(beatAt.plus(STALE_AFTER));
    }
}
