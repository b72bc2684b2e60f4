package io.dormouse.verify;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.head.Head;
import io.dormouse.head.Snapshot;
import io.dormouse.id.Sha256;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.resource.Blobs;
import io.dormouse.session.Conversation;
import io.dormouse.session.Entry;
import io.dormouse.session.Posted;
import io.dormouse.session.SessionLog;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Writes a session as JSON lines: a header, each entry with a hash that stands for all before it, and a trailer. What was
 * put elsewhere because of its size comes as a line of its own before the line that refers to it, so that the file is
 * whole. The hashes follow from the log alone: of a longer log, the first ones are the same. Reads page by page, and keeps
 * no page.
 */
public final class Export {
    private static final int PAGE = 100;

    private final SessionLog log;
    private final Blobs blobs;
    private final Predicate<byte[]> sink;
    /** Null once the log could not be folded: what is wrong with it is for a verifier to say. */
    private Conversation conversation = Conversation.EMPTY;

    private String last;
    private long entries;

    /** @param sink takes a line without its end; false when nobody wants more */
    public Export(SessionLog log, Blobs blobs, Predicate<byte[]> sink) {
        this.log = log;
        this.blobs = blobs;
        this.sink = sink;
    }

    /**
     * Writes the header and all entries.
     *
     * @param head read before, so that whatever it knows is in the log
     * @return what is needed for the end; null when nobody wants more
     */
    public Body begin(Head head, Instant now) {
        byte[] header = Json.bytes(new Line.Header(
                Line.FORMAT,
                head.session(),
                head.thread(),
                head.workspace(),
                now,
                0,
                new Line.Known(head.version(), head.nextSeq(), head.snapshot(), head.archivedAt())));
        if (!sink.test(header)) return null;
        last = Chain.beginning(head.thread());
        long position = 0;
        List<Entry> page;
        do {
            page = page(head.thread(), position);
            for (Entry entry : page) {
                if (!tell(entry)) return null;
                position = entry.position();
            }
        } while (page.size() == PAGE);
        return new Body(head, Sha256.hex(header), position);
    }

    /** @throws IllegalStateException if an entry cannot be read: which one it is */
    private List<Entry> page(ThreadId thread, long position) {
        try {
            return log.read(thread, position, PAGE);
        } catch (RuntimeException broken) {
            long good = position;
            try {
                for (int i = 0; i < PAGE; i++) {
                    List<Entry> one = log.read(thread, good, 1);
                    if (one.isEmpty()) break;
                    good = one.getFirst().position();
                }
            } catch (RuntimeException again) {
                throw new IllegalStateException("the entry " + (good + 1) + " cannot be read: " + again, again);
            }
            throw broken;
        }
    }

    /** Header and entries, written. */
    public final class Body {
        private final Head head;
        private final String header;
        private final long position;

        private Body(Head head, String header, long position) {
            this.head = head;
            this.header = header;
            this.position = position;
        }

        /** Whether the log is as long as its head knows. If not, entries were lost, or the session was just deleted. */
        public boolean complete() {
            return position >= head.snapshot().position();
        }

        /** Writes the trailer. False when nobody wants it. */
        public boolean end() {
            Snapshot snapshot = conversation == null ? null : Snapshot.of(conversation);
            Head now = snapshot == null ? head : head.knowing(snapshot);
            List<Posted> waiting = now.pending();
            if (!contents(References.of(waiting))) return false;
            return sink.test(Chain.sealed(new Line.Trailer(
                    header,
                    entries,
                    last,
                    now.snapshot().usage(),
                    now.status().name().toLowerCase(Locale.ROOT),
                    snapshot,
                    waiting,
                    null)));
        }
    }

    private boolean tell(Entry entry) {
        if (!contents(References.in(entry.facts()))) return false;
        byte[] line = Chain.sealed(Line.Told.of(entry, last));
        last = Chain.hash(line);
        entries++;
        fold(entry);
        return sink.test(line);
    }

    private void fold(Entry entry) {
        if (conversation == null) return;
        try {
            conversation = conversation.after(entry);
        } catch (RuntimeException e) {
            conversation = null;
        }
    }

    private boolean contents(Set<String> references) {
        for (String sha256 : references)
            if (!sink.test(Json.bytes(new Line.Content(sha256, content(sha256))))) return false;
        return true;
    }

    /** Null when it is lost or cannot be read: the export goes on, and the verifier says where it is missing. */
    private JsonNode content(String sha256) {
        try {
            return blobs.get(sha256)
                    .map(bytes -> Json.read(bytes, JsonNode.class))
                    .orElse(null);
        } catch (RuntimeException e) {
            return null;
        }
    }
}
