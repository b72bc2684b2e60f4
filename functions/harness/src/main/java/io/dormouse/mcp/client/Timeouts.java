package io.dormouse.mcp.client;

import java.time.Duration;

/**
 * @param connect for the first request and its answer, the older transport included
 * @param list for all pages of a listing
 * @param call for one call of a tool, resumed streams included
 */
public record Timeouts(Duration connect, Duration list, Duration call) {
    public static final Timeouts DEFAULT =
            new Timeouts(Duration.ofSeconds(20), Duration.ofSeconds(30), Duration.ofMinutes(5));
}
