package io.dormouse.verify;

import io.dormouse.session.Lane;
import io.dormouse.session.Posted;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Inputs as they come into a log: each once, and each lane in the order of posting. */
final class Arrivals {
    /** Nobody posts more often; a number above is damage, and no reason to take its memory. */
    private static final long MOST = 1L << 30;

    private final Findings findings;
    private final BitSet told = new BitSet();
    private final Map<Lane, Long> last = new EnumMap<>(Lane.class);

    Arrivals(Findings findings) {
        this.findings = findings;
    }

    void take(Posted posted) {
        if (!possible(posted)) return;
        int seq = (int) posted.seq();
        if (told.get(seq)) {
            findings.add(Rule.INPUT, "the input " + seq + " is told twice");
            return;
        }
        told.set(seq);
        Long before = last.put(posted.input().lane(), posted.seq());
        findings.unless(
                before == null || before < seq,
                Rule.INPUT,
                "the input " + seq + " comes behind the input " + before + " of its lane");
    }

    private boolean possible(Posted posted) {
        boolean possible = posted.seq() > 0 && posted.seq() < MOST;
        findings.unless(possible, Rule.INPUT, "no input has the number " + posted.seq());
        return possible;
    }

    /**
     * The log has ended.
     *
     * @param nextSeq all inputs below this number were accepted when the head was read
     * @param waiting what was in its mailbox and is not in the log
     */
    void end(long nextSeq, List<Posted> waiting) {
        for (Posted posted : waiting) {
            if (!possible(posted)) continue;
            findings.unless(
                    !told.get((int) posted.seq()),
                    Rule.INPUT,
                    "the input " + posted.seq() + " is told, and waits as well");
            told.set((int) posted.seq());
        }
        int missing = told.nextClearBit(1);
        findings.unless(
                missing >= nextSeq,
                Rule.INPUT,
                "the input " + missing + " was accepted, and is neither told nor waiting");
    }
}
