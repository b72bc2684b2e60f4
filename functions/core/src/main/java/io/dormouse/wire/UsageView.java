package io.dormouse.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.session.Budget;
import io.dormouse.session.Usage;

/** Usage as sessions, threads and {@code session.usage} show it. */
public final class UsageView {
    private UsageView() {}

    public static ObjectNode of(Usage usage, long activeMillis) {
        ObjectNode view = Json.object()
                .put("input_tokens", usage.input())
                .put("output_tokens", usage.output())
                .put("cache_read_input_tokens", usage.cacheRead());
        view.putObject("cache_creation")
                .put("ephemeral_5m_input_tokens", usage.cacheWrite5m())
                .put("ephemeral_1h_input_tokens", usage.cacheWrite1h());
        view.putObject("server_tool_use")
                .put("web_search_requests", usage.webSearches())
                .put("web_fetch_requests", 0);
        view.put("active_seconds", seconds(activeMillis));
        // Whole cents, half up: the log keeps the billionths. What a model without a price cost is unknown, not
        // nothing.
        boolean unknown = usage.listNanoUsd() == 0 && usage.input() + usage.output() + usage.cacheRead() > 0;
        long cents = (usage.listNanoUsd() + Budget.NANO_USD_PER_CENT / 2) / Budget.NANO_USD_PER_CENT;
        if (!unknown)
            view.putObject("list_cost").put("amount", Long.toString(cents)).put("currency", "USD");
        return view;
    }

    public static double seconds(long millis) {
        return millis / 1000.0;
    }
}
