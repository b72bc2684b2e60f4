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
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;

/**
 * Heads in DynamoDB: one item a thread. Heads that owe nothing are not in the index {@code owing}. A head gets its place there
 * by the swap that makes it owe and keeps it while it is worked on, so that claims and beats write nothing but the head; a
 * sweep reads the heads before a moment in the index, and they say themselves whether they are due.
 */
public final class DynamoHeads implements Heads {
    /** One partition of an index takes a thousand writes a second. May grow, never shrink: a sweep looks at all of them. */
    private static final int SHARDS = 4;

    /** How many heads a sweep reads at a time. */
    private static final int LOOK = 100;

    private static final List<String> OPTIONAL =
            Stream.concat(Body.NAMES.stream(), Stream.of(READY)).toList();
    private static final List<String> OPTIONAL_AND_PLACE =
            Stream.concat(OPTIONAL.stream(), Stream.of(OWES, OWED_AT)).toList();

    private final DynamoDbClient client;
    private final String table;
    private final Versions versions;
    private final Batches batches;
    private final Body body;

    /**
     * @param blobs keeps what is too large for an item
     * @param random marks writes, and must not repeat itself; safe for many threads
     */
    public DynamoHeads(Table table, Blobs blobs, RandomGenerator random) {
        this.client = table.client();
        this.table = table.name();
        this.versions = new Versions(table, random);
        this.batches = new Batches(table);
        this.body = new Body(blobs);
    }

    @Override
    public Optional<Head> read(ThreadId thread) {
        Map<String, AttributeValue> item = versions.read(keyOf(thread));
        return item.isEmpty() ? Optional.empty() : Optional.of(head(item));
    }

    @Override
    public boolean create(Head head) {
        Map<String, AttributeValue> attributes = Items.item(attributes(head), place(head));
        Outcome outcome =
                versions.create(keyOf(head.thread()), head.version(), attributes, Condition.NONE, there -> false);
        return switch (outcome) {
            case Outcome.Written w -> true;
            case Outcome.Refused r -> false;
        };
    }

    @Override
    public Swapped swap(Head before, Head after) {
        if (!before.thread().equals(after.thread()))
            throw new IllegalArgumentException("a swap is of one thread's head");
        boolean stays = staysInPlace(before, after);
        Outcome outcome = versions.swap(
                keyOf(after.thread()),
                before.version(),
                after.version(),
                stays ? attributes(after) : Items.item(attributes(after), place(after)),
                stays ? OPTIONAL : OPTIONAL_AND_PLACE,
                Condition.NONE);
        return switch (outcome) {
            case Outcome.Written w -> new Swapped.Done();
            case Outcome.Refused refused -> {
                if (refused.item().isEmpty()) throw new IllegalStateException("no head to swap of " + before.thread());
                yield new Swapped.Changed(head(refused.item()));
            }
        };
    }

    private record Owed(Instant at, ThreadId thread) implements Comparable<Owed> {
        private static final Comparator<Owed> LONGEST_FIRST = Comparator.comparing(Owed::at)
                .thenComparing(owed -> owed.thread().text());

        @Override
        public int compareTo(Owed other) {
            return LONGEST_FIRST.compare(this, other);
        }
    }

    @Override
    public List<ThreadId> owing(Instant by, int limit) {
        List<Owed> owed = new ArrayList<>();
        for (int shard = 0; shard < SHARDS; shard++) owed.addAll(owing(Integer.toString(shard), by, limit));
        return owed.stream().sorted().limit(limit).map(Owed::thread).toList();
    }

    /** Of a shard, those that have owed longest. */
    private Collection<Owed> owing(String shard, Instant by, int limit) {
        TreeSet<Owed> found = new TreeSet<>();
        Map<String, AttributeValue> from = Map.of();
        do {
            QueryRequest.Builder query = QueryRequest.builder()
                    .tableName(table)
                    .indexName(OWING)
                    .keyConditionExpression("owes = :shard AND owedAt <= :by")
                    .expressionAttributeValues(Map.of(":shard", s(shard), ":by", n(Items.nanos(by))))
                    .limit(LOOK);
            if (!from.isEmpty()) query.exclusiveStartKey(from);
            QueryResponse page = client.query(query.build());
            for (Map<String, AttributeValue> item : batches.readEventually(
                    page.items().stream().map(Items::keyOf).toList())) {
                Head head = head(item);
                head.owedAt().filter(at -> !at.isAfter(by)).ifPresent(at -> found.add(new Owed(at, head.thread())));
            }
            while (found.size() > limit) found.pollLast();
            from = page.lastEvaluatedKey();
        } while (!from.isEmpty() && !(found.size() == limit && later(from, found.last())));
        return found;
    }

    /** Nobody is due before his place: who comes after this one has owed less. */
    private static boolean later(Map<String, AttributeValue> place, Owed owed) {
        return Items.number(place, OWED_AT) > Items.nanos(owed.at());
    }

    private Map<String, AttributeValue> attributes(Head head) {
        Map<String, AttributeValue> attributes = new HashMap<>(body.of(head));
        // Whoever holds the lease sees for himself, and what is due later is the sweep's.
        if (head.owes() && !head.lease().held() && head.parkedUntil().isEmpty()) attributes.put(READY, s("1"));
        return attributes;
    }

    /** Nothing for a head that owes nothing. A parked one waits where no sweep looks before its time. */
    private static Map<String, AttributeValue> place(Head head) {
        if (!head.owes()) return Map.of();
        Instant since = head.parkedUntil().orElse(head.updatedAt());
        return Map.of(OWES, s(shard(head.thread())), OWED_AT, n(Items.nanos(since)));
    }

    private static boolean staysInPlace(Head before, Head after) {
        return before.owes() && after.owes() && before.parkedUntil().equals(after.parkedUntil());
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
