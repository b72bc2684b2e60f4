package io.dormouse.head;

import io.dormouse.id.EventId;
import io.dormouse.session.Taken;
import io.dormouse.session.ToolCall;
import io.dormouse.session.Usage;
import java.time.Instant;
import java.util.Map;

/**
 * What the log said at {@code position}. A cache of the fold: whoever doubts it reads the log.
 *
 * @param questions calls that wait for an answer of the client, each with the kind of answer
 * @param runningSince when the session last began to run; null while it rests
 * @param dueAt when a rescheduled session goes on; null otherwise
 */
public record Snapshot(
        long position,
        Phase phase,
        Map<EventId, ToolCall.Gate> questions,
        Taken taken,
        Usage usage,
        long activeMillis,
        Instant runningSince,
        Instant dueAt) {

    public enum Phase {
        RESTING,
        RUNNING,
        AWAITING,
        RETRYING,
        ENDED
    }

    /** Of a log with its first entry only. */
    public static final Snapshot FRESH =
            new Snapshot(1, Phase.RESTING, Map.of(), Taken.NONE, Usage.NONE, 0, null, null);
}
