package io.dormouse.pace;

import java.util.ArrayList;
import java.util.List;

/**
 * Asks running work to stop, or only whoever waits for it to stop waiting. Work that can be stopped registers how; a request that came earlier runs it at once.
 */
public final class Cancellation {
    private final List<Runnable> actions = new ArrayList<>();
    private boolean requested;
    private boolean abandoned;

    public synchronized boolean requested() {
        return requested;
    }

    /** Whether nobody waits any more: work that goes on elsewhere goes on, for somebody who asks later. */
    public synchronized boolean abandoned() {
        return abandoned;
    }

    /** Stops the waiting, and not what is waited for. */
    public void abandon() {
        synchronized (this) {
            if (!requested) abandoned = true;
        }
        request();
    }

    /** Stops the work. */
    public void request() {
        List<Runnable> now;
        synchronized (this) {
            if (requested) return;
            requested = true;
            now = List.copyOf(actions);
            actions.clear();
        }
        now.forEach(Runnable::run);
    }

    /** Runs {@code action} once, when or as soon as a request is made. It must be quick, safe to repeat and must not throw. */
    public void onRequest(Runnable action) {
        synchronized (this) {
            if (!requested) {
                actions.add(action);
                return;
            }
        }
        action.run();
    }
}
