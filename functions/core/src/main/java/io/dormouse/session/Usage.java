package io.dormouse.session;

/**
 * What model requests consumed. Tokens, and the list price in billionths of a US dollar.
 *
 * @param input uncached input tokens
 * @param cacheWrite5m tokens written to a cache of five minutes
 */
public record Usage(
        long input,
        long output,
        long cacheRead,
        long cacheWrite5m,
        long cacheWrite1h,
        long webSearches,
        long listNanoUsd) {
    public static final Usage NONE = new Usage(0, 0, 0, 0, 0, 0, 0);

    /** All that the model has read. */
    public long promptTokens() {
        return input + cacheRead + cacheWrite5m + cacheWrite1h;
    }

    public Usage plus(Usage more) {
        return new Usage(
                input + more.input,
                output + more.output,
                cacheRead + more.cacheRead,
                cacheWrite5m + more.cacheWrite5m,
                cacheWrite1h + more.cacheWrite1h,
                webSearches + more.webSearches,
                listNanoUsd + more.listNanoUsd);
    }

    public Usage priced(long nanoUsd) {
        return new Usage(input, output, cacheRead, cacheWrite5m, cacheWrite1h, webSearches, nanoUsd);
    }
}
