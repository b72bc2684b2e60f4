package io.dormouse.cost;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Published prices of one region, in {@code prices.json}. */
final class Prices {
    private final JsonNode table;

    private Prices(JsonNode table) {
        this.table = table;
    }

    static Prices published() {
        try (InputStream text = Prices.class.getResourceAsStream("prices.json")) {
            return new Prices(new ObjectMapper().readTree(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String region() {
        return table.path("region").asText();
    }

    String asOf() {
        return table.path("asOf").asText();
    }

    /** Of so much of an item, in dollars. */
    double of(String item, double amount) {
        JsonNode price = table.path("prices").path(item);
        if (price.isMissingNode()) throw new IllegalArgumentException("no price for " + item);
        return amount * price.path("usd").asDouble() / price.path("per").asDouble();
    }

    record Price(String item, double usd, double per, String unit) {}

    List<Price> all() {
        List<Price> all = new ArrayList<>();
        table.path("prices")
                .properties()
                .forEach(entry -> all.add(new Price(
                        entry.getKey(),
                        entry.getValue().path("usd").asDouble(),
                        entry.getValue().path("per").asDouble(),
                        entry.getValue().path("unit").asText())));
        return all;
    }
}
