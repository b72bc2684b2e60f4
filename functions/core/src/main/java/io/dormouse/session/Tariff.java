package io.dormouse.session;

import java.util.Optional;

/**
 * The most that a model may cost, at list prices. All money is in billionths of a US dollar, so that sums are exact.
 *
 * @param longPrompt the rates when the prompt has more tokens than {@code longOver}
 * @param window a longer prompt is refused, and costs nothing
 * @param replyTokens the {@code max_tokens} that is asked for where money is no matter
 * @param fixedTokens no more than this have instructions and tools
 * @param searches how often the model's provider may search the web within one request
 * @param searchNanoUsd of one search
 */
public record Tariff(
        Rates usual,
        Rates longPrompt,
        long longOver,
        long window,
        int replyTokens,
        long fixedTokens,
        int searches,
        long searchNanoUsd) {
    /** Of one token. @param prompt the dearest: written to the cache that lasts longest */
    public record Rates(long prompt, long reply) {}

    /** What may be spent on a request. @param maxTokens of its reply; 0 for as many as usual */
    public record Offer(long nanoUsd, int maxTokens) {}

    private static final Rates NOTHING = new Rates(0, 0);

    /** For who reads what was decided by others. */
    public static final Tariff FREE = new Tariff(NOTHING, NOTHING, Long.MAX_VALUE, Long.MAX_VALUE, 1, 0, 0, 0);

    /** A shorter reply is not worth its prompt. */
    static final int LEAST_REPLY_TOKENS = 1_024;

    /** What a server adds of its own: how to use tools, who says what; and our own instruction when a summary is asked for. */
    static final int SLACK_TOKENS = 4_096;

    /** What the model reads of one search. Nobody promises it; no page of results is known to have more. */
    private static final int SEARCH_TOKENS = 10_000;

    /**
     * What to set aside for a request; empty when not even the shortest reply fits.
     *
     * @param leftNanoUsd of the budget
     * @param promptTokens no more than this the prompt has
     * @param whole whether a shorter reply than usual is of no use
     */
    public Optional<Offer> offer(long leftNanoUsd, long promptTokens, boolean whole) {
        long prompt = Math.min(promptTokens + SLACK_TOKENS + (long) searches * SEARCH_TOKENS, window);
        Rates rates = prompt > longOver ? longPrompt : usual;
        long before = prompt * rates.prompt() + searches * searchNanoUsd;
        long least = whole ? replyTokens : Math.min(LEAST_REPLY_TOKENS, replyTokens);
        if (before + least * rates.reply() > leftNanoUsd) return Optional.empty();
        long reply = rates.reply() == 0 ? replyTokens : Math.min(replyTokens, (leftNanoUsd - before) / rates.reply());
        return Optional.of(new Offer(before + reply * rates.reply(), reply < replyTokens ? (int) reply : 0));
    }
}
