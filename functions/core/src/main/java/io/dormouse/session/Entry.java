package io.dormouse.session;

import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * One append to a log.
 *
 * @param position from 1, without gaps
 * @param epoch of the lease under which it was written; 0 for the entry that a session is made with
 * @param nonce unique to this attempt to write; also the stem of the ids of the events it tells
 * @param time when it was written, milliseconds
 */
public record Entry(long position, long epoch, String nonce, Instant time, List<Fact> facts) {
    /** The inputs that came into the log by this entry. */
    public Stream<Posted> inputs() {
        return facts.stream().flatMap(fact -> fact.inputs().stream());
    }

    /** The summary that this entry begins with, from which on a fold can begin; or null. */
    public Fact.Compacted compacted() {
        return !facts.isEmpty() && facts.getFirst() instanceof Fact.Compacted compacted ? compacted : null;
    }

    /** Whether it tells what a sandbox lacks, or lost. */
    public boolean notesOfHand() {
        return facts.stream()
                .anyMatch(fact -> fact instanceof Fact.HandAttached attached && attached.problem() != null);
    }
}
