package io.dormouse.edge;

import io.dormouse.wire.Refused;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The query of a request. Lists come as a repeated key, with or without {@code []}; ranges as {@code created_at[gte]}.
 * Unknown parameters are never looked at, so they are ignored. Every getter refuses a wrong value with the parameter's
 * name.
 */
public final class Query {
    public static final Query EMPTY = new Query(Map.of());
    private static final int MAX_PARAMETERS = 1000;
    private static final Instant YEAR_10000 = Instant.parse("+10000-01-01T00:00:00Z");
    private static final Instant YEAR_0 = Instant.parse("0000-01-01T00:00:00Z");

    private final Map<String, List<String>> values;

    private Query(Map<String, List<String>> values) {
        this.values = values;
    }

    /** @param raw as on the wire, without the question mark; null for none */
    public static Query parse(String raw) {
        if (raw == null || raw.isEmpty()) return EMPTY;
        Map<String, List<String>> values = new HashMap<>();
        int count = 0;
        for (int start = 0; start <= raw.length(); ) {
            int ampersand = raw.indexOf('&', start);
            int stop = ampersand < 0 ? raw.length() : ampersand;
            if (stop > start) {
                if (++count > MAX_PARAMETERS)
                    throw Refused.invalid("query: at most " + MAX_PARAMETERS + " parameters are allowed");
                int equals = raw.indexOf('=', start);
                boolean bare = equals < 0 || equals > stop;
                String key = decoded(raw.substring(start, bare ? stop : equals));
                String value = bare ? "" : decoded(raw.substring(equals + 1, stop));
                if (key.endsWith("[]")) key = key.substring(0, key.length() - 2);
                values.computeIfAbsent(key, k -> new ArrayList<>(1)).add(value);
            }
            start = stop + 1;
        }
        return new Query(values);
    }

    private static String decoded(String text) {
        String value = RouteTable.decode(text.replace('+', ' '));
        if (value == null) throw Refused.invalid("query: a percent sign must be followed by two hexadecimal digits");
        return value;
    }

    /** The first value, or null when the parameter is absent or empty. */
    public String text(String name) {
        List<String> all = values.get(name);
        return all == null || all.getFirst().isEmpty() ? null : all.getFirst();
    }

    /** All values in their order; empty when absent. */
    public List<String> texts(String name) {
        return values.getOrDefault(name, List.of());
    }

    /** All values, each of which must be one of {@code allowed}. */
    public List<String> texts(String name, List<String> allowed) {
        List<String> all = texts(name);
        for (String value : all) if (!allowed.contains(value)) throw notOneOf(name, allowed);
        return all;
    }

    public int integer(String name, int absent, int min, int max) {
        String value = text(name);
        if (value == null) return absent;
        try {
            int number = Integer.parseInt(value);
            if (number >= min && number <= max) return number;
        } catch (NumberFormatException e) {
            // Refused below, like a number out of range.
        }
        throw Refused.invalid(name + ": must be an integer between " + min + " and " + max);
    }

    public boolean flag(String name, boolean absent) {
        String value = text(name);
        if (value == null) return absent;
        return switch (value) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw Refused.invalid(name + ": must be true or false");
        };
    }

    /** Null when absent. */
    public Instant instant(String name) {
        String value = text(name);
        if (value == null) return null;
        try {
            // A plus sign that was not percent-encoded has become a space.
            Instant instant = OffsetDateTime.parse(value.replace(' ', '+')).toInstant();
            if (!instant.isBefore(YEAR_0) && instant.isBefore(YEAR_10000)) return instant;
        } catch (DateTimeException e) {
            // Refused below.
        }
        throw Refused.invalid(name + ": must be an RFC 3339 timestamp, for example 2026-01-31T09:00:00Z");
    }

    public String oneOf(String name, String absent, List<String> allowed) {
        String value = text(name);
        if (value == null) return absent;
        if (!allowed.contains(value)) throw notOneOf(name, allowed);
        return value;
    }

    private static Refused notOneOf(String name, List<String> allowed) {
        return Refused.invalid(name + ": must be one of " + String.join(", ", allowed));
    }
}
