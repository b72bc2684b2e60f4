package io.dormouse.local.lambda;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.DescribeStreamRequest;
import software.amazon.awssdk.services.dynamodb.model.GetRecordsResponse;
import software.amazon.awssdk.services.dynamodb.model.OperationType;
import software.amazon.awssdk.services.dynamodb.model.Record;
import software.amazon.awssdk.services.dynamodb.model.Shard;
import software.amazon.awssdk.services.dynamodb.model.ShardIteratorType;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;

/** The mapping of the table's stream to the harness, with the filter that the deployment gives it. */
final class TableStream {
    private static final int BATCH = 25;

    private final DynamoDbStreamsClient client;
    private final String stream;
    private final Consumer<byte[]> deliver;
    /** By shard. */
    private final Map<String, String> places = new HashMap<>();

    /** @param deliver a batch of records, as Lambda hands it to a function */
    TableStream(DynamoDbStreamsClient client, String stream, Consumer<byte[]> deliver) {
        this.client = client;
        this.stream = stream;
        this.deliver = deliver;
    }

    /** Delivers what is new. */
    void look() {
        for (Shard shard : client.describeStream(
                        DescribeStreamRequest.builder().streamArn(stream).build())
                .streamDescription()
                .shards()) look(shard.shardId());
    }

    private void look(String shard) {
        String place = places.computeIfAbsent(shard, this::beginning);
        while (place != null) {
            String from = place;
            GetRecordsResponse page = client.getRecords(get -> get.shardIterator(from));
            place = page.nextShardIterator();
            places.put(shard, place);
            deliver(page.records().stream().filter(TableStream::wanted).toList());
            if (page.records().isEmpty()) return;
        }
    }

    private String beginning(String shard) {
        return client.getShardIterator(
                        get -> get.streamArn(stream).shardId(shard).shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                .shardIterator();
    }

    private static boolean wanted(Record record) {
        return record.eventName() != OperationType.REMOVE
                && "HEAD".equals(record.dynamodb().keys().get("sk").s())
                && record.dynamodb().newImage().containsKey("ready")
                && "1".equals(record.dynamodb().newImage().get("ready").s());
    }

    private void deliver(List<Record> records) {
        for (int from = 0; from < records.size(); from += BATCH) {
            ObjectNode batch = Json.object();
            var list = batch.putArray("Records");
            records.subList(from, Math.min(records.size(), from + BATCH)).forEach(record -> list.add(event(record)));
            deliver.accept(Json.bytes(batch));
        }
    }

    private static ObjectNode event(Record record) {
        ObjectNode event = Json.object()
                .put("eventID", record.eventID())
                .put("eventName", record.eventNameAsString())
                .put("eventSource", "aws:dynamodb");
        ObjectNode change = event.putObject("dynamodb")
                .put("SequenceNumber", record.dynamodb().sequenceNumber());
        change.set("Keys", item(record.dynamodb().keys()));
        change.set("NewImage", item(record.dynamodb().newImage()));
        return event;
    }

    /** Texts and numbers: nothing else matters here. */
    private static ObjectNode item(Map<String, AttributeValue> attributes) {
        ObjectNode item = Json.object();
        attributes.forEach((name, value) -> {
            if (value.s() != null) item.putObject(name).put("S", value.s());
            if (value.n() != null) item.putObject(name).put("N", value.n());
        });
        return item;
    }
}
