package io.dormouse.session;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * What a log says up to a {@link Fact.Compacted}: with it a fold can begin there, and need not read what came before.
 *
 * @param agent its snapshot as it stands; or, when large, the reference that {@code Spill} left
 * @param runningSince as in {@link Conversation}
 * @param compactions in a row, this one not counted
 * @param replies since the compaction before this one
 */
public record Checkpoint(
        JsonNode agent,
        Taken taken,
        Usage usage,
        long activeMillis,
        Instant runningSince,
        int asks,
        int cuts,
        int compactions,
        int replies) {
    /**
     * The fold of a log, by the entries behind a base.
     *
     * @param base as a head tells it; 0 when the entries are all
     * @return empty when no entry says that a summary stands for what came before them
     */
    public static Optional<Conversation> resume(List<Entry> entries, long base) {
        Conversation conversation = base == 0 ? Conversation.EMPTY : null;
        for (Entry entry : entries) {
            if (conversation != null) conversation = conversation.after(entry);
            else if (entry.compacted() != null && entry.compacted().base() == base)
                conversation = Conversation.from(entry, UnaryOperator.identity());
        }
        return Optional.ofNullable(conversation);
    }
}
