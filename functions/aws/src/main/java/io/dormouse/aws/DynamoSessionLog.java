package io.dormouse.aws;

import static io.dormouse.aws.Items.NONCE;
import static io.dormouse.aws.Items.entry;
import static io.dormouse.aws.Items.item;
import static io.dormouse.aws.Items.key;
import static io.dormouse.aws.Items.s;

import io.dormouse.aws.Writes.Outcome;
import io.dormouse.aws.Writes.Trace;
import io.dormouse.id.ThreadId;
import io.dormouse.resource.Blobs;
import io.dormouse.session.Entry;
import io.dormouse.session.SessionLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/** Logs in DynamoDB: one item an entry, written once. */
public final class DynamoSessionLog implements SessionLog {
    private final DynamoDbClient client;
    private final Table table;
    private final Writes writes;
    private final Batches batches;
    private final Body body;

    /** @param blobs keeps what is too large for an item */
    public DynamoSessionLog(Table table, Blobs blobs) {
        this.client = table.client();
        this.table = table;
        this.writes = new Writes(table);
        this.batches = new Batches(table);
        this.body = new Body(blobs);
    }

    @Override
    public Appended append(ThreadId thread, Entry entry) {
        Map<String, AttributeValue> key = key(Items.thread(thread), entry(entry.position()));
        Map<String, AttributeValue> whole = item(key, Map.of(NONCE, s(entry.nonce())), body.of(entry));
        Outcome outcome = writes.write(
                key,
                () -> client.putItem(put -> put.tableName(table.name())
                        .item(whole)
                        .conditionExpression("attribute_not_exists(pk)")
                        .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)),
                there -> there.isEmpty()
                        ? Trace.NONE
                        : there.get(NONCE).s().equals(entry.nonce()) ? Trace.OURS : Trace.OTHERS);
        return switch (outcome) {
            case Outcome.Written w -> new Appended.At(entry.position());
            case Outcome.Refused refused -> {
                if (refused.item().isEmpty())
                    throw new IllegalStateException("an entry that was in the way is not there");
                yield new Appended.Taken(body.read(refused.item(), Entry.class));
            }
        };
    }

    @Override
    public List<Entry> read(ThreadId thread, long after, int limit) {
        List<Entry> entries = new ArrayList<>();
        Map<String, AttributeValue> from = Map.of();
        do {
            // A page ends at a megabyte, or at the limit.
            QueryResponse page = client.query(between(thread, entry(after + 1), entry(Long.MAX_VALUE), from)
                    .limit(limit - entries.size())
                    .build());
            for (Map<String, AttributeValue> item : page.items()) entries.add(body.read(item, Entry.class));
            from = page.lastEvaluatedKey();
        } while (!from.isEmpty() && entries.size() < limit);
        return List.copyOf(entries);
    }

    /** What went to the blobs stays there: the same content may belong to another log. */
    @Override
    public void drop(ThreadId thread) {
        drop(thread, entry(1), entry(Long.MAX_VALUE));
        // What was said of it while it was made.
        drop(thread, Items.LIVE, Items.LIVE_END);
    }

    private void drop(ThreadId thread, String first, String last) {
        Map<String, AttributeValue> from = Map.of();
        do {
            QueryResponse page = client.query(between(thread, first, last, from)
                    .projectionExpression("pk, sk")
                    .build());
            batches.delete(page.items().stream().map(Items::keyOf).toList());
            from = page.lastEvaluatedKey();
        } while (!from.isEmpty());
    }

    private QueryRequest.Builder between(ThreadId thread, String first, String last, Map<String, AttributeValue> from) {
        QueryRequest.Builder query =
                table.between(Items.thread(thread), first, last).consistentRead(true);
        return from.isEmpty() ? query : query.exclusiveStartKey(from);
    }
}
