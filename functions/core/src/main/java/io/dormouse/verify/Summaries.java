package io.dormouse.verify;

import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Lane;
import io.dormouse.session.Posted;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Summaries that stand for the beginning of a log: where they may end, and what they repeat. */
final class Summaries {
    private record Said(long position, Posted posted) {}

    private final Findings findings;
    private final Map<Long, Said> said = new HashMap<>();
    /** Positions behind which no call is open. */
    private final BitSet boundaries = new BitSet();
    /** Entries behind the last base: a transcript that begins at a summary goes on with some of them. */
    private List<Entry> tail = new ArrayList<>();

    private long base;

    Summaries(Findings findings) {
        this.findings = findings;
    }

    void told(Posted posted, long position) {
        if (posted.input().lane() == Lane.MESSAGE) said.putIfAbsent(posted.seq(), new Said(position, posted));
    }

    void ends(Entry entry, boolean callsOpen) {
        if (!callsOpen && entry.position() > 0 && entry.position() < Integer.MAX_VALUE)
            boundaries.set((int) entry.position());
        tail.add(entry);
    }

    /** @param first whether it is the first fact of its entry */
    void take(Fact.Compacted compacted, boolean first) {
        long position = findings.position();
        findings.unless(first, Rule.SUMMARY, "a summary behind other facts of its entry");
        boolean there = compacted.base() >= Math.max(1, base) && compacted.base() < position;
        findings.unless(
                there,
                Rule.SUMMARY,
                "the summary ends at the entry " + compacted.base() + ", and the one before at " + base);
        findings.unless(
                !there || boundaries.get((int) compacted.base()),
                Rule.SUMMARY,
                "the summary ends at the entry " + compacted.base() + ", where calls are open");
        long last = 0;
        for (Posted kept : compacted.kept()) {
            Said known = said.get(kept.seq());
            findings.unless(
                    known != null && known.posted().equals(kept) && known.position() <= compacted.base(),
                    Rule.SUMMARY,
                    "the summary repeats the input " + kept.seq() + ", which is not before it like this");
            findings.unless(kept.seq() > last, Rule.SUMMARY, "the summary repeats inputs in another order");
            last = kept.seq();
        }
        if (there) base = compacted.base();
        tail = new ArrayList<>(
                tail.stream().filter(entry -> entry.position() > base).toList());
    }

    /** Entries behind the last base, but for the one that is being told. */
    List<Entry> tail() {
        return tail;
    }
}
