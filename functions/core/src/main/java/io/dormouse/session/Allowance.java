package io.dormouse.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.McpTool;
import java.util.List;
import java.util.Optional;

/**
 * The budget of a session, and what has to be known to keep it. Without a budget nothing is counted.
 *
 * @param budget null for no limit
 * @param promptTokens no more than this the next prompt has: what the last reply said of its own, and the bytes of what came
 *     since, for no token has less than one
 * @param whole whether that counts instructions and tools, too
 * @param cut whether the last reply was cut short to keep the budget
 */
public record Allowance(Budget budget, long promptTokens, boolean whole, boolean cut) {
    public static final Allowance UNLIMITED = new Allowance(null, 0, false, false);

    /** What the model is told where it is asked to go on with a reply that was cut short. */
    public static final String GO_ON =
            "(Your last reply was cut off because the budget was used up. There is a new one: go on where it ends.)";

    /** What holds a message, or the result of a call, together. */
    private static final int FRAME = 32;

    static Allowance of(Budget budget) {
        return budget == null ? UNLIMITED : new Allowance(budget, 0, false, false);
    }

    public boolean limited() {
        return budget != null;
    }

    /**
     * What to set aside for the next request; empty when it may not be made.
     *
     * @param spentNanoUsd so far
     * @param tariff null when nobody knows what the model costs: then nothing is within any budget
     */
    Optional<Tariff.Offer> offer(long spentNanoUsd, Tariff tariff, boolean summary) {
        if (tariff == null) return Optional.empty();
        long prompt = promptTokens + (whole ? 0 : tariff.fixedTokens());
        // Half a summary stands for nothing.
        return tariff.offer(budget.nanoUsd() - spentNanoUsd, prompt, summary);
    }

    /** With another budget, or none: who was cut short may go on. */
    Allowance with(Budget other) {
        return other == null ? UNLIMITED : new Allowance(other, promptTokens, whole, false);
    }

    Allowance plus(List<Posted> inputs) {
        if (!limited()) return this;
        long more = 0;
        for (Posted posted : inputs)
            more += switch (posted.input()) {
                case Input.UserMessage m -> FRAME + Tokens.mostStored(m.content());
                case Input.SystemMessage m -> FRAME + Tokens.mostStored(m.content());
                case Input.Interrupt m -> 0;
                case Input.Confirmation m -> 0;
                // Told by the result that it becomes.
                case Input.CustomResult m -> 0;
                case Input.Updated m -> 0;
                case Input.Archived m -> 0;
            };
        return plus(more);
    }

    Allowance plusResults(List<ToolResult> results) {
        if (!limited()) return this;
        long more = 0;
        for (ToolResult result : results)
            more += FRAME + Tokens.most(result.modelId()) + Tokens.mostStored(result.content());
        return plus(more);
    }

    Allowance plusTools(List<McpTool> tools) {
        return limited() ? plus(Tokens.mostOfTools(tools)) : this;
    }

    private Allowance plus(long more) {
        return new Allowance(budget, Math.min(Context.FULL, promptTokens + more), whole, cut);
    }

    /** Instructions or tools are other ones by now. */
    Allowance otherAgent() {
        return limited() ? new Allowance(budget, promptTokens, false, cut) : this;
    }

    /** A new turn may try again what the last one was cut short in. */
    Allowance fresh() {
        return cut ? new Allowance(budget, promptTokens, whole, false) : this;
    }

    /** The model has read the whole prompt, and said how long it was. @param shortened whether the budget cut its reply off */
    Allowance replied(Usage usage, List<ObjectNode> content, boolean shortened) {
        if (!limited()) return this;
        long prompt = usage.promptTokens();
        long reply = FRAME;
        for (JsonNode block : content) reply += Tokens.most(block);
        // Not every server counts.
        return new Allowance(budget, prompt > 0 ? prompt : promptTokens, whole || prompt > 0, shortened).plus(reply);
    }

    /** Nobody knows how long the prompt is: as long as the window at most. */
    Allowance unknown() {
        return limited() ? new Allowance(budget, Context.FULL, true, cut) : this;
    }
}
