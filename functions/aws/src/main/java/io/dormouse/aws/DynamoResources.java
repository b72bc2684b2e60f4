package io.dormouse.aws;

import static io.dormouse.aws.Items.ARCHIVED;
import static io.dormouse.aws.Items.ENDS_AT;
import static io.dormouse.aws.Items.EXPIRES;
import static io.dormouse.aws.Items.LISTED;
import static io.dormouse.aws.Items.LISTING;
import static io.dormouse.aws.Items.SK;
import static io.dormouse.aws.Items.key;
import static io.dormouse.aws.Items.n;
import static io.dormouse.aws.Items.s;
import static io.dormouse.aws.Items.shelf;

import io.dormouse.aws.Versions.Condition;
import io.dormouse.aws.Writes.Outcome;
import io.dormouse.id.WorkspaceId;
import io.dormouse.resource.Blobs;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;

/**
 * Documents in DynamoDB: one item each. The index {@code listing} holds their order and what a list filters by, nothing
 * else, so that most swaps leave it alone; a list then reads the documents of its page. Lists are strong reads too.
 */
public final class DynamoResources implements Resources {
    private static final List<String> OPTIONAL = Stream.concat(
                    Body.NAMES.stream(), Stream.of(ARCHIVED, EXPIRES, ENDS_AT))
            .toList();
    /** Of index items looked at in one request, when most of them are filtered out. */
    private static final int MAX_LOOK = 1_000;

    private final DynamoDbClient client;
    private final String table;
    private final Versions versions;
    private final Batches batches;
    private final Body body;
    private final InstantSource clock;

    /**
     * @param blobs keeps what is too large for an item
     * @param clock tells what has expired; the table itself forgets up to days later
     * @param random marks writes, and must not repeat itself; safe for many threads
     */
    public DynamoResources(Table table, Blobs blobs, InstantSource clock, RandomGenerator random) {
        this.client = table.client();
        this.table = table.name();
        this.versions = new Versions(table, random);
        this.batches = new Batches(table);
        this.body = new Body(blobs);
        this.clock = clock;
    }

    @Override
    public Optional<Resource> read(WorkspaceId workspace, String kind, String id) {
        Map<String, AttributeValue> item = versions.read(key(shelf(workspace, kind), id));
        return alive(item, now()) ? Optional.of(resource(item)) : Optional.empty();
    }

    @Override
    public Saved create(Resource resource) {
        long now = now();
        Condition dead = new Condition("endsAt <= :now", Map.of(":now", n(now)));
        Outcome outcome = versions.create(
                keyOf(resource), resource.version(), attributes(resource), dead, there -> !alive(there, now));
        return switch (outcome) {
            case Outcome.Written w -> new Saved.Done(resource);
            case Outcome.Refused refused -> {
                if (refused.item().isEmpty())
                    throw new IllegalStateException("a document that was in the way is not there");
                yield new Saved.Taken(resource(refused.item()));
            }
        };
    }

    @Override
    public Saved swap(Resource before, Resource after) {
        if (!before.workspace().equals(after.workspace())
                || !before.kind().equals(after.kind())
                || !before.id().equals(after.id())) throw new IllegalArgumentException("a swap is of one document");
        long now = now();
        Outcome outcome = versions.swap(
                keyOf(after), before.version(), after.version(), attributes(after), OPTIONAL, aliveAt(now));
        return switch (outcome) {
            case Outcome.Written w -> new Saved.Done(after);
            case Outcome.Refused refused ->
                alive(refused.item(), now) ? new Saved.Taken(resource(refused.item())) : new Saved.Gone();
        };
    }

    @Override
    public boolean delete(WorkspaceId workspace, String kind, String id) {
        Condition alive = aliveAt(now());
        try {
            client.deleteItem(delete -> delete.tableName(table)
                    .key(key(shelf(workspace, kind), id))
                    .conditionExpression("attribute_exists(pk) AND " + alive.text())
                    .expressionAttributeValues(alive.values()));
            return true;
        } catch (ConditionalCheckFailedException e) {
            // A repeated delete that finds nothing has most likely met itself, and the caller wanted it gone.
            return Writes.repeated(e);
        }
    }

    // ---- lists

    @Override
    public List<Resource> list(WorkspaceId workspace, String kind, Query query) {
        return query.idPrefix().isEmpty() ? indexed(workspace, kind, query) : parts(workspace, kind, query);
    }

