package io.dormouse.aws;

import static io.dormouse.aws.Items.PK;
import static io.dormouse.aws.Items.SK;
import static io.dormouse.aws.Items.key;
import static io.dormouse.aws.Items.s;

import io.dormouse.aws.Versions.Condition;
import io.dormouse.aws.Writes.Outcome;
import io.dormouse.hands.fargate.Claim;
import io.dormouse.hands.fargate.Place;
import io.dormouse.hands.fargate.Spares;
import io.dormouse.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** The warm pool in DynamoDB: one partition with {@code PLACE#000} … and {@code CLAIM#token} …. */
public final class DynamoSpares implements Spares {
    private static final String POOL = "POOL";
    private static final String PLACES = "PLACE#";
    private static final String CLAIMS = "CLAIM#";
    private static final String PLACE = "place";
    private static final String CLAIM = "claim";

    private final Table table;
    private final Versions versions;

    /** @param random marks writes, and must not repeat itself; safe for many threads */
    public DynamoSpares(Table table, RandomGenerator random) {
        this.table = table;
        this.versions = new Versions(table, random);
    }

    @Override
    public List<Place> places() {
        return all(PLACES, PLACE, Place.class);
    }

    @Override
    public boolean create(Place first) {
        return written(versions.create(
                keyOf(first), first.version(), attributes(PLACE, first), Condition.NONE, there -> false));
    }

    @Override
    public boolean swap(Place before, Place after) {
        if (before.number() != after.number()) throw new IllegalArgumentException("a swap is of one place");
        return written(versions.swap(
                keyOf(after), before.version(), after.version(), attributes(PLACE, after), List.of(), Condition.NONE));
    }

    @Override
    public boolean claim(Claim claim) {
        return written(
                versions.create(keyOf(claim.token()), 1, attributes(CLAIM, claim), Condition.NONE, there -> false));
    }

    @Override
    public Optional<Claim> claimed(String token) {
        Map<String, AttributeValue> item = versions.read(keyOf(token));
        return item.isEmpty() ? Optional.empty() : Optional.of(stored(item, CLAIM, Claim.class));
    }

    @Override
    public List<Claim> claims() {
        return all(CLAIMS, CLAIM, Claim.class);
    }

    @Override
    public void forget(Claim claim) {
        table.client().deleteItem(delete -> delete.tableName(table.name()).key(keyOf(claim.token())));
    }

    private <T> List<T> all(String prefix, String name, Class<T> type) {
        return table
                .client()
                .queryPaginator(query -> query.tableName(table.name())
                        .consistentRead(true)
                        .keyConditionExpression(PK + " = :pool AND begins_with(" + SK + ", :prefix)")
                        .expressionAttributeValues(Map.of(":pool", s(POOL), ":prefix", s(prefix))))
                .items()
                .stream()
                .map(item -> stored(item, name, type))
                .toList();
    }

    private static boolean written(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Written w -> true;
            case Outcome.Refused r -> false;
        };
    }

    private static Map<String, AttributeValue> keyOf(Place place) {
        return key(POOL, PLACES + "%03d".formatted(place.number()));
    }

    private static Map<String, AttributeValue> keyOf(String token) {
        return key(POOL, CLAIMS + token);
    }

    private static Map<String, AttributeValue> attributes(String name, Object value) {
        return Map.of(name, s(Json.text(value)));
    }

    private static <T> T stored(Map<String, AttributeValue> item, String name, Class<T> type) {
        return Json.read(item.get(name).s().getBytes(StandardCharsets.UTF_8), type);
    }
}
