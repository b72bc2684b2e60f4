package io.dormouse.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.aws.DynamoResources;
import io.dormouse.aws.Table;
import io.dormouse.edge.ApiKeys;
import io.dormouse.id.WorkspaceId;
import io.dormouse.testkit.memory.MemoryBlobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.PutItemResponse;

/** The program at the edge, run by Python over a table in a file: it takes the keys that the API makes, and no other. */
class KeyCheckTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** In place of AWS's library: one item a line, as the stores have written it. */
    private static final String BOTO3 = """
            import json, os
            class Table:
                def get_item(self, TableName, Key, ConsistentRead, ProjectionExpression):
                    assert TableName == "the-table" and ConsistentRead
                    items = json.load(open(os.environ["ITEMS"]))
                    wanted = [Key["pk"]["S"], Key["sk"]["S"]]
                    found = [i for i in items if [i["pk"]["S"], i["sk"]["S"]] == wanted]
                    return {"Item": {k: v for k, v in found[0].items() if k in ProjectionExpression.split(", ")}} if found else {}
            def client(name, config=None):
                return Table()
            """;

    private static final String RUN = """
            import json, sys, index
            for line in sys.stdin:
                try:
                    print(json.dumps(index.check(json.loads(line), None)))
                except Exception as e:
                    print(json.dumps({"refused": str(e)}))
            """;

    @TempDir
    Path room;

    private final WritesOnly table = new WritesOnly();
    private final ApiKeys keys = new ApiKeys(
            new DynamoResources(new Table(table, "the-table"), new MemoryBlobs(), Instant::now, new SecureRandom()),
            Instant::now,
            new SecureRandom());

    @Test
    void a_key_of_the_api_passes_in_either_header_and_everything_else_is_refused() throws Exception {
        ApiKeys.Created key = keys.create(WorkspaceId.DEFAULT, "");
        String other = "a-key-of-the-callers-choice";
        keys.register(other, WorkspaceId.DEFAULT, "");
        String plain = key.plain();
        String changed = plain.substring(0, 20) + (plain.charAt(20) == 'x' ? 'y' : 'x') + plain.substring(21);
        String unknown = new ApiKeys(
                        new DynamoResources(
                                new Table(new WritesOnly(), "the-table"),
                                new MemoryBlobs(),
                                Instant::now,
                                new SecureRandom()),
                        Instant::now,
                        new SecureRandom())
                .create(WorkspaceId.DEFAULT, "")
                .plain();

        List<JsonNode> answers = check(List.of(
                Map.of("x-api-key", plain),
                Map.of("Authorization", "Bearer " + plain),
                Map.of("X-Api-Key", other),
                Map.of(),
                Map.of("x-api-key", changed),
                Map.of("x-api-key", unknown),
                Map.of("x-api-key", "short"),
                Map.of("authorization", "Basic " + plain)));

        assertThat(answers.get(0).path("principalId").asText())
                .isEqualTo(key.key().id());
        assertThat(answers.get(0).path("usageIdentifierKey").asText()).isEqualTo("the-plan");
        assertThat(answers.get(0).path("policyDocument").toString()).contains("\"Allow\"", "arn:of:the:method");
        assertThat(answers.get(1)).isEqualTo(answers.get(0));
        assertThat(answers.get(2).path("policyDocument").toString()).contains("\"Allow\"");
        // The one word that API Gateway turns into a 401.
        assertThat(answers.subList(3, 8))
                .allMatch(a -> a.path("refused").asText().equals("Unauthorized"));
        assertThat(answers.toString()).doesNotContain(plain.substring(12), other);
    }

    @Test
    void a_revoked_key_is_refused() throws Exception {
        String plain = keys.create(WorkspaceId.DEFAULT, "").plain();
        table.items.getFirst().put("archived", AttributeValue.fromN("1"));
        assertThat(check(List.of(Map.of("x-api-key", plain)))
                        .getFirst()
                        .path("refused")
                        .asText())
                .isEqualTo("Unauthorized");
    }

    private List<JsonNode> check(List<Map<String, String>> headers) throws Exception {
        Files.writeString(room.resolve("index.py"), KeyCheck.source());
        Files.writeString(room.resolve("boto3.py"), BOTO3);
        Files.writeString(room.resolve("run.py"), RUN);
        Files.createDirectories(room.resolve("botocore"));
        Files.writeString(room.resolve("botocore/__init__.py"), "");
        Files.writeString(room.resolve("botocore/config.py"), "class Config:\n    def __init__(self, **_): pass\n");
        Files.writeString(room.resolve("items.json"), JSON.writeValueAsString(table.json()));
        List<String> events = new ArrayList<>();
        for (Map<String, String> given : headers) {
            ObjectNode event = JSON.createObjectNode().put("methodArn", "arn:of:the:method");
            given.forEach(event.putObject("headers")::put);
            events.add(event.toString());
        }
        Files.write(room.resolve("events"), events);
        ProcessBuilder python = new ProcessBuilder("python3", "run.py")
                .directory(room.toFile())
                .redirectInput(room.resolve("events").toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        python.environment()
                .putAll(Map.of(
                        "ITEMS", room.resolve("items.json").toString(),
                        "DORMOUSE_TABLE", "the-table",
                        "DORMOUSE_PLAN_KEY", "the-plan"));
        Process running;
        try {
            running = python.start();
        } catch (IOException e) {
            Assumptions.abort("Python is missing: " + e.getMessage());
            return List.of();
        }
        List<JsonNode> answers = new ArrayList<>();
        for (String line :
                new String(running.getInputStream().readAllBytes()).lines().toList()) answers.add(JSON.readTree(line));
        assertThat(running.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(answers).hasSameSizeAs(headers);
        return answers;
    }

    /** Keeps what the stores write. */
    private static final class WritesOnly implements DynamoDbClient {
        private final List<Map<String, AttributeValue>> items = new ArrayList<>();

        @Override
        public PutItemResponse putItem(PutItemRequest put) {
            items.add(new HashMap<>(put.item()));
            return PutItemResponse.builder().build();
        }

        List<Map<String, Map<String, String>>> json() {
            return items.stream()
                    .map(item -> {
                        Map<String, Map<String, String>> json = new HashMap<>();
                        item.forEach((name, value) -> json.put(
                                name,
                                value.s() != null ? Map.of("S", value.s()) : Map.of("N", String.valueOf(value.n()))));
                        return json;
                    })
                    .toList();
        }

        @Override
        public String serviceName() {
            return "dynamodb";
        }

        @Override
        public void close() {}
    }
}
