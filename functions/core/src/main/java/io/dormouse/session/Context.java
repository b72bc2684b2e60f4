package io.dormouse.session;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * How full the model's window is, and how compactions went, as far as the log tells.
 *
 * @param tokens of the next prompt: what the last reply said of its own, and an estimate of what came since; {@link #FULL}
 *     when the model said that it was too long
 * @param base up to which position a summary stands for the history; 0 without one
 * @param compactions in a row, with at most one reply between them
 * @param replies since the last compaction
 * @param tighter requests in a row after which the next one has to be smaller and plainer
 */
public record Context(long tokens, long base, int compactions, int replies, int tighter) {
    public static final Context EMPTY = new Context(0, 0, 0, 0, 0);

    /** More than any window has. */
    public static final long FULL = 1L << 50;

    /** Compactions in a row that do not help; then the turn ends. */
    public static final int MAX_COMPACTIONS = 3;

    /** A summary is tried for so often with smaller and plainer requests. */
    public static final int MAX_TIGHTER = 3;

    Context plus(long more) {
        return new Context(Math.min(FULL, tokens + more), base, compactions, replies, tighter);
    }

    /** The model has read the whole prompt, and said this. */
    Context replied(Usage usage, List<ObjectNode> content) {
        long prompt = usage.promptTokens();
        // Not every server counts.
        long now = prompt > 0 ? prompt + usage.output() : tokens;
        if (prompt == 0) for (ObjectNode block : content) now += Tokens.of(block);
        return new Context(Math.min(FULL, now), base, compactions, replies + 1, 0);
    }

    Context compacted(long newBase, long newTokens) {
        return new Context(newTokens, newBase, again() ? compactions + 1 : 1, 0, 0);
    }

    Context refused() {
        return new Context(FULL, base, compactions, replies, tighter + 1);
    }

    /** A new turn may try again what the last one gave up. */
    Context fresh() {
        return new Context(tokens, base, 0, replies, 0);
    }

    /** How often a compaction was made already for what is too long now. */
    public int attempts() {
        return again() ? compactions : 0;
    }

    boolean stuck() {
        return attempts() >= MAX_COMPACTIONS;
    }

    private boolean again() {
        return compactions > 0 && replies <= 1;
    }
}
