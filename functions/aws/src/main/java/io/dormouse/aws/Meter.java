package io.dormouse.aws;

import static io.dormouse.aws.Items.ARCHIVED;
import static io.dormouse.aws.Items.ENDS_AT;
import static io.dormouse.aws.Items.LISTED;
import static io.dormouse.aws.Items.OWED_AT;
import static io.dormouse.aws.Items.OWES;
import static io.dormouse.aws.Items.PK;
import static io.dormouse.aws.Items.SK;
import static io.dormouse.aws.Items.sizeBytes;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemResponse;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemResponse;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.GetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.PutItemResponse;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemResponse;

/**
 * Counts requests and capacity units of everything that a client does, from the sizes of items and the service's published
 * rules: a write costs a unit for each kilobyte begun, of the old item or the new one, whichever is larger, and again for
 * each index that it changes; a strong read costs a unit for each 4 KB begun, an eventual one half of it, a query by the
 * sum of what it read. It asks writes for the old item, which costs nothing but the transfer.
 *
 * <p>Two counts are lower bounds: a batch of deletes counts one unit a delete, and a projected query what it returned.
 */
public final class Meter implements ExecutionInterceptor {
    private static final int WRITE_BYTES = 1024;
    private static final int READ_BYTES = 4096;
    private static final List<List<String>> INDEXES =
            List.of(List.of(OWES, OWED_AT), List.of(PK, LISTED, ARCHIVED, ENDS_AT));
    /** How many of the names above, from the first, are the key of the index: an item without them is not in it. */
    private static final int INDEX_KEYS = 2;

    /** @param requests as sent, each retry again */
    public record Use(long requests, double writeUnits, double readUnits) {
        static final Use NONE = new Use(0, 0, 0);

        Use plus(Use more) {
            return new Use(requests + more.requests, writeUnits + more.writeUnits, readUnits + more.readUnits);
        }
    }

    private final Map<String, Use> uses = new ConcurrentHashMap<>();

    /** By the name of the operation, for example {@code PutItem}. */
    public Map<String, Use> byOperation() {
        return new TreeMap<>(uses);
    }

    public Use total() {
        return uses.values().stream().reduce(Use.NONE, Use::plus);
    }

    public void reset() {
        uses.clear();
    }

    @Override
    public SdkRequest modifyRequest(Context.ModifyRequest context, ExecutionAttributes attributes) {
        return switch (context.request()) {
            case PutItemRequest r
            when (r.returnValues() == null) ->
                r.toBuilder().returnValues(ReturnValue.ALL_OLD).build();
            case UpdateItemRequest r
            when (r.returnValues() == null) ->
                r.toBuilder().returnValues(ReturnValue.ALL_OLD).build();
            case DeleteItemRequest r
            when (r.returnValues() == null) ->
                r.toBuilder().returnValues(ReturnValue.ALL_OLD).build();
            // Not ours to change: reads, batches, and every other service.
            default -> context.request();
        };
    }

