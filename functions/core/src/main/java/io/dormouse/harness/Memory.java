package io.dormouse.harness;

import io.dormouse.id.ThreadId;
import io.dormouse.prompt.Transcript;
import io.dormouse.session.Conversation;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Folds of logs that were read lately, so that the next turn reads only what is new. Never wrong, since a log only grows:
 * at worst it is short. A process without it works the same.
 */
final class Memory {
    private static final int THREADS = 4096;

    /** @param transcript belongs to whoever took this fold out */
    record Fold(Conversation conversation, Transcript transcript) {}

    private final Map<ThreadId, Fold> folds = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ThreadId, Fold> eldest) {
            return size() > THREADS;
        }
    };

    /** Takes the fold out, so that two owners never share a transcript. Null if there is none. */
    synchronized Fold take(ThreadId thread) {
        return folds.remove(thread);
    }

    synchronized void put(ThreadId thread, Fold fold) {
        folds.put(thread, fold);
    }
}
