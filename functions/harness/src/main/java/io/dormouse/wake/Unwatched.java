package io.dormouse.wake;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.ThreadId;
import io.dormouse.wire.Feed;

/** Whoever follows a session reads its log; between two functions nothing else is told. */
final class Unwatched implements Feed {
    @Override
    public void appended(ThreadId thread) {}

    @Override
    public boolean watched(ThreadId thread) {
        return false;
    }

    @Override
    public void delta(ThreadId thread, ObjectNode event) {}

    @Override
    public Watch watch(ThreadId thread) {
        throw new UnsupportedOperationException("a harness follows nobody");
    }
}
