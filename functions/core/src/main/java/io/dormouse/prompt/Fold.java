package io.dormouse.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.agents.McpListing;
import io.dormouse.session.Conversation;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Both folds of a log: what comes next, and the prompt. At a summary the prompt begins anew from what the log holds, in
 * every process alike: so one that was there from the first entry on has the same bytes as one that just came. Not
 * thread-safe.
 */
public final class Fold {
    /** Entries that one read asks for. */
    public static final int PAGE = 500;

    /** Of what a fold is beside its transcript: an agent's snapshot, mostly. */
    private static final long BESIDE_BYTES = 4096;

    /** A schema is many small nodes. */
    private static final long TOOL_TOKEN_BYTES = 16;

    /** Of one thread's log. */
    public interface Reader {
        /** Entries after the position, in order, at most {@code limit}. */
        List<Entry> read(long after, int limit);
    }

    private final UnaryOperator<JsonNode> filler;
    private Conversation conversation = Conversation.EMPTY;
    private Transcript transcript;

    /** Of nothing yet. @param filler brings back content that was put elsewhere because of its size */
    public Fold(UnaryOperator<JsonNode> filler) {
        this.filler = filler;
        transcript = new Transcript(filler);
    }

    /**
     * Reads on to the end of the log. A log that is gone leaves a new fold at position 0.
     *
     * @param base as the head tells it: where a new fold begins; 0 for the first entry
     */
    public void readOn(Reader reader, long base) {
        if (conversation.position() == 0 && base > 0 && begins(reader, base)) return;
        while (true) {
            List<Entry> page = reader.read(conversation.position(), PAGE);
            for (Entry entry : page) add(entry, reader);
            if (page.size() < PAGE) return;
        }
    }

    /** Reads from the base to the end. Returns whether a summary was there that was made with it; without one this stays new. */
    private boolean begins(Reader reader, long base) {
        List<Entry> tail = new ArrayList<>();
        List<Entry> page;
        long after = base;
        do {
            page = reader.read(after, PAGE);
            for (Entry entry : page) {
                after = entry.position();
                Fact.Compacted compacted = entry.compacted();
                if (conversation.position() > 0) add(entry, reader);
                else if (compacted != null && compacted.base() == base) {
                    conversation = Conversation.from(entry, filler);
                    begin(compacted, tail, entry);
                } else tail.add(entry);
            }
        } while (page.size() == PAGE);
        return conversation.position() > 0;
    }

    private void begin(Fact.Compacted compacted, List<Entry> tail, Entry entry) {
        transcript = Transcript.from(compacted, filler);
        tail.forEach(transcript::add);
        transcript.add(entry);
    }

    /** The next entry. @param reader for what stands before a summary and is told after it */
    public void add(Entry entry, Reader reader) {
        conversation = conversation.after(entry);
        Fact.Compacted compacted = entry.compacted();
        if (compacted == null) transcript.add(entry);
        else begin(compacted, tail(reader, compacted.base(), entry.position()), entry);
    }

    private static List<Entry> tail(Reader reader, long base, long end) {
        List<Entry> tail = new ArrayList<>();
        for (long after = base; after < end - 1; after = tail.getLast().position()) {
            List<Entry> page = reader.read(after, (int) Math.min(PAGE, end - 1 - after));
            if (page.isEmpty()) throw new IllegalStateException("the log lost what stands behind " + after);
            tail.addAll(page);
        }
        return tail;
    }

    public Conversation conversation() {
        return conversation;
    }

    public Transcript transcript() {
        return transcript;
    }

    /** Roughly what this takes up in memory. */
    public long sizeBytes() {
        long tools = 0;
        for (McpListing listing : conversation.mcp().listings()) tools += Tokens.ofTools(listing.tools());
        return BESIDE_BYTES + tools * TOOL_TOKEN_BYTES + transcript.sizeBytes();
    }
}
