package io.dormouse.hands;

import io.dormouse.id.ThreadId;
import io.dormouse.resource.Contents;
import java.io.IOException;
import java.util.List;

/** What a thread's hand is to have, and where goes what it puts out. */
public interface Shelf {
    /** Nothing goes in or out. */
    Shelf NONE = new Shelf() {
        @Override
        public List<Mount> mounts(ThreadId thread) {
            return List.of();
        }

        @Override
        public Contents.Content open(Mount mount) throws IOException {
            throw new IOException("there is nothing on this shelf");
        }

        @Override
        public void take(ThreadId thread, HandFiles files) {}

        @Override
        public void forget(ThreadId thread) {}
    };

    /** All that the hand is to have now. */
    List<Mount> mounts(ThreadId thread);

    /** To be closed by the caller. */
    Contents.Content open(Mount mount) throws IOException;

    /** Keeps what is new or changed among the outputs. Safe to repeat: the same file is kept once. */
    void take(ThreadId thread, HandFiles files) throws IOException;

    /** The thread is gone; what it put out stays. */
    void forget(ThreadId thread);
}
