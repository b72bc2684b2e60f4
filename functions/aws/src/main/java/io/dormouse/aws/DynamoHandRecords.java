package io.dormouse.aws;

import static io.dormouse.aws.Items.key;
import static io.dormouse.aws.Items.s;

import io.dormouse.aws.Versions.Condition;
import io.dormouse.aws.Writes.Outcome;
import io.dormouse.hands.HandId;
import io.dormouse.hands.fargate.HandRecord;
import io.dormouse.hands.fargate.HandRecords;
import io.dormouse.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Records of hands in DynamoDB: {@code HAND#main}, beside the head of the thread that they are of. */
public final class DynamoHandRecords implements HandRecords {
    private static final String HAND = "hand";

    private final Table table;
    private final Versions versions;

    /** @param random marks writes, and must not repeat itself; safe for many threads */
    public DynamoHandRecords(Table table, RandomGenerator random) {
        this.table = table;
        this.versions = new Versions(table, random);
    }

    @Override
    public Optional<HandRecord> read(HandId hand) {
        return record(versions.read(keyOf(hand)));
    }

    @Override
    public Swapped create(HandRecord first) {
        return swapped(versions.create(
                keyOf(first.hand()), first.version(), attributes(first), Condition.NONE, there -> false));
    }

    @Override
    public Swapped swap(HandRecord before, HandRecord after) {
        if (!before.hand().equals(after.hand())) throw new IllegalArgumentException("a swap is of one hand's record");
        return swapped(versions.swap(
                keyOf(after.hand()), before.version(), after.version(), attributes(after), List.of(), Condition.NONE));
    }

    @Override
    public void delete(HandId hand) {
        table.client().deleteItem(delete -> delete.tableName(table.name()).key(keyOf(hand)));
    }

    private static Swapped swapped(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Written w -> new Swapped.Done();
            case Outcome.Refused refused -> new Swapped.Changed(record(refused.item()));
        };
    }

    private static Map<String, AttributeValue> keyOf(HandId hand) {
        return key(Items.thread(hand.thread()), "HAND#main");
    }

    private static Map<String, AttributeValue> attributes(HandRecord record) {
        return Map.of(HAND, s(Json.text(record)));
    }

    private static Optional<HandRecord> record(Map<String, AttributeValue> item) {
        return item.isEmpty()
                ? Optional.empty()
                : Optional.of(Json.read(item.get(HAND).s().getBytes(StandardCharsets.UTF_8), HandRecord.class));
    }
}
