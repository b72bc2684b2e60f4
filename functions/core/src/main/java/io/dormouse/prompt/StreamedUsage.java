package io.dormouse.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.session.Usage;

/** What a stream says it consumed. Each report is cumulative and may leave out what did not change. */
final class StreamedUsage {
    private long input;
    private long output;
    private long cacheRead;
    private long cacheWrite;
    private long cacheWrite1h;
    private long webSearches;

    void report(JsonNode usage) {
        input = count(usage.get("input_tokens"), input);
        output = count(usage.get("output_tokens"), output);
        cacheRead = count(usage.get("cache_read_input_tokens"), cacheRead);
        cacheWrite = count(usage.get("cache_creation_input_tokens"), cacheWrite);
        JsonNode split = usage.get("cache_creation");
        if (split != null && split.isObject()) {
            long fiveMinutes = count(split.get("ephemeral_5m_input_tokens"), 0);
            cacheWrite1h = count(split.get("ephemeral_1h_input_tokens"), 0);
            cacheWrite = fiveMinutes + cacheWrite1h;
        }
        JsonNode servers = usage.get("server_tool_use");
        if (servers != null) webSearches = count(servers.get("web_search_requests"), webSearches);
    }

    Usage total() {
        // A server that gives no split means the five minutes that are the default.
        long oneHour = Math.min(cacheWrite1h, cacheWrite);
        return new Usage(input, output, cacheRead, cacheWrite - oneHour, oneHour, webSearches, 0);
    }

    /** No honest count is near the bound; it keeps sums of counts from overflowing. */
    private static long count(JsonNode node, long before) {
        if (node == null || !node.isIntegralNumber() || !node.canConvertToLong()) return before;
        return Math.clamp(node.longValue(), 0, 1_000_000_000_000L);
    }
}
