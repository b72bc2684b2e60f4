package io.dormouse.testkit.sim;

import io.dormouse.head.Head;
import io.dormouse.session.Posted;
import java.time.Instant;
import java.util.List;

/** Heads that no right step would make. */
final class Planted {
    private Planted() {}

    /** Deleted without a look at what runs, and without taking the lease away. */
    static Head stone(Head head, Instant now) {
        return new Head(
                head.workspace(),
                head.session(),
                head.thread(),
                head.version() + 1,
                head.nextSeq(),
                List.of(),
                head.lease(),
                head.snapshot(),
                head.archivedAt(),
                true,
                head.createdAt(),
                now);
    }

    static Head copy(Head head, long version, List<Posted> mail) {
        return new Head(
                head.workspace(),
                head.session(),
                head.thread(),
                version,
                head.nextSeq(),
                List.copyOf(mail),
                head.lease(),
                head.snapshot(),
                head.archivedAt(),
                head.deleted(),
                head.createdAt(),
                head.updatedAt());
    }
}
