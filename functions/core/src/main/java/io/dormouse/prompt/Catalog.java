package io.dormouse.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.agents.AgentSpec;
import io.dormouse.json.Json;
import io.dormouse.session.Fact;
import io.dormouse.session.Tariff;
import io.dormouse.session.Tokens;
import io.dormouse.session.Usage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is known of models: windows, limits and list prices, from one resource file, {@code models.json}. */
public final class Catalog {
    /** For a model that nobody described. */
    private static final int UNKNOWN_MAX_TOKENS = 16_384;

    private static final int UNKNOWN_WINDOW = 200_000;

    /** Of the room that a reply leaves. The rest is for what a tool may bring before the model is asked again. */
    private static final int CONTEXT_PERCENT = 80;

    /** A reply longer than this is rather a runaway than an answer. */
    private static final int REPLY_TOKENS = 32_000;

    /** So often may the model's provider search the web within one request, where a budget has to hold. */
    static final int SEARCHES = 5;

    private final Map<String, JsonNode> models = new LinkedHashMap<>();
    private final Map<String, Prices> prices = new HashMap<>();
    /** Of a model that nobody described; null when that is unknown. */
    private final Prices otherPrices;

    private final JsonNode file;
    private final int widest;
    private final boolean searches;

    /** @param file the content of the file: {@code models}, an array, newest first, and the price of web searches */
    public Catalog(JsonNode file) {
        this(file, Integer.MAX_VALUE, false);
    }

    private Catalog(JsonNode file, int widest, boolean searches) {
        this.searches = searches;
        this.file = file;
        this.widest = widest;
        for (JsonNode model : file.path("models")) {
            String id = model.path("id").asText();
            models.put(id, model);
            if (model.hasNonNull("prices")) prices.put(id, Prices.of(model, file));
        }
        otherPrices = file.hasNonNull("default_prices")
                ? Prices.of(Json.object().set("prices", file.get("default_prices")), file)
                : null;
    }

