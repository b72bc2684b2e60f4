package io.dormouse.hands;

import io.dormouse.pace.Cancellation;
import java.io.IOException;
import java.io.InputStream;

/** All that a hand keeps while it is stopped: its agent's files, as one archive that only another hand understands. */
public interface Workspace {
    /**
     * The archive as it is made; its end is only reached if it is whole, and otherwise an exception. Closing it ends the
     * making. To be closed by the caller.
     */
    InputStream save() throws IOException;

    /**
     * Puts an archive into a hand that is new. One that has it already, or was used, stays as it is.
     *
     * @param content read to its end, unless there is nothing to do
     * @param cancellation ends the wait; the hand is then new again, or restored
     * @throws IOException when it may be tried again: the hand cannot be reached, or the content breaks off
     */
    Restored restore(String sha256, long sizeBytes, InputStream content, Cancellation cancellation) throws IOException;

    sealed interface Restored {
        /** @param problem null, or what is not as it was, in words for the model */
        record Done(String problem) implements Restored {}

        /** It never will be. The hand is new, or as it was. */
        record Refused(String why) implements Restored {}
    }
}
