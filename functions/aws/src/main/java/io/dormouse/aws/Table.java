package io.dormouse.aws;

import static io.dormouse.aws.Items.ARCHIVED;
import static io.dormouse.aws.Items.ENDS_AT;
import static io.dormouse.aws.Items.EXPIRES;
import static io.dormouse.aws.Items.LISTED;
import static io.dormouse.aws.Items.LISTING;
import static io.dormouse.aws.Items.OWED_AT;
import static io.dormouse.aws.Items.OWES;
import static io.dormouse.aws.Items.OWING;
import static io.dormouse.aws.Items.PK;
import static io.dormouse.aws.Items.SK;

import java.util.Map;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndex;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.LocalSecondaryIndex;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.StreamViewType;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;

/**
 * The one table. Whoever makes it otherwise, for example from a template, makes the same.
 *
 * @param client not closed by the stores that use it
 */
public record Table(DynamoDbClient client, String name) {
    /** For local use and for tests. One that is there is left as it is, and needs no more rights than using it does. */
    public Table createIfMissing() {
        try {
            client.describeTable(describe -> describe.tableName(name));
            return this;
        } catch (ResourceNotFoundException e) {
            return create();
        }
    }

    /** Makes the table, and waits until it can be used. */
    Table create() {
        try {
            client.createTable(definition());
        } catch (ResourceInUseException e) {
            // Somebody else is making it.
        }
        client.waiter().waitUntilTableExists(describe -> describe.tableName(name));
        TimeToLiveStatus status = client.describeTimeToLive(describe -> describe.tableName(name))
                .timeToLiveDescription()
                .timeToLiveStatus();
        if (status != TimeToLiveStatus.ENABLED && status != TimeToLiveStatus.ENABLING)
            client.updateTimeToLive(update -> update.tableName(name)
                    .timeToLiveSpecification(ttl -> ttl.enabled(true).attributeName(EXPIRES)));
        return this;
    }

    private CreateTableRequest definition() {
        return CreateTableRequest.builder()
                .tableName(name)
                .billingMode(BillingMode.PAY_PER_REQUEST)
                .attributeDefinitions(
                        attribute(PK, ScalarAttributeType.S),
                        attribute(SK, ScalarAttributeType.S),
                        attribute(OWES, ScalarAttributeType.S),
                        attribute(OWED_AT, ScalarAttributeType.N),
                        attribute(LISTED, ScalarAttributeType.S))
                .keySchema(hash(PK), range(SK))
                .globalSecondaryIndexes(GlobalSecondaryIndex.builder()
                        .indexName(OWING)
                        .keySchema(hash(OWES), range(OWED_AT))
                        .projection(projection -> projection.projectionType(ProjectionType.KEYS_ONLY))
                        .build())
                // A local index, because only that one can be read strongly.
                .localSecondaryIndexes(LocalSecondaryIndex.builder()
                        .indexName(LISTING)
                        .keySchema(hash(PK), range(LISTED))
                        .projection(projection -> projection
                                .projectionType(ProjectionType.INCLUDE)
                                .nonKeyAttributes(ARCHIVED, ENDS_AT))
                        .build())
                .streamSpecification(
                        stream -> stream.streamEnabled(true).streamViewType(StreamViewType.NEW_AND_OLD_IMAGES))
                .build();
    }

    private static AttributeDefinition attribute(String name, ScalarAttributeType type) {
        return AttributeDefinition.builder()
                .attributeName(name)
                .attributeType(type)
                .build();
    }

    private static KeySchemaElement hash(String name) {
        return KeySchemaElement.builder()
                .attributeName(name)
                .keyType(KeyType.HASH)
                .build();
    }

    private static KeySchemaElement range(String name) {
        return KeySchemaElement.builder()
                .attributeName(name)
                .keyType(KeyType.RANGE)
                .build();
    }

    /** A query for items of one partition by their sort keys, both ends among them. */
    QueryRequest.Builder between(String pk, String first, String last) {
        return QueryRequest.builder()
                .tableName(name)
                .keyConditionExpression("pk = :pk AND sk BETWEEN :first AND :last")
                .expressionAttributeValues(
                        Map.of(":pk", Items.s(pk), ":first", Items.s(first), ":last", Items.s(last)));
    }
}