    public static Catalog bundled() {
        try (InputStream in = Catalog.class.getResourceAsStream("models.json")) {
            return new Catalog(Json.MAPPER.readTree(in));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same models, none with a larger window: long conversations cost less, and short ones try out what long ones do. */
    public Catalog narrowed(int tokens) {
        return new Catalog(file, tokens, searches);
    }

    /** The same models, from a provider that searches the web for them, or from one that does not. */
    public Catalog searching(boolean does) {
        return new Catalog(file, widest, does);
    }

    /** Whether the models' provider has the server tool {@code web_search_20250305}. */
    public boolean searches() {
        return searches;
    }

    /** Of every model that is described, newest first. */
    public List<String> ids() {
        return List.copyOf(models.keySet());
    }

    /** Null when it is not described. */
    public JsonNode model(String id) {
        return models.get(id);
    }

    /** The {@code max_tokens} to ask for. */
    public int replyTokens(String model) {
        JsonNode known = models.get(model);
        int tokens = known == null
                ? UNKNOWN_MAX_TOKENS
                : Math.min(known.path("max_tokens").asInt(UNKNOWN_MAX_TOKENS), REPLY_TOKENS);
        return Math.min(tokens, Math.max(1, window(model) / 4));
    }

    /** Tokens that a prompt and its reply may have together. */
    public int window(String model) {
        JsonNode known = models.get(model);
        int window =
                known == null ? UNKNOWN_WINDOW : known.path("max_input_tokens").asInt(UNKNOWN_WINDOW);
        return Math.min(window, widest);
    }

    /** Tokens of a prompt above which the history is summarised before the model is asked. */
    public long contextLimit(String model) {
        return (long) (window(model) - replyTokens(model)) * CONTEXT_PERCENT / 100;
    }

    /** Whether the model takes system messages in the middle of a conversation. A model nobody described is let try. */
    public boolean takesSystemMessages(String model) {
        JsonNode known = models.get(model);
        return known == null || known.path("system_messages").asBoolean(false);
    }

    /** The usage with its list price; 0 for a model without one. */
    public Usage priced(String model, Usage usage) {
        Prices of = prices(model);
        return of == null ? usage : usage.priced(of.nanoUsd(usage));
    }

    private Prices prices(String model) {
        Prices known = prices.get(model);
        return known != null || models.containsKey(model) ? known : otherPrices;
    }

    /** Whether the list price of every request of this agent is known. A reply at higher speed has another one. */
    public boolean knowsPrice(AgentSpec agent) {
        return prices(agent.modelId()) != null && !agent.fast();
    }

    /** What a request of this agent can cost; null when nobody knows. */
    public Tariff tariff(AgentSpec agent) {
        if (!knowsPrice(agent)) return null;
        String model = agent.modelId();
        Prices of = prices(model);
        long fixed = agent.system() == null ? 0 : Tokens.most(agent.system());
        fixed += Tokens.most(agent.definitions(searches));
        return new Tariff(
                of.usual().dearest(),
                of.dearest(),
                of.longOver(),
                models.containsKey(model)
                        ? models.get(model).path("max_input_tokens").asLong(UNKNOWN_WINDOW)
                        : UNKNOWN_WINDOW,
                replyTokens(model),
                fixed,
                searches && agent.searches() ? SEARCHES : 0,
                of.usual().webSearch());
    }

    /**
     * The same usage with the most that the request may have cost, whose end nobody saw.
     *
     * @param told before the end
     * @param reserved what it was made for
     */
    public Usage atMost(AgentSpec agent, Usage told, Fact.Reserved reserved) {
        // A provider that searches goes on reading.
        if (told.promptTokens() == 0 || searches && agent.searches()) return told.priced(reserved.nanoUsd());
        String model = agent.modelId();
        int reply = reserved.maxTokens() > 0 ? reserved.maxTokens() : replyTokens(model);
        Usage whole = new Usage(
                told.input(),
                Math.max(told.output(), reply),
                told.cacheRead(),
                told.cacheWrite5m(),
                told.cacheWrite1h(),
                told.webSearches(),
                0);
        return told.priced(priced(model, whole).listNanoUsd());
    }

    /** @param longPrompt what everything costs when the prompt has more tokens than {@code longOver} */
    private record Prices(Price usual, Price longPrompt, long longOver) {
        static Prices of(JsonNode model, JsonNode file) {
            Price usual = new Price(model.get("prices"), file);
            JsonNode longer = model.path("long_prompt");
            return longer.isMissingNode()
                    ? new Prices(usual, usual, Long.MAX_VALUE)
                    : new Prices(
                            usual,
                            new Price(longer.path("prices"), file),
                            longer.path("over_tokens").asLong());
        }

        long nanoUsd(Usage usage) {
            return (usage.promptTokens() > longOver ? longPrompt : usual).nanoUsd(usage);
        }

        /** Whichever is dearer: a prompt that is thought to be long may turn out to be short. */
        Tariff.Rates dearest() {
            Tariff.Rates one = usual.dearest();
            Tariff.Rates other = longPrompt.dearest();
            return new Tariff.Rates(Math.max(one.prompt(), other.prompt()), Math.max(one.reply(), other.reply()));
        }
    }

    /** Billionths of a dollar for one token: a dollar for a million tokens is 1,000 of them. */
    private record Price(
            long input, long output, long cacheRead, long cacheWrite5m, long cacheWrite1h, long webSearch) {
        Price(JsonNode usdPerMillion, JsonNode file) {
            this(
                    nano(usdPerMillion, "input", 1_000),
                    nano(usdPerMillion, "output", 1_000),
                    nano(usdPerMillion, "cache_read", 1_000),
                    nano(usdPerMillion, "cache_write_5m", 1_000),
                    nano(usdPerMillion, "cache_write_1h", 1_000),
                    nano(file, "web_search_usd_per_1000", 1_000_000));
        }

        private static long nano(JsonNode prices, String name, long scale) {
            return new BigDecimal(prices.path(name).asText("0"))
                    .multiply(BigDecimal.valueOf(scale))
                    .longValueExact();
        }

        Tariff.Rates dearest() {
            long prompt = Math.max(Math.max(input, cacheRead), Math.max(cacheWrite5m, cacheWrite1h));
            return new Tariff.Rates(prompt, output);
        }

        long nanoUsd(Usage usage) {
            return usage.input() * input
                    + usage.output() * output
                    + usage.cacheRead() * cacheRead
                    + usage.cacheWrite5m() * cacheWrite5m
                    + usage.cacheWrite1h() * cacheWrite1h
                    + usage.webSearches() * webSearch;
        }
    }
}
