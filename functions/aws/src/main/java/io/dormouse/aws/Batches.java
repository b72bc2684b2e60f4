package io.dormouse.aws;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/** Many items in one request. What the service leaves over, it is asked again, after a pause. */
final class Batches {
    private static final int DELETES = 25;
    private static final int READS = 100;
    /** With the pauses below, ten seconds of a service that does nothing at all. */
    private static final int MAX_IDLE = 12;

    private static final long PAUSE_MILLIS = 25;
    private static final long MAX_PAUSE_MILLIS = 2_000;

    private final DynamoDbClient client;
    private final String table;

    Batches(Table table) {
        this.client = table.client();
        this.table = table.name();
    }

    void delete(List<Map<String, AttributeValue>> keys) {
        for (int start = 0; start < keys.size(); start += DELETES) {
            List<WriteRequest> left = keys.subList(start, Math.min(start + DELETES, keys.size())).stream()
                    .map(key -> WriteRequest.builder()
                            .deleteRequest(delete -> delete.key(key))
                            .build())
                    .toList();
            for (int idle = 0; !left.isEmpty(); idle++) {
                pause(idle);
                Map<String, List<WriteRequest>> requests = Map.of(table, left);
                List<WriteRequest> over = client.batchWriteItem(batch -> batch.requestItems(requests))
                        .unprocessedItems()
                        .getOrDefault(table, List.of());
                if (over.size() < left.size()) idle = 0;
                left = over;
            }
        }
    }

    /** The items that are there, in no order; strong reads. */
    List<Map<String, AttributeValue>> read(List<Map<String, AttributeValue>> keys) {
        return read(keys, true);
    }

    /** As {@link #read}, at half the price, and at worst a moment old. */
    List<Map<String, AttributeValue>> readEventually(List<Map<String, AttributeValue>> keys) {
        return read(keys, false);
    }

    private List<Map<String, AttributeValue>> read(List<Map<String, AttributeValue>> keys, boolean strong) {
        List<Map<String, AttributeValue>> found = new ArrayList<>();
        for (int start = 0; start < keys.size(); start += READS) {
            List<Map<String, AttributeValue>> left = keys.subList(start, Math.min(start + READS, keys.size()));
            for (int idle = 0; !left.isEmpty(); idle++) {
                pause(idle);
                Map<String, KeysAndAttributes> requests = Map.of(
                        table,
                        KeysAndAttributes.builder()
                                .keys(left)
                                .consistentRead(strong)
                                .build());
                var answer = client.batchGetItem(batch -> batch.requestItems(requests));
                found.addAll(answer.responses().getOrDefault(table, List.of()));
                List<Map<String, AttributeValue>> over = Stream.ofNullable(
                                answer.unprocessedKeys().get(table))
                        .flatMap(keysOver -> keysOver.keys().stream())
                        .toList();
                if (over.size() < left.size()) idle = 0;
                left = over;
            }
        }
        return found;
    }

    private static void pause(int idle) {
        if (idle == 0) return;
        if (idle > MAX_IDLE) throw new IllegalStateException("the table does nothing of a batch");
        long most = Math.min(MAX_PAUSE_MILLIS, PAUSE_MILLIS << idle);
        try {
            Thread.sleep(new SecureRandom().nextLong(most));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted in the middle of a batch", e);
        }
    }
}
