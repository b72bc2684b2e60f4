package io.dormouse.web;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.outbound.Outbound.Caller;
import io.dormouse.pace.Cancellation;

/** The web. Whatever a server or a network does is an answer. */
public interface Web {
    /** Gets one page. Returns when it is there, or soon after a cancellation was requested. May be repeated. */
    Answer fetch(Caller caller, String url, FetchRules rules, Cancellation cancellation);

    sealed interface Answer {
        /** @param content array of content blocks, as a model may be sent them, no longer than the rules say */
        record Page(JsonNode content) implements Answer {}

        /** @param message for the model */
        record Failed(String message) implements Answer {}

        record Cancelled() implements Answer {}
    }

    /** Where there is no way out. */
    Web NONE = (caller, url, rules, cancellation) -> new Answer.Failed("The web cannot be reached from here.");
}
