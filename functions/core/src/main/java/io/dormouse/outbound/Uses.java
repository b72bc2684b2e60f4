package io.dormouse.outbound;

import io.dormouse.id.ThreadId;
import java.util.List;

/** Hears what credentials are used for, so that no use goes untold. */
public interface Uses {
    /** Whether the thread may use no credential until earlier uses are told. */
    boolean full(ThreadId thread);

    /**
     * These are about to leave. Those that did are {@link #note noted} before the request is over, if whoever says this is
     * still there then; those that are not noted by then did not.
     */
    void leaving(ThreadId thread, List<CredentialUse> uses);

    void note(ThreadId thread, CredentialUse use);
}
