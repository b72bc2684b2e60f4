package io.dormouse.aws;

import static io.dormouse.aws.Items.OWED_AT;
import static io.dormouse.aws.Items.OWES;
import static io.dormouse.aws.Items.OWING;
import static io.dormouse.aws.Items.READY;
import static io.dormouse.aws.Items.key;
import static io.dormouse.aws.Items.n;
import static io.dormouse.aws.Items.s;

import io.dormouse.aws.Versions.Condition;
import io.dormouse.aws.Writes.Outcome;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.ThreadId;
import io.dormouse.resource.Blobs;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;

/** Heads in DynamoDB: one item a thread. Heads that owe nothing are not in the index {@code owing}. */
public final class DynamoHeads implements Heads {
    /** One partition of an index takes a thousand writes a second. May grow, never shrink: a sweep looks at all of them. */
    private static final int SHARDS = 4;

    private static final List<String> OPTIONAL =
            Stream.concat(Body.NAMES.stream(), Stream.of(OWES, OWED_AT, READY)).toList();

    private final DynamoDbClient client;
    private final String table;
    private final Versions versions;
    private final Body body;

    /**
     * @param blobs keeps what is too large for an item
     * @param random marks writes, and must not repeat itself; safe for many threads
     */
    public DynamoHeads(Table table, Blobs blobs, RandomGenerator random) {
        this.client = table.client();
        this.table = table.name();
        this.versions = new Versions(table, random);
        this.body = new Body(blobs);
    }

    @Override
    public Optional<Head> read(ThreadId thread) {
        Map<String, AttributeValue> item = versions.read(keyOf(thread));
        return item.isEmpty() ? Optional.empty() : Optional.of(head(item));
    }

    @Override
    public boolean create(Head head) {
        Outcome outcome =
                versions.create(keyOf(head.thread()), head.version(), attributes(head), Condition.NONE, there -> false);
        return switch (outcome) {
            case Outcome.Written w -> true;
            case Outcome.Refused r -> false;
        };
    }

    @Override
    public Swapped swap(Head before, Head after) {
        if (!before.thread().equals(after.thread()))
            throw new IllegalArgumentException("a swap is of one thread's head");
        Outcome outcome = versions.swap(
                keyOf(after.thread()), before.version(), after.version(), attributes(after), OPTIONAL, Condition.NONE);
        return switch (outcome) {
            case Outcome.Written w -> new Swapped.Done();
            case Outcome.Refused refused -> {
                if (refused.item().isEmpty()) throw new IllegalStateException("no head to swap of " + before.thread());
                yield new Swapped.Changed(head(refused.item()));
            }
        };
    }

    @Override
    public List<ThreadId> owing(Instant by, int limit) {
        record Owed(long at, ThreadId thread) {}
        List<Owed> owed = new ArrayList<>();
        for (int shard = 0; shard < SHARDS; shard++)
            for (Map<String, AttributeValue> item : owing(Integer.toString(shard), by, limit))
                owed.add(new Owed(Items.number(item, OWED_AT), Items.thread(item)));
        return owed.stream()
                .sorted(Comparator.comparingLong(Owed::at)
                        .thenComparing(o -> o.thread().text()))
                .limit(limit)
                .map(Owed::thread)
                .toList();
    }

    private List<Map<String, AttributeValue>> owing(String shard, Instant by, int limit) {
        List<Map<String, AttributeValue>> found = new ArrayList<>();
        Map<String, AttributeValue> from = Map.of();
        do {
            QueryRequest.Builder query = QueryRequest.builder()
                    .tableName(table)
                    .indexName(OWING)
                    .keyConditionExpression("owes = :shard AND owedAt <= :by")
                    .expressionAttributeValues(Map.of(":shard", s(shard), ":by", n(Items.nanos(by))))
                    .limit(limit - found.size());
            if (!from.isEmpty()) query.exclusiveStartKey(from);
            QueryResponse page = client.query(query.build());
            found.addAll(page.items());
            from = page.lastEvaluatedKey();
        } while (!from.isEmpty() && found.size() < limit);
        return found;
    }

    private Map<String, AttributeValue> attributes(Head head) {
        Map<String, AttributeValue> attributes = new HashMap<>(body.of(head));
        head.owedAt().ifPresent(at -> {
            attributes.put(OWES, s(shard(head.thread())));
            attributes.put(OWED_AT, n(Items.nanos(at)));
            // Whoever holds the lease sees for himself, and what is due later is the sweep's.
            boolean later = head.snapshot().dueAt() != null && !head.actionable();
            if (!head.lease().held() && !later) attributes.put(READY, s("1"));
        });
        return attributes;
    }

    private static String shard(ThreadId thread) {
        return Integer.toString(Math.floorMod(thread.text().hashCode(), SHARDS));
    }

    private static Map<String, AttributeValue> keyOf(ThreadId thread) {
        return key(Items.thread(thread), "HEAD");
    }

    private Head head(Map<String, AttributeValue> item) {
        return body.read(item, Head.class);
    }
}
