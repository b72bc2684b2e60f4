package io.dormouse.harness;

import io.dormouse.head.Head;
import io.dormouse.prompt.Fold;
import io.dormouse.session.Entry;
import java.util.List;
import java.util.function.Supplier;

/** The first page of what a fold does not know yet. It is read while the claim is on its way. */
record News(long after, Supplier<List<Entry>> page) {
    /** @param known may be null */
    static News begin(Ports ports, Head seen, Fold known) {
        long after =
                known == null ? seen.snapshot().base() : known.conversation().position();
        return new News(after, ports.pace().begin(() -> ports.log().read(seen.thread(), after, Fold.PAGE)));
    }
}
