package io.dormouse.messages;

import io.dormouse.prompt.Catalog;
import java.util.Map;

/**
 * What sessions have of the models behind the Messages API.
 *
 * @param contextWindow tokens: no model has a larger window
 * @param webSearch whether the provider searches the web for them
 */
public record Offer(int contextWindow, boolean webSearch) {
    /** The definitions of the built-in tools and a short exchange fit into this. */
    private static final int SMALLEST_WINDOW = 8_000;

    private static final String SEARCHES = "api.anthropic.com";

    /**
     * {@code DORMOUSE_CONTEXT_WINDOW}, tokens, and {@code DORMOUSE_WEB_SEARCH}, 1 or 0, which is what the API of Anthropic has
     * and others may have.
     *
     * @param model null for one that is no LLM
     * @throws IllegalArgumentException that names the variable
     */
    public static Offer of(Map<String, String> environment, Provider model) {
        return new Offer(
                contextWindow(
                        environment.getOrDefault("DORMOUSE_CONTEXT_WINDOW", "").trim()),
                webSearch(environment.getOrDefault("DORMOUSE_WEB_SEARCH", "").trim(), model));
    }

    private static int contextWindow(String text) {
        if (text.isEmpty()) return Integer.MAX_VALUE;
        try {
            int tokens = Integer.parseInt(text);
            if (tokens >= SMALLEST_WINDOW) return tokens;
        } catch (NumberFormatException e) {
            // Refused below.
        }
        throw new IllegalArgumentException(
                "DORMOUSE_CONTEXT_WINDOW must be a number of tokens, " + SMALLEST_WINDOW + " or more");
    }

    private static boolean webSearch(String text, Provider model) {
        return switch (text) {
            case "" -> model != null && SEARCHES.equals(model.base().getHost());
            case "0" -> false;
            case "1" -> true;
            default -> throw new IllegalArgumentException("DORMOUSE_WEB_SEARCH must be 0 or 1");
        };
    }

    public Catalog catalog() {
        return Catalog.bundled().narrowed(contextWindow).searching(webSearch);
    }
}
