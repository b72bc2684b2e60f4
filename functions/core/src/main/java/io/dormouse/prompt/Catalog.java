package io.dormouse.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import io.dormouse.session.Usage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is known of models: windows, limits and list prices, from one resource file, {@code models.json}. */
public final class Catalog {
    /** For a model that nobody described. */
    private static final int UNKNOWN_MAX_TOKENS = 16_384;

    /** A reply longer than this is rather a runaway than an answer. */
    private static final int REPLY_TOKENS = 32_000;

    private final Map<String, JsonNode> models = new LinkedHashMap<>();
    private final Map<String, Price> prices = new HashMap<>();

    /** @param models the content of the file: an array of models */
    public Catalog(JsonNode models) {
        for (JsonNode model : models) {
            String id = model.path("id").asText();
            this.models.put(id, model);
            if (model.hasNonNull("prices")) prices.put(id, new Price(model.get("prices")));
        }
    }

    public static Catalog bundled() {
        try (InputStream in = Catalog.class.getResourceAsStream("models.json")) {
            return new Catalog(Json.MAPPER.readTree(in));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every model that is described, newest first, as the file has it. */
    public Iterable<JsonNode> models() {
        return models.values();
    }

    /** Null when it is not described. */
    public JsonNode model(String id) {
        return models.get(id);
    }

    /** The {@code max_tokens} to ask for. */
    public int replyTokens(String model) {
        JsonNode known = models.get(model);
        return known == null
                ? UNKNOWN_MAX_TOKENS
                : Math.min(known.path("max_tokens").asInt(UNKNOWN_MAX_TOKENS), REPLY_TOKENS);
    }

    /** Whether the model takes system messages in the middle of a conversation. A model nobody described is let try. */
    public boolean takesSystemMessages(String model) {
        JsonNode known = models.get(model);
        return known == null || known.path("system_messages").asBoolean(false);
    }

    /** The usage with its list price; 0 for a model without a price. */
    public Usage priced(String model, Usage usage) {
        Price price = prices.get(model);
        return price == null ? usage : usage.priced(price.of(usage));
    }

    public boolean hasPrice(String model) {
        return prices.containsKey(model);
    }

    /** Billionths of a dollar for one token: a dollar for a million tokens is 1,000 of them. */
    private record Price(
            long input, long output, long cacheRead, long cacheWrite5m, long cacheWrite1h, long webSearch) {
        Price(JsonNode usdPerMillion) {
            this(
                    nano(usdPerMillion, "input", 1_000),
                    nano(usdPerMillion, "output", 1_000),
                    nano(usdPerMillion, "cache_read", 1_000),
                    nano(usdPerMillion, "cache_write_5m", 1_000),
                    nano(usdPerMillion, "cache_write_1h", 1_000),
                    nano(usdPerMillion, "web_search_usd_per_1000", 1_000_000));
        }

        private static long nano(JsonNode prices, String name, long scale) {
            return new BigDecimal(prices.path(name).asText("0"))
                    .multiply(BigDecimal.valueOf(scale))
                    .longValueExact();
        }

        long of(Usage usage) {
            return usage.input() * input
                    + usage.output() * output
                    + usage.cacheRead() * cacheRead
                    + usage.cacheWrite5m() * cacheWrite5m
                    + usage.cacheWrite1h() * cacheWrite1h
                    + usage.webSearches() * webSearch;
        }
    }
}
