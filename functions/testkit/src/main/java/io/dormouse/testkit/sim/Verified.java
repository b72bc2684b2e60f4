package io.dormouse.testkit.sim;

import io.dormouse.head.Head;
import io.dormouse.session.Entry;
import io.dormouse.verify.Finding;
import io.dormouse.verify.Verifier;
import java.util.List;
import java.util.function.UnaryOperator;

/** What {@code ./dormouse verify} says of a session that a simulation leaves. */
final class Verified {
    private Verified() {}

    static void check(Head head, List<Entry> log) {
        if (head.deleted()) return;
        List<Finding> findings = findings(head, log);
        if (!findings.isEmpty()) Check.THE_LOG_VERIFIES.failed(findings + " in " + log);
    }

    static List<Finding> findings(Head head, List<Entry> log) {
        Verifier verifier = new Verifier(UnaryOperator.identity());
        verifier.expect(head.snapshot());
        log.forEach(verifier::add);
        verifier.end(head.nextSeq(), head.pending());
        return verifier.findings();
    }
}
