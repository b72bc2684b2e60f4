package io.dormouse.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.aws.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.DescribeTableRequest;
import software.amazon.awssdk.services.dynamodb.model.DescribeTableResponse;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.Projection;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

/** The table of the template is the one that the stores make for themselves. */
class TableTest {
    private final JsonNode template = Synthesis.of("network=dualstack")
            .one("AWS::DynamoDB::GlobalTable", "Table")
            .properties();

    @Test
    void keys_indexes_and_stream_are_those_of_the_stores() {
        CreateTableRequest wanted = asked();
        assertThat(keys(template)).isEqualTo(keys(wanted.keySchema()));
        Map<String, String> attributes = new TreeMap<>();
        template.path("AttributeDefinitions")
                .forEach(a -> attributes.put(
                        a.path("AttributeName").asText(),
                        a.path("AttributeType").asText()));
        Map<String, String> wantedAttributes = new TreeMap<>();
        wanted.attributeDefinitions().forEach(a -> wantedAttributes.put(a.attributeName(), a.attributeTypeAsString()));
        assertThat(attributes).isEqualTo(wantedAttributes);
        assertThat(indexes("GlobalSecondaryIndexes"))
                .isEqualTo(wanted.globalSecondaryIndexes().stream()
                        .map(i -> index(i.indexName(), i.keySchema(), i.projection()))
                        .toList());
        assertThat(indexes("LocalSecondaryIndexes"))
                .isEqualTo(wanted.localSecondaryIndexes().stream()
                        .map(i -> index(i.indexName(), i.keySchema(), i.projection()))
                        .toList());
        assertThat(template.path("StreamSpecification").path("StreamViewType").asText())
                .isEqualTo(wanted.streamSpecification().streamViewTypeAsString());
        assertThat(template.path("BillingMode").asText()).isEqualTo(wanted.billingModeAsString());
    }

    @Test
    void what_has_expired_is_forgotten() {
        assertThat(template.path("TimeToLiveSpecification")
                        .path("AttributeName")
                        .asText())
                .isEqualTo("expires");
        assertThat(template.path("TimeToLiveSpecification").path("Enabled").asBoolean())
                .isTrue();
    }

    private List<String> indexes(String kind) {
        List<String> indexes = new ArrayList<>();
        for (JsonNode index : template.path(kind)) {
            List<String> more = new ArrayList<>();
            index.path("Projection").path("NonKeyAttributes").forEach(name -> more.add(name.asText()));
            indexes.add(index.path("IndexName").asText()
                    + keys(index)
                    + index.path("Projection").path("ProjectionType").asText()
                    + more);
        }
        return indexes;
    }

    private static String index(String name, List<KeySchemaElement> keys, Projection projection) {
        return name + keys(keys) + projection.projectionTypeAsString() + projection.nonKeyAttributes();
    }

    private static List<String> keys(JsonNode of) {
        List<String> keys = new ArrayList<>();
        of.path("KeySchema")
                .forEach(key -> keys.add(key.path("AttributeName").asText() + " "
                        + key.path("KeyType").asText()));
        return keys;
    }

    private static List<String> keys(List<KeySchemaElement> schema) {
        return schema.stream()
                .map(key -> key.attributeName() + " " + key.keyTypeAsString())
                .toList();
    }

    /** What the stores would ask a service for that has no table. */
    private static CreateTableRequest asked() {
        Listening service = new Listening();
        try {
            new Table(service, "any").createIfMissing();
        } catch (Heard e) {
            return service.asked;
        }
        throw new AssertionError("nothing was asked for");
    }

    private static final class Heard extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static final class Listening implements DynamoDbClient {
        private CreateTableRequest asked;

        @Override
        public DescribeTableResponse describeTable(Consumer<DescribeTableRequest.Builder> describe) {
            throw ResourceNotFoundException.builder().build();
        }

        @Override
        public software.amazon.awssdk.services.dynamodb.model.CreateTableResponse createTable(
                CreateTableRequest request) {
            asked = request;
            throw new Heard();
        }

        @Override
        public String serviceName() {
            return "dynamodb";
        }

        @Override
        public void close() {}
    }
}
