package io.dormouse.api;

import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.ThreadId;
import io.dormouse.resource.Blobs;
import io.dormouse.session.SessionLog;
import io.dormouse.verify.Export;
import jakarta.inject.Singleton;
import java.time.InstantSource;

/** {@code /v1/sessions/{id}/export}, an extension: the whole log as JSON lines with a hash chain, for keeping and verifying. */
@Singleton
public final class Exports {
    private final SessionFinder finder;
    private final Heads heads;
    private final SessionLog log;
    private final Blobs blobs;
    private final InstantSource clock;

    Exports(SessionFinder finder, Heads heads, SessionLog log, Blobs blobs, InstantSource clock) {
        this.finder = finder;
        this.heads = heads;
        this.log = log;
        this.blobs = blobs;
        this.clock = clock;
    }

    public Answer export(Call call) {
        ThreadId thread = finder.head(call).thread();
        // As it is stored, and not as the finder would have it: whoever verifies wants to see what is wrong with it.
        Head head =
                heads.read(thread).filter(stored -> !stored.deleted()).orElseThrow(() -> SessionFinder.missing(call));
        return new Answer.Lines(out -> {
            Export.Body body = new Export(log, blobs, out::line).begin(head, clock.instant());
            if (body == null) return;
            if (!body.complete() && gone(thread)) throw new IllegalStateException("deleted while it was exported");
            body.end();
        });
    }

    private boolean gone(ThreadId thread) {
        return heads.read(thread).map(Head::deleted).orElse(true);
    }
}
