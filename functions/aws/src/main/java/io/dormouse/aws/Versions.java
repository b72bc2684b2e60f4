package io.dormouse.aws;

import static io.dormouse.aws.Items.VERSION;
import static io.dormouse.aws.Items.item;
import static io.dormouse.aws.Items.n;
import static io.dormouse.aws.Items.s;

import io.dormouse.aws.Writes.Outcome;
import io.dormouse.aws.Writes.Trace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/**
 * Items that are swapped from one version to the next. Each write leaves a random mark in the slot of its version, so that
 * it knows itself even when others have written on top of it since.
 */
final class Versions {
    /**
     * How many writes back an item remembers. A write whose answer was lost asks again within seconds; a busy head sees a
     * swap or two in a second.
     */
    static final int SLOTS = 8;

    private final DynamoDbClient client;
    private final String table;
    private final Writes writes;
    private final RandomGenerator random;

    Versions(Table table, RandomGenerator random) {
        this.client = table.client();
        this.table = table.name();
        this.writes = new Writes(table);
        this.random = random;
    }

    Map<String, AttributeValue> read(Map<String, AttributeValue> key) {
        return writes.read(key);
    }

    /** Writes a whole item where there is none, or a dead one. @param dead the same as {@code isDead}, for the table */
    Outcome create(
            Map<String, AttributeValue> key,
            long version,
            Map<String, AttributeValue> attributes,
            Condition dead,
            Predicate<Map<String, AttributeValue>> isDead) {
        String mark = mark();
        Map<String, AttributeValue> whole = item(key, attributes, Map.of(VERSION, n(version), slot(version), s(mark)));
        return writes.write(
                key,
                () -> client.putItem(put -> {
                    put.tableName(table)
                            .item(whole)
                            .conditionExpression("attribute_not_exists(pk)" + dead.or())
                            .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD);
                    if (!dead.values().isEmpty()) put.expressionAttributeValues(dead.values());
                }),
                there -> !there.isEmpty() && isDead.test(there) ? Trace.NONE : trace(there, version, mark));
    }

    /**
     * Writes over the version that was seen.
     *
     * @param attributes all that the item shall have beside key, version and marks
     * @param optional names that the item shall not have unless they are among the attributes
     */
    Outcome swap(
            Map<String, AttributeValue> key,
            long seen,
            long version,
            Map<String, AttributeValue> attributes,
            List<String> optional,
            Condition alive) {
        String mark = mark();
        Map<String, AttributeValue> set = item(attributes, Map.of(VERSION, n(version), slot(version), s(mark)));
        Map<String, String> names = new HashMap<>();
        Map<String, AttributeValue> values = new HashMap<>(alive.values());
        List<String> sets = new ArrayList<>();
        List<String> removes = new ArrayList<>();
        set.forEach((name, value) -> {
            names.put("#" + name, name);
            values.put(":" + name, value);
            sets.add("#" + name + " = :" + name);
        });
        for (String name : optional)
            if (!set.containsKey(name)) {
                names.put("#" + name, name);
                removes.add("#" + name);
            }
        values.put(":seen", n(seen));
        String update =
                "SET " + String.join(", ", sets) + (removes.isEmpty() ? "" : " REMOVE " + String.join(", ", removes));
        return writes.write(
                key,
                () -> client.updateItem(u -> u.tableName(table)
                        .key(key)
                        .updateExpression(update)
                        .conditionExpression("#version = :seen" + alive.and())
                        .expressionAttributeNames(names)
                        .expressionAttributeValues(values)
                        .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)),
                there -> there.isEmpty() ? Trace.OTHERS : trace(there, version, mark));
    }

    private static Trace trace(Map<String, AttributeValue> item, long version, String mark) {
        if (mark.equals(Items.textOrNull(item, slot(version)))) return Trace.OURS;
        if (item.isEmpty()) return Trace.NONE;
        long there = Items.number(item, VERSION);
        return there < version || there >= version + SLOTS ? Trace.NONE : Trace.OTHERS;
    }

    private static String slot(long version) {
        return "m" + Math.floorMod(version, SLOTS);
    }

    private String mark() {
        return Long.toUnsignedString(random.nextLong(), Character.MAX_RADIX);
    }

    /** A part of a condition, with its values. {@link #NONE} adds nothing. */
    record Condition(String text, Map<String, AttributeValue> values) {
        static final Condition NONE = new Condition("", Map.of());

        private String or() {
            return text.isEmpty() ? "" : " OR " + text;
        }

        private String and() {
            return text.isEmpty() ? "" : " AND " + text;
        }
    }
}
