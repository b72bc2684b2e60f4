package io.dormouse.sandbox.tool;

import java.util.concurrent.CompletableFuture;

/** The wish of a caller that one call stops. Can be made once, by any thread, and seen by any thread. */
public final class Cancellation {
    private final CompletableFuture<Void> signal = new CompletableFuture<>();

    public void request() {
        signal.complete(null);
    }

    public boolean requested() {
        return signal.isDone();
    }

    /** Completes normally when the wish is made; never completes otherwise. */
    public CompletableFuture<Void> signal() {
        return signal.copy();
    }
}
