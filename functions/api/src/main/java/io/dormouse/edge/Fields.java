package io.dormouse.edge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.wire.ApiError;
import io.dormouse.wire.Refused;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads the fields of a JSON object that came from outside. Every refusal names the field by its path, for example {@code
 * tools.0.name: must be …}. Unknown fields are never looked at. Lengths count code points.
 */
public final class Fields {
    private static final int MAX_METADATA_PAIRS = 16;
    private static final int MAX_METADATA_KEY = 64;
    private static final int MAX_METADATA_VALUE = 512;

    private final ObjectNode node;
    /** Empty, or ends with a dot. */
    private final String path;

    private Fields(ObjectNode node, String path) {
        this.node = node;
        this.path = path;
    }

    public static Fields of(ObjectNode node) {
        return new Fields(node, "");
    }

    /** Whether the field is there, be it null. */
    public boolean has(String name) {
        return node.has(name);
    }

    /** Whether the field is there and not null. */
    public boolean given(String name) {
        return node.hasNonNull(name);
    }

    /** Java's null when the field is absent or null. */
    public JsonNode raw(String name) {
        JsonNode value = node.get(name);
        return value == null || value.isNull() ? null : value;
    }

    /** The whole object, for what is kept as it came. */
    public ObjectNode node() {
        return node;
    }

    /** Refuses this field. @param what for example {@code must be a string} */
    public Refused refuse(String name, String what) {
        return Refused.invalid(path + name + ": " + what);
    }

    private JsonNode required(String name) {
        JsonNode value = node.get(name);
        if (value == null) throw refuse(name, "is required");
        if (value.isNull()) throw refuse(name, "must not be null");
        return value;
    }

    public String text(String name, int min, int max) {
        return text(name, required(name), min, max);
    }

    /** Null when absent, null or empty: an empty text clears. */
    public String textOrNull(String name, int max) {
        JsonNode value = raw(name);
        if (value == null) return null;
        String text = text(name, value, 0, max);
        return text.isEmpty() ? null : text;
    }

    private String text(String name, JsonNode value, int min, int max) {
        if (!value.isTextual()) throw refuse(name, "must be a string");
        String text = value.textValue();
        if (text.length() < min)
            throw refuse(name, min == 1 ? "must not be empty" : "must have at least " + min + " characters");
        if (text.length() > max && text.codePointCount(0, text.length()) > max)
            throw refuse(name, "must have at most " + max + " characters");
        return text;
    }

    public String oneOf(String name, List<String> allowed) {
        JsonNode value = required(name);
        if (!value.isTextual() || !allowed.contains(value.textValue()))
            throw refuse(name, "must be one of " + String.join(", ", allowed));
        return value.textValue();
    }

    /** @param absent what an absent field, or null, means */
    public String oneOf(String name, String absent, List<String> allowed) {
        return given(name) ? oneOf(name, allowed) : absent;
    }

    /** @param absent what an absent field, or null, means */
    public boolean flag(String name, boolean absent) {
        JsonNode value = raw(name);
        if (value == null) return absent;
        if (!value.isBoolean()) throw refuse(name, "must be true or false");
        return value.booleanValue();
    }

    /** Null when absent or null. */
    public Integer integerOrNull(String name, int min, int max) {
        JsonNode value = raw(name);
        if (value == null) return null;
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < min || value.intValue() > max)
            throw refuse(
                    name,
                    max == Integer.MAX_VALUE
                            ? "must be an integer of at least " + min
                            : "must be an integer between " + min + " and " + max);
        return value.intValue();
    }

    public Fields object(String name) {
        return object(name, required(name));
    }

    /** Java's null when absent or null. */
    public Fields objectOrNull(String name) {
        JsonNode value = raw(name);
        return value == null ? null : object(name, value);
    }

    private Fields object(String name, JsonNode value) {
        if (!(value instanceof ObjectNode object)) throw refuse(name, "must be an object");
        return new Fields(object, path + name + ".");
    }

    /** The objects of a list; empty when absent or null. */
    public List<Fields> objects(String name, int max) {
        ArrayNode items = items(name, max);
        List<Fields> objects = new ArrayList<>(items.size());
        for (int i = 0; i < items.size(); i++) objects.add(object(name + "." + i, items.get(i)));
        return objects;
    }

    /** The strings of a list; empty when absent or null. */
    public List<String> texts(String name, int max, int maxLength) {
        ArrayNode items = items(name, max);
        List<String> texts = new ArrayList<>(items.size());
        for (int i = 0; i < items.size(); i++) texts.add(text(name + "." + i, items.get(i), 1, maxLength));
        return texts;
    }

    private ArrayNode items(String name, int max) {
        JsonNode value = raw(name);
        if (value == null) return Json.array();
        if (!(value instanceof ArrayNode items)) throw refuse(name, "must be a list");
        if (items.size() > max) throw refuse(name, "must have at most " + max + " items");
        return items;
    }

    /** The metadata of something new. */
    public ObjectNode metadata() {
        return metadata(Json.object(), false);
    }

    /**
     * Metadata after a merge patch: a text sets a key, null removes it, what is not named stays.
     *
     * @param emptyRemoves whether an empty text removes too
     */
    public ObjectNode metadata(ObjectNode before, boolean emptyRemoves) {
        Fields patch = objectOrNull("metadata");
        if (patch == null) return before;
        ObjectNode after = before.deepCopy();
        for (Map.Entry<String, JsonNode> pair : patch.node.properties()) {
            String key = pair.getKey();
            JsonNode value = pair.getValue();
            if (value.isNull()
                    || emptyRemoves && value.isTextual() && value.textValue().isEmpty()) {
                after.remove(key);
                continue;
            }
            if (key.isEmpty() || key.codePointCount(0, key.length()) > MAX_METADATA_KEY)
                throw metadata("keys must have 1 to " + MAX_METADATA_KEY + " characters");
            if (!value.isTextual()) throw metadata("the value of " + key + " must be a string");
            String text = value.textValue();
            if (text.codePointCount(0, text.length()) > MAX_METADATA_VALUE)
                throw metadata("the value of " + key + " must have at most " + MAX_METADATA_VALUE + " characters");
            after.put(key, text);
        }
        if (after.size() > MAX_METADATA_PAIRS) throw metadata("at most " + MAX_METADATA_PAIRS + " pairs are allowed");
        return after;
    }

    private Refused metadata(String what) {
        return new Refused(new ApiError.Invalid(path + "metadata: " + what, "invalid_metadata"));
    }
}
