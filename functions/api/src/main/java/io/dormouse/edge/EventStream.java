package io.dormouse.edge;

import com.fasterxml.jackson.databind.JsonNode;

/** Server-sent events to one client, from the one thread that feeds them. A slow client makes a call wait. */
public interface EventStream {
    default boolean send(String name, JsonNode data) {
        return send(name, null, data);
    }

    /**
     * Sends one event.
     *
     * @param name of the {@code event:} line
     * @param id of the {@code id:} line, with which a client can come back; null for none
     * @return false when the client is gone
     */
    boolean send(String name, String id, JsonNode data);

    /** Tells the client, and everything in between, that the stream lives. False when the client is gone. */
    boolean ping();

    /** Whether the client is still there, as far as we know. */
    boolean open();
}
