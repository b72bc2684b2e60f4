package io.dormouse.testkit.sim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.ThreadId;
import io.dormouse.wire.Feed;

/** Nobody is told anything: watchers look for themselves. */
final class NoFeed implements Feed {
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
        throw new UnsupportedOperationException("nobody watches here");
    }
}
