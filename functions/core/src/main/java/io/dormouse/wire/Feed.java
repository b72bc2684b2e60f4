package io.dormouse.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.ThreadId;
import java.time.Duration;

/** Tells watchers of a thread that the log grew, and what is not in the log: live deltas. Best effort: the log is the truth. */
public interface Feed {
    /** Where nobody is told anything: whoever follows a thread looks at its log by himself. */
    interface Untold extends Feed {
        @Override
        default void appended(ThreadId thread) {}

        @Override
        default boolean watched(ThreadId thread) {
            return false;
        }

        @Override
        default void delta(ThreadId thread, ObjectNode event) {}
    }

    /** And where nobody follows one. */
    Feed NONE = (Untold) (thread, deltas) -> {
        throw new UnsupportedOperationException("nobody is told anything here");
    };

    /** The log of the thread has grown, or ended. */
    void appended(ThreadId thread);

    /** Whether somebody watches, so that deltas are worth making. */
    boolean watched(ThreadId thread);

    void delta(ThreadId thread, ObjectNode event);

    /** There are no more deltas for now: what waits to be told together with later ones need wait no longer. */
    default void flush(ThreadId thread) {}

    /** From now on; close it when done. @param deltas whether it wants them, too */
    Watch watch(ThreadId thread, boolean deltas);

    interface Watch extends AutoCloseable {
        /** Waits for news, at most for {@code timeout}; may wake without cause. */
        News next(Duration timeout) throws InterruptedException;

        @Override
        void close();
    }

    sealed interface News {
        /**
         * @param number rises with every call of {@link Feed#appended}: whoever began to read the log after hearing of a number
         *     has all that was announced by it, and by lower ones
         */
        record Appended(long number) implements News {}

        /** Nobody announced anything, and time has passed: the log may have grown. @param number as of {@link Appended} */
        record Passed(long number) implements News {}

        /** @param event an {@code event_start} or {@code event_delta} */
        record Delta(ObjectNode event) implements News {}

        record Nothing() implements News {}
    }
}
