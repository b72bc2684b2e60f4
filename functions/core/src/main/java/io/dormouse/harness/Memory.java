package io.dormouse.harness;

import io.dormouse.id.ThreadId;
import io.dormouse.prompt.Fold;
import java.util.LinkedHashMap;

/**
 * Folds of logs that were read lately, so that the next turn reads only what is new. Never wrong, since a log only grows:
 * at worst it is short. A process without it works the same.
 */
final class Memory {
    /** Of all folds together, as far as {@link Fold#sizeBytes} can tell. */
    private static final long MAX_BYTES = 64L * 1024 * 1024;

    /** In the order in which they were put. */
    private final LinkedHashMap<ThreadId, Fold> folds = new LinkedHashMap<>();

    private long bytes;

    /** Takes the fold out, so that two owners never share a transcript. Null if there is none. */
    synchronized Fold take(ThreadId thread) {
        Fold fold = folds.remove(thread);
        if (fold != null) bytes -= fold.sizeBytes();
        return fold;
    }

    synchronized void put(ThreadId thread, Fold fold) {
        take(thread);
        folds.put(thread, fold);
        bytes += fold.sizeBytes();
        while (bytes > MAX_BYTES) take(folds.firstEntry().getKey());
    }
}
