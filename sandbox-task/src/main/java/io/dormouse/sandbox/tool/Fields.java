package io.dormouse.sandbox.tool;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reads the fields of one tool call's input. A missing or mistyped field is not an exception: the first such problem is
 * kept, the getter answers a harmless value, and the caller looks at {@link #problem()} once at the end.
 */
public final class Fields {
    private final JsonNode input;
    private String problem;

    public Fields(JsonNode input) {
        this.input = input;
        if (!input.isObject()) {
            problem = "the input must be a JSON object";
        }
    }

    /** A required string. */
    public String text(String name) {
        JsonNode node = input.path(name);
        if (node.isTextual()) {
            return node.textValue();
        }
        return complain(name, absent(node) ? "is required" : "must be a string", "");
    }

    /** A string that may be left out. */
    public Optional<String> optionalText(String name) {
        return absent(input.path(name)) ? Optional.empty() : Optional.of(text(name));
    }

    /** A boolean that is false when left out. */
    public boolean flag(String name) {
        JsonNode node = input.path(name);
        if (absent(node) || node.isBoolean()) {
            return node.asBoolean();
        }
        return complain(name, "must be true or false", false);
    }

    /** A whole number of at least one that may be left out. */
    public OptionalLong optionalPositive(String name) {
        JsonNode node = input.path(name);
        if (absent(node)) {
            return OptionalLong.empty();
        }
        if (node.isIntegralNumber() && node.canConvertToLong() && node.longValue() > 0) {
            return OptionalLong.of(node.longValue());
        }
        return complain(name, "must be a whole number above 0", OptionalLong.empty());
    }

    /** A pair of whole numbers that may be left out. */
    public Optional<long[]> optionalPair(String name) {
        JsonNode node = input.path(name);
        if (absent(node)) {
            return Optional.empty();
        }
        if (node.isArray() && node.size() == 2 && wholeNumber(node.get(0)) && wholeNumber(node.get(1))) {
            return Optional.of(new long[] {node.get(0).longValue(), node.get(1).longValue()});
        }
        return complain(name, "must be two whole numbers, [start, end]", Optional.empty());
    }

    /** The first problem met so far, as a sentence for the model. */
    public Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    private static boolean absent(JsonNode node) {
        return node.isMissingNode() || node.isNull();
    }

    private static boolean wholeNumber(JsonNode node) {
        return node.isIntegralNumber() && node.canConvertToLong();
    }

    private <T> T complain(String name, String what, T harmless) {
        if (problem == null) {
            problem = "`" + name + "` " + what;
        }
        return harmless;
    }
}
