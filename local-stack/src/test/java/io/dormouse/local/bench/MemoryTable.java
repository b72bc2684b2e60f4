package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpFullResponse;

/**
 * As much of DynamoDB as the stores use, in the place of the SDK's HTTP client: the requests are the real ones, and never leave
 * the process. It answers after a time of the bench's choice, and remembers when it was asked what.
 */
final class MemoryTable implements SdkHttpClient {
    private static final int PAGE_BYTES = 1024 * 1024;

    /** A request from its arrival to its answer, by {@link System#nanoTime}. */
    record Served(String operation, long from, long to) {}

    private final Map<String, NavigableMap<String, ObjectNode>> partitions = new HashMap<>();
    private final List<Served> served = new ArrayList<>();
    private long writtenBytes;
    private long readBytes;
    private volatile long latencyMillis;

    void latency(long millis) {
        latencyMillis = millis;
    }

    synchronized void reset() {
        served.clear();
        writtenBytes = 0;
        readBytes = 0;
    }

    synchronized long writtenBytes() {
        return writtenBytes;
    }

    synchronized long readBytes() {
        return readBytes;
    }

    synchronized long writes() {
        return served.stream()
                .filter(s -> s.operation().equals("PutItem") || s.operation().equals("UpdateItem"))
                .count();
    }

    /** How many requests had to wait for one another, of those that were answered before a moment. */
    synchronized int inSequence(long before) {
        List<Served> byEnd = served.stream()
                .filter(s -> s.to() <= before)
                .sorted(Comparator.comparingLong(Served::to))
                .toList();
        int chain = 0;
        long end = Long.MIN_VALUE;
        for (Served s : byEnd)
            if (s.from() >= end) {
                chain++;
                end = s.to();
            }
        return chain;
    }

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
        return new ExecutableHttpRequest() {
            @Override
            public HttpExecuteResponse call() throws IOException {
                return answer(request);
            }

            @Override
            public void abort() {}
        };
    }

    @Override
    public void close() {}

    private HttpExecuteResponse answer(HttpExecuteRequest request) throws IOException {
        long from = System.nanoTime();
        String target =
                request.httpRequest().firstMatchingHeader("X-Amz-Target").orElseThrow();
        String operation = target.substring(target.indexOf('.') + 1);
        JsonNode body;
        try (InputStream in = request.contentStreamProvider().orElseThrow().newStream()) {
            body = Json.MAPPER.readTree(in);
        }
        ObjectNode answer = perform(operation, body);
        try {
            if (latencyMillis > 0) Thread.sleep(latencyMillis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        synchronized (this) {
            served.add(new Served(operation, from, System.nanoTime()));
        }
        byte[] bytes = Json.bytes(answer);
        return HttpExecuteResponse.builder()
                .response(SdkHttpFullResponse.builder()
                        .statusCode(answer.has("__type") ? 400 : 200)
                        .putHeader("Content-Type", "application/x-amz-json-1.0")
                        .putHeader("Content-Length", Integer.toString(bytes.length))
                        .build())
                .responseBody(AbortableInputStream.create(new ByteArrayInputStream(bytes)))
                .build();
    }

    /** What the service would answer; a refusal has a {@code __type}. */
    synchronized ObjectNode perform(String operation, JsonNode body) {
        return switch (operation) {
            case "GetItem" -> get(body);
            case "PutItem" -> put(body);
            case "UpdateItem" -> update(body);
            case "Query" -> query(body);
            default -> throw new UnsupportedOperationException(operation);
        };
    }

    private NavigableMap<String, ObjectNode> partition(JsonNode key) {
        return partitions.computeIfAbsent(key.at("/pk/S").asText(), pk -> new TreeMap<>());
    }

    private static String sort(JsonNode key) {
        return key.at("/sk/S").asText();
    }

    private ObjectNode get(JsonNode body) {
        JsonNode key = body.path("Key");
        ObjectNode item = partition(key).get(sort(key));
        if (item != null) readBytes += sizeBytes(item);
        return item == null ? Json.object() : Json.object().set("Item", item);
    }

    private ObjectNode put(JsonNode body) {
        ObjectNode item = (ObjectNode) body.path("Item");
        ObjectNode old = partition(item).get(sort(item));
        if (old != null) return refused(old);
        store(item);
        return Json.object();
    }

    private ObjectNode update(JsonNode body) {
        JsonNode key = body.path("Key");
        JsonNode names = body.path("ExpressionAttributeNames");
        JsonNode values = body.path("ExpressionAttributeValues");
        ObjectNode old = partition(key).get(sort(key));
        if (old == null) throw new UnsupportedOperationException("an update of nothing");
        if (!old.path("version").equals(values.path(":seen"))) return refused(old);
        ObjectNode item = old.deepCopy();
        String[] parts = body.path("UpdateExpression").asText().split(" REMOVE ");
        for (String set : parts[0].substring("SET ".length()).split(", ")) {
            String[] sides = set.split(" = ");
            item.set(names.path(sides[0]).asText(), values.get(sides[1]));
        }
        if (parts.length > 1)
            for (String name : parts[1].split(", "))
                item.remove(names.path(name).asText());
        store(item);
        return Json.object().set("Attributes", old);
    }

    private void store(ObjectNode item) {
        partition(item).put(sort(item), item);
        writtenBytes += sizeBytes(item);
    }

    /** A query in other words is an error, not a partition without items. */
    private static String value(JsonNode values, String name) {
        return values.required(name).required("S").textValue();
    }

    private ObjectNode query(JsonNode body) {
        if (body.has("IndexName")) throw new UnsupportedOperationException("a query of an index");
        JsonNode values = body.path("ExpressionAttributeValues");
        NavigableMap<String, ObjectNode> range = partitions
                .getOrDefault(value(values, ":pk"), new TreeMap<>())
                .subMap(value(values, ":first"), true, value(values, ":last"), true);
        JsonNode start = body.path("ExclusiveStartKey");
        if (!start.isMissingNode()) range = range.tailMap(sort(start), false);
        int limit = body.path("Limit").asInt(Integer.MAX_VALUE);
        ObjectNode answer = Json.object();
        ArrayNode items = answer.putArray("Items");
        long size = 0;
        ObjectNode last = null;
        Iterator<ObjectNode> left = range.values().iterator();
        while (left.hasNext() && items.size() < limit && size < PAGE_BYTES) {
            last = left.next();
            items.add(last);
            size += sizeBytes(last);
        }
        readBytes += size;
        if (last != null && (left.hasNext() || items.size() == limit)) {
            ObjectNode key = answer.putObject("LastEvaluatedKey");
            key.set("pk", last.get("pk"));
            key.set("sk", last.get("sk"));
        }
        return answer.put("Count", items.size());
    }

    private static ObjectNode refused(ObjectNode old) {
        ObjectNode answer = Json.object()
                .put("__type", "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException")
                .put("message", "The conditional request failed");
        answer.set("Item", old);
        return answer;
    }

    /** Names and values, as the service counts them. */
    private static long sizeBytes(ObjectNode item) {
        long size = 0;
        for (Map.Entry<String, JsonNode> attribute : item.properties()) {
            JsonNode value = attribute.getValue();
            size += attribute.getKey().length();
            if (value.has("B"))
                size += Base64.getDecoder().decode(value.path("B").asText()).length;
            else if (value.has("N")) size += value.path("N").asText().length() / 2 + 1;
            else size += value.path("S").asText().length();
        }
        return size;
    }
}
