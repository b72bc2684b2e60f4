package io.dormouse.outbound;

import io.dormouse.id.SessionId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Lets so many requests of one session be under way at once. Thread-safe. */
public final class Turnstile {
    private final Map<SessionId, Integer> inside = new ConcurrentHashMap<>();
    private final int atOnce;

    public Turnstile(int atOnce) {
        this.atOnce = atOnce;
    }

    /** Whether there was room. Who entered {@link #leave leaves} once. */
    public boolean enter(SessionId session) {
        boolean[] entered = new boolean[1];
        inside.compute(session, (s, now) -> {
            int there = now == null ? 0 : now;
            entered[0] = there < atOnce;
            return entered[0] ? Integer.valueOf(there + 1) : now;
        });
        return entered[0];
    }

    public void leave(SessionId session) {
        inside.computeIfPresent(session, (s, now) -> now == 1 ? null : now - 1);
    }

    /** What to say to those for whom there was none. */
    public Outbound.Response.Refused refusal() {
        return Refusal.BUSY.because("the session has " + atOnce + " requests under way already; end one of them");
    }
}
