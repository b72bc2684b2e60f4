package io.dormouse.edge;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.resource.Contents;

/** What a handler hands back. */
public sealed interface Answer {
    record Json(int status, JsonNode body) implements Answer {}

    /** Server-sent events. Whatever can be refused is refused before this is returned: by then the status is 200. */
    record Stream(Feed feed) implements Answer {}

    /** JSON lines. What cannot be sent to its end is broken off, so that the client sees that it is not whole. */
    record Lines(LineFeed feed) implements Answer {}

    /** The content of a file. Whoever sends it closes it. */
    record File(String filename, Contents.Content content) implements Answer {}

    /** Writes the lines of one answer, which ends when it returns. */
    @FunctionalInterface
    interface LineFeed {
        void feed(LineStream out) throws Exception;
    }

    /** Writes the events of one stream; the stream ends when it returns. */
    @FunctionalInterface
    interface Feed {
        void feed(EventStream out) throws Exception;
    }

    static Answer ok(JsonNode body) {
        return new Json(200, body);
    }
}
