package io.dormouse.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;

/** What a session may spend in all, at list prices. @param maxCents whole cents of a US dollar, at least one */
public record Budget(long maxCents) {
    public static final long NANO_USD_PER_CENT = 10_000_000;

    /** A billion dollars: in billionths it is far from the end of a long. */
    public static final long MOST_CENTS = 100_000_000_000L;

    public long nanoUsd() {
        return maxCents * NANO_USD_PER_CENT;
    }

    /** As the wire API tells it: {@code {"type":"limit","max_list_cost":{"amount":"250","currency":"USD"}}}. */
    public ObjectNode wire() {
        ObjectNode wire = Json.object().put("type", "limit");
        wire.putObject("max_list_cost").put("amount", Long.toString(maxCents)).put("currency", "USD");
        return wire;
    }

    /** Of what {@link #wire} made; null for null. */
    public static Budget of(JsonNode wire) {
        return wire.isNull()
                ? null
                : new Budget(
                        Long.parseLong(wire.path("max_list_cost").path("amount").textValue()));
    }

    /** Whether the budget is another one, or there is none, from this input on. */
    public static boolean changedBy(Input input) {
        return input instanceof Input.Updated updated && updated.changes().has("budget");
    }

    /** The budget (null for none) once an input is told. */
    public static Budget after(Budget before, Input input) {
        return changedBy(input) ? of(((Input.Updated) input).changes().get("budget")) : before;
    }
}