    @Override
    public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes attributes) {
        count(attributes, new Use(1, 0, 0));
    }

    @Override
    public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
        Use use =
                switch (context.response()) {
                    case PutItemResponse r -> written(r.attributes(), ((PutItemRequest) context.request()).item());
                    case UpdateItemResponse r ->
                        written(r.attributes(), updated((UpdateItemRequest) context.request(), r.attributes()));
                    case DeleteItemResponse r -> written(r.attributes(), Map.of());
                    case BatchWriteItemResponse r ->
                        writes(deletes(((BatchWriteItemRequest) context.request()).requestItems())
                                - deletes(r.unprocessedItems()));
                    case GetItemResponse r ->
                        reads(sizeBytes(r.item()), ((GetItemRequest) context.request()).consistentRead());
                    case QueryResponse r ->
                        reads(
                                r.items().stream().mapToLong(Items::sizeBytes).sum(),
                                ((QueryRequest) context.request()).consistentRead());
                    case BatchGetItemResponse r -> batchRead((BatchGetItemRequest) context.request(), r);
                    // Nothing of the table's items.
                    default -> Use.NONE;
                };
        count(attributes, use);
    }

    @Override
    public void onExecutionFailure(Context.FailedExecution context, ExecutionAttributes attributes) {
        // A refused write costs what the item that is there would.
        if (context.exception() instanceof ConditionalCheckFailedException e)
            count(attributes, writes(units(sizeBytes(e.item()), WRITE_BYTES)));
    }

    private void count(ExecutionAttributes attributes, Use use) {
        uses.merge(attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME), use, Use::plus);
    }

    private static Use writes(double units) {
        return new Use(0, units, 0);
    }

    private static Use reads(long sizeBytes, Boolean strong) {
        double units = units(sizeBytes, READ_BYTES);
        return new Use(0, 0, Boolean.TRUE.equals(strong) ? units : units / 2);
    }

    private static long units(long sizeBytes, int unitBytes) {
        return Math.max(1, Math.ceilDiv(sizeBytes, unitBytes));
    }

    private static Use written(Map<String, AttributeValue> before, Map<String, AttributeValue> after) {
        double units = units(Math.max(sizeBytes(before), sizeBytes(after)), WRITE_BYTES);
        for (List<String> names : INDEXES)
            units += indexUnits(entry(before, names), entry(after, names), names.subList(0, INDEX_KEYS));
        return writes(units);
    }

    /** What of an item is in an index; nothing when its key is not whole. */
    private static Map<String, AttributeValue> entry(Map<String, AttributeValue> item, List<String> names) {
        if (!item.keySet().containsAll(names.subList(0, INDEX_KEYS))) return Map.of();
        Map<String, AttributeValue> entry = new TreeMap<>(item);
        entry.keySet().removeIf(name -> !name.equals(PK) && !name.equals(SK) && !names.contains(name));
        return entry;
    }

    private static long indexUnits(
            Map<String, AttributeValue> before, Map<String, AttributeValue> after, List<String> keys) {
        if (before.equals(after)) return 0;
        long old = units(sizeBytes(before), WRITE_BYTES);
        long young = units(sizeBytes(after), WRITE_BYTES);
        if (before.isEmpty()) return young;
        if (after.isEmpty()) return old;
        boolean moves = keys.stream().anyMatch(key -> !before.get(key).equals(after.get(key)));
        return moves ? old + young : Math.max(old, young);
    }

    /** The item after an update of the one form that the stores use: {@code SET #a = :a, … REMOVE #b, …}. */
    private static Map<String, AttributeValue> updated(UpdateItemRequest request, Map<String, AttributeValue> before) {
        Map<String, AttributeValue> after = new TreeMap<>(before);
        after.putAll(request.key());
        String[] parts = request.updateExpression().split(" REMOVE ");
        for (String set : parts[0].substring("SET ".length()).split(", ")) {
            String[] sides = set.split(" = ");
            after.put(
                    request.expressionAttributeNames().get(sides[0]),
                    request.expressionAttributeValues().get(sides[1]));
        }
        if (parts.length > 1)
            for (String name : parts[1].split(", "))
                after.remove(request.expressionAttributeNames().get(name));
        return after;
    }

    private static <T> long deletes(Map<String, List<T>> requests) {
        return requests.values().stream().mapToLong(List::size).sum();
    }

    /** Each item by itself; one that is not there costs as much as a small one. */
    private static Use batchRead(BatchGetItemRequest request, BatchGetItemResponse response) {
        Use use = Use.NONE;
        for (String table : request.requestItems().keySet()) {
            var asked = request.requestItems().get(table);
            List<Map<String, AttributeValue>> items = response.responses().getOrDefault(table, List.of());
            int left = response.unprocessedKeys().containsKey(table)
                    ? response.unprocessedKeys().get(table).keys().size()
                    : 0;
            List<Long> sizes =
                    new ArrayList<>(items.stream().map(Items::sizeBytes).toList());
            while (sizes.size() < asked.keys().size() - left) sizes.add(0L);
            for (long size : sizes) use = use.plus(reads(size, asked.consistentRead()));
        }
        return use;
    }
}