    /** The parts of one document are few: found by their ids, and sorted. */
    private List<Resource> parts(WorkspaceId workspace, String kind, Query query) {
        Listing listing = Listing.of(query);
        List<Resource> found = new ArrayList<>();
        long now = now();
        Map<String, AttributeValue> from = Map.of();
        do {
            QueryRequest.Builder request = QueryRequest.builder()
                    .tableName(table)
                    .consistentRead(true)
                    .keyConditionExpression("pk = :shelf AND begins_with(sk, :prefix)")
                    .expressionAttributeValues(
                            Map.of(":shelf", s(shelf(workspace, kind)), ":prefix", s(query.idPrefix())));
            if (!from.isEmpty()) request.exclusiveStartKey(from);
            QueryResponse page = client.query(request.build());
            for (Map<String, AttributeValue> item : page.items()) {
                String place = item.get(LISTED).s();
                if (wanted(item, query, now)
                        && !place.equals(listing.passed())
                        && place.compareTo(listing.first()) >= 0
                        && place.compareTo(listing.last()) <= 0) found.add(resource(item));
            }
            from = page.lastEvaluatedKey();
        } while (!from.isEmpty());
        Comparator<Resource> order = Comparator.comparing(Resource::createdAt).thenComparing(Resource::id);
        return found.stream()
                .sorted(query.ascending() ? order : order.reversed())
                .limit(query.limit())
                .toList();
    }

    private List<Resource> indexed(WorkspaceId workspace, String kind, Query query) {
        Listing listing = Listing.of(query);
        List<Resource> found = new ArrayList<>();
        if (listing.isEmpty()) return found;
        long now = now();
        int look = query.limit() + (listing.passed() == null ? 0 : 1);
        Map<String, AttributeValue> from = Map.of();
        do {
            QueryRequest.Builder request = QueryRequest.builder()
                    .tableName(table)
                    .indexName(LISTING)
                    .consistentRead(true)
                    .scanIndexForward(query.ascending())
                    .keyConditionExpression("pk = :shelf AND listed BETWEEN :first AND :last")
                    .expressionAttributeValues(Map.of(
                            ":shelf", s(shelf(workspace, kind)),
                            ":first", s(listing.first()),
                            ":last", s(listing.last())))
                    .limit(look);
            if (!from.isEmpty()) request.exclusiveStartKey(from);
            QueryResponse page = client.query(request.build());
            List<Map<String, AttributeValue>> keys = page.items().stream()
                    .filter(item -> wanted(item, query, now))
                    .filter(item -> !item.get(LISTED).s().equals(listing.passed()))
                    .limit(query.limit() - found.size())
                    .map(Items::keyOf)
                    .toList();
            found.addAll(documents(keys, query, now));
            from = page.lastEvaluatedKey();
            look = Math.clamp(2L * look, look, Math.max(look, MAX_LOOK));
        } while (!from.isEmpty() && found.size() < query.limit());
        return List.copyOf(found);
    }

    /** In the order of the keys. What changed since the index was read may be gone from the list by now. */
    private List<Resource> documents(List<Map<String, AttributeValue>> keys, Query query, long now) {
        Map<String, Map<String, AttributeValue>> byId = batches.read(keys).stream()
                .filter(item -> wanted(item, query, now))
                .collect(Collectors.toMap(item -> item.get(SK).s(), Function.identity()));
        return keys.stream()
                .map(key -> key.get(SK).s())
                .filter(byId::containsKey)
                .map(id -> resource(byId.get(id)))
                .toList();
    }

    private static boolean wanted(Map<String, AttributeValue> item, Query query, long now) {
        return alive(item, now) && (query.archived() || !item.containsKey(ARCHIVED));
    }

    // ---- items

    private Map<String, AttributeValue> attributes(Resource resource) {
        Map<String, AttributeValue> attributes = new HashMap<>(body.of(resource));
        attributes.put(LISTED, s(Items.listed(resource.createdAt(), resource.id())));
        if (resource.archivedAt() != null) attributes.put(ARCHIVED, n(1));
        Instant end = resource.expiresAt();
        if (end != null) {
            attributes.put(ENDS_AT, n(Items.nanos(end)));
            // Never earlier than the moment itself.
            attributes.put(EXPIRES, n(end.getEpochSecond() + (end.getNano() == 0 ? 0 : 1)));
        }
        return attributes;
    }

    private static Condition aliveAt(long now) {
        return new Condition("(attribute_not_exists(endsAt) OR endsAt > :now)", Map.of(":now", n(now)));
    }

    private static boolean alive(Map<String, AttributeValue> item, long now) {
        return !item.isEmpty() && (!item.containsKey(ENDS_AT) || Items.number(item, ENDS_AT) > now);
    }

    private static Map<String, AttributeValue> keyOf(Resource resource) {
        return key(shelf(resource.workspace(), resource.kind()), resource.id());
    }

    private long now() {
        return Items.nanos(clock.instant());
    }

    private Resource resource(Map<String, AttributeValue> item) {
        return body.read(item, Resource.class);
    }
}
