package io.dormouse.web;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.outbound.HttpUrl;
import java.util.Optional;

/**
 * What an agent may fetch.
 *
 * @param config of {@code web_fetch} in the agent's toolset, resolved; an empty object for none
 */
public record FetchRules(JsonNode config) {
    /** Longer texts are cut, whatever the config says. */
    public static final int MAX_TOKENS = 100_000;

    public int maxTokens() {
        return Math.min(MAX_TOKENS, config.path("max_content_tokens").asInt(MAX_TOKENS));
    }

    /** Why the agent may not fetch anything at all, or null. */
    public String closed() {
        for (JsonNode source : config.path("url_sources"))
            if (!source.path("type").asText().equals("all"))
                return "This agent may fetch URLs of certain sources only (url_sources), which is not supported here:"
                        + " nothing is fetched.";
        return null;
    }

    /** Why not, or null. Holds for every hop of a redirect. */
    public String refusal(HttpUrl url) {
        JsonNode allowed = config.path("allowed_domains");
        if (!allowed.isEmpty() && !named(allowed, url, true))
            return "This agent may not fetch from " + url.host() + ": it is not among the allowed domains.";
        if (named(config.path("blocked_domains"), url, false))
            return "This agent may not fetch from " + url.host() + ": the domain is blocked.";
        return null;
    }

    /** @param allowing what is in doubt is not named then, and named otherwise */
    private static boolean named(JsonNode domains, HttpUrl url, boolean allowing) {
        for (JsonNode domain : domains) {
            Optional<Domain> known = Domain.parse(domain.asText());
            if (known.map(d -> d.holds(url, allowing)).orElse(!allowing)) return true;
        }
        return false;
    }
}
