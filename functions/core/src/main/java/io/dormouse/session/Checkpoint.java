package io.dormouse.session;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.agents.McpTools;
import io.dormouse.json.Json;
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
 * @param mcp {@link McpTools} as JSON, or the reference that {@code Spill} left; null or absent when there is nothing to say
 * @param budget null or absent for none
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
        int replies,
        JsonNode mcp,
        Budget budget) {
    /** Of a session without a budget. */
    public Checkpoint(
            JsonNode agent,
            Taken taken,
            Usage usage,
            long activeMillis,
            Instant runningSince,
            int asks,
            int cuts,
            int compactions,
            int replies,
            JsonNode mcp) {
        this(agent, taken, usage, activeMillis, runningSince, asks, cuts, compactions, replies, mcp, null);
    }

    /** Of a session without MCP servers, too. */
    public Checkpoint(
            JsonNode agent,
            Taken taken,
            Usage usage,
            long activeMillis,
            Instant runningSince,
            int asks,
            int cuts,
            int compactions,
            int replies) {
        this(agent, taken, usage, activeMillis, runningSince, asks, cuts, compactions, replies, null);
    }

    /** @param spill puts large content elsewhere */
    static Checkpoint of(Conversation c, UnaryOperator<JsonNode> spill) {
        return new Checkpoint(
                spill.apply(c.agent()),
                c.taken(),
                c.usage(),
                c.activeMillis(),
                c.runningSince(),
                c.asks(),
                c.cuts(),
                c.context().compactions(),
                c.context().replies(),
                c.mcp().isEmpty() ? null : spill.apply(Json.read(Json.bytes(c.mcp()), JsonNode.class)),
                c.allowance().budget());
    }

    /** What a fold that begins with the entry at this position begins with. @param filler brings back what was put elsewhere */
    Conversation before(long position, UnaryOperator<JsonNode> filler) {
        return new Conversation(
                position - 1,
                0,
                filler.apply(agent),
                new Conversation.Phase.Asking(null, null),
                taken,
                usage,
                activeMillis,
                runningSince,
                0,
                asks,
                cuts,
                new Context(0, 0, compactions, replies, 0),
                mcp == null ? McpTools.NONE : Json.read(Json.bytes(filler.apply(mcp)), McpTools.class),
                Allowance.of(budget));
    }

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
