package io.dormouse.aws;

import java.util.Map;
import java.util.function.Function;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;

/**
 * Conditional writes whose answer may be lost. A write that was applied and then retried, by the SDK or by whoever calls
 * again, meets itself; each write therefore carries a mark by which it knows itself.
 */
final class Writes {
    sealed interface Outcome {
        record Written() implements Outcome {}

        /** @param item what is there instead; empty when nothing is */
        record Refused(Map<String, AttributeValue> item) implements Outcome {}
    }

    private final DynamoDbClient client;
    private final String table;

    Writes(Table table) {
        this.client = table.client();
        this.table = table.name();
    }

    /** Reads what every write before it left; empty when there is nothing. */
    Map<String, AttributeValue> read(Map<String, AttributeValue> key) {
        return client.getItem(get -> get.tableName(table).key(key).consistentRead(true))
                .item();
    }

    /** What an item says about a write. */
    enum Trace {
        /** It was applied. */
        OURS,
        /** Another was applied in its place, and it can never be any more. */
        OTHERS,
        NONE
    }

    /**
     * @param request the write, with a condition
     * @param trace what the item now says about it
     * @throws SdkException when it is not known whether the write was, or will be, applied
     */
    Outcome write(
            Map<String, AttributeValue> key, Runnable request, Function<Map<String, AttributeValue>, Trace> trace) {
        try {
            request.run();
            return new Outcome.Written();
        } catch (ConditionalCheckFailedException e) {
            // Not every emulator returns the item.
            Map<String, AttributeValue> item = e.hasItem() ? e.item() : read(key);
            return switch (trace.apply(item)) {
                case OURS -> new Outcome.Written();
                case OTHERS -> new Outcome.Refused(item);
                case NONE -> {
                    if (repeated(e)) throw e;
                    yield new Outcome.Refused(item);
                }
            };
        } catch (SdkException e) {
            if (!repeated(e) && e instanceof DynamoDbException answer && answer.statusCode() < 500) throw e;
            Map<String, AttributeValue> item;
            try {
                item = read(key);
            } catch (SdkException unknown) {
                e.addSuppressed(unknown);
                throw e;
            }
            return switch (trace.apply(item)) {
                case OURS -> new Outcome.Written();
                case OTHERS -> new Outcome.Refused(item);
                case NONE -> throw e;
            };
        }
    }

    /** Whether the answer is of a second attempt or a later one: it says nothing about the first. */
    static boolean repeated(SdkException e) {
        return e.numAttempts() == null || e.numAttempts() > 1;
    }
}
