package io.dormouse.aws;

import static io.dormouse.aws.Items.b;
import static io.dormouse.aws.Items.key;
import static io.dormouse.aws.Items.n;
import static io.dormouse.aws.Items.s;
import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.aws.Meter.Use;
import io.dormouse.head.Head;
import io.dormouse.head.Snapshot;
import io.dormouse.session.Input;
import io.dormouse.session.Taken;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import io.dormouse.testkit.memory.MemoryBlobs;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Units against sizes that were worked out by hand. */
class MeterTest {
    /** Of {@code pk=p, sk=s, d=…}: three bytes, three bytes, one byte. */
    private static final int AROUND = 7;

    private final Meter meter = new Meter();
    private DynamoDbClient client;
    private Table table;

    @BeforeEach
    void open() {
        Emulator emulator = Emulator.moto();
        String name = emulator.freshTable().name();
        client = emulator.clients().seenBy(meter).dynamo();
        table = new Table(client, name);
    }

    @Test
    void an_item_is_as_large_as_its_names_and_values() {
        assertThat(Items.sizeBytes(Map.of())).isZero();
        assertThat(Items.sizeBytes(Map.of("pk", s("grüße")))).isEqualTo(2 + 7);
        assertThat(Items.sizeBytes(Map.of("b", b(new byte[100])))).isEqualTo(101);
        assertThat(Items.sizeBytes(Map.of("n", n(12345)))).isEqualTo(1 + 4);
        assertThat(Items.sizeBytes(Map.of("n", n(-100)))).isEqualTo(1 + 3);
        assertThat(Items.sizeBytes(Map.of("t", AttributeValue.fromBool(true)))).isEqualTo(2);
        assertThat(Items.sizeBytes(Map.of("l", AttributeValue.fromL(List.of(s("ab"), s("c"))))))
                .isEqualTo(1 + 3 + 1 + 2 + 1 + 1);
        assertThat(Items.sizeBytes(Map.of("m", AttributeValue.fromM(Map.of("k", s("v"))))))
                .isEqualTo(1 + 3 + 1 + 2);
    }

    @ParameterizedTest
    @CsvSource({"100,1,1", "1024,1,1", "1025,2,1", "4096,4,1", "4097,5,2", "204800,200,50"})
    void a_write_costs_by_the_kilobyte_and_a_strong_read_by_four(int sizeBytes, double write, double read) {
        put(sizeBytes);
        assertThat(used("PutItem")).isEqualTo(new Use(1, write, 0));
        client.getItem(get -> get.tableName(table.name()).key(key("p", "s")).consistentRead(true));
        assertThat(used("GetItem")).isEqualTo(new Use(1, 0, read));
        meter.reset();
        client.getItem(get -> get.tableName(table.name()).key(key("p", "s")));
        assertThat(used("GetItem")).isEqualTo(new Use(1, 0, read / 2));
    }

    @Test
    void an_overwrite_and_a_delete_cost_what_was_there() {
        put(3000);
        meter.reset();
        put(100);
        assertThat(used("PutItem")).isEqualTo(new Use(1, 3, 0));
        put(2049);
        client.deleteItem(delete -> delete.tableName(table.name()).key(key("p", "s")));
        assertThat(used("DeleteItem")).isEqualTo(new Use(1, 3, 0));
    }

    @Test
    void a_query_costs_the_sum_of_what_it_read() {
        DynamoSessionLog log = new DynamoSessionLog(table, new MemoryBlobs());
        var thread = Given.thread();
        long sum = 0;
        for (int i = 1; i <= 20; i++) log.append(thread, Given.entry(i));
        for (Map<String, AttributeValue> item : client.query(q -> q.tableName(table.name())
                        .keyConditionExpression("pk = :p")
                        .expressionAttributeValues(Map.of(":p", s(Items.thread(thread)))))
                .items()) sum += Items.sizeBytes(item);
        assertThat(sum).isBetween(4097L, 8192L);
        meter.reset();
        log.read(thread, 0, 100);
        assertThat(used("Query")).isEqualTo(new Use(1, 0, 2));
        meter.reset();
        log.read(thread, 19, 100);
        assertThat(used("Query")).isEqualTo(new Use(1, 0, 1));
    }

    @Test
    void a_refused_write_costs_what_is_there() {
        DynamoSessionLog log = new DynamoSessionLog(table, new MemoryBlobs());
        var thread = Given.thread();
        log.append(thread, Given.entry(1, Given.noise(3000)));
        meter.reset();
        log.append(thread, Given.entry(1));
        assertThat(used("PutItem").writeUnits()).isEqualTo(3);
    }

    @Test
    void a_head_pays_for_the_index_only_while_it_owes() {
        DynamoHeads heads = new DynamoHeads(table, new MemoryBlobs(), Emulator.RANDOM);
        Head rests = Given.head();
        heads.create(rests);
        assertThat(used("PutItem")).isEqualTo(new Use(1, 1, 0));

        Head owes = Given.mailed(rests);
        heads.swap(rests, owes);
        assertThat(used("UpdateItem")).as("the head, and into the index").isEqualTo(new Use(1, 2, 0));
        meter.reset();
        Head leased = ((Head.Claim.Granted) owes.claim("owner", Given.NOW)).next();
        heads.swap(owes, leased);
        assertThat(used("UpdateItem")).as("the head, and its place stays").isEqualTo(new Use(1, 1, 0));
        meter.reset();
        Head beaten = leased.beat(Snapshot.FRESH, Given.NOW.plusSeconds(2));
        heads.swap(leased, beaten);
        assertThat(used("UpdateItem")).as("the head, and its place stays").isEqualTo(new Use(1, 1, 0));
        meter.reset();
        assertThat(heads.owing(Given.NOW.plusSeconds(10), 10)).isEmpty();
        assertThat(used("Query")).as("four shards, eventually").isEqualTo(new Use(4, 0, 2));
        assertThat(used("BatchGetItem")).as("the head, eventually").isEqualTo(new Use(1, 0, 0.5));
        meter.reset();
        Snapshot done = new Snapshot(
                2, Snapshot.Phase.RESTING, Map.of(), Taken.NONE.with(owes.mail()), Usage.NONE, 1, null, null);
        heads.swap(beaten, beaten.settle(done, Given.NOW).orElseThrow());
        assertThat(used("UpdateItem")).as("the head, and out of the index").isEqualTo(new Use(1, 2, 0));
    }

    @Test
    void a_parked_head_moves_in_the_index_and_is_not_read_before_its_time() {
        DynamoHeads heads = new DynamoHeads(table, new MemoryBlobs(), Emulator.RANDOM);
        Head leased = ((Head.Claim.Granted) Given.mailed(Given.head()).claim("owner", Given.NOW)).next();
        heads.create(leased);
        Instant due = Given.NOW.plusSeconds(600);
        Snapshot retrying = new Snapshot(
                2, Snapshot.Phase.RETRYING, Map.of(), Taken.NONE.with(leased.mail()), Usage.NONE, 1, Given.NOW, due);
        heads.swap(leased, leased.release(retrying, Given.NOW));
        assertThat(used("UpdateItem")).as("the head, and its place changed").isEqualTo(new Use(1, 3, 0));
        heads.owing(due.minusMillis(1), 10);
        assertThat(used("BatchGetItem")).isNull();
    }

    @Test
    void a_page_of_documents_costs_a_unit_of_index_and_one_each() {
        DynamoResources resources = new DynamoResources(table, new MemoryBlobs(), () -> Given.NOW, Emulator.RANDOM);
        for (int i = 0; i < 5; i++) resources.create(Given.document("id" + i));
        assertThat(used("PutItem")).as("the document, and into the index").isEqualTo(new Use(5, 10, 0));
        var first = Given.document("id0");
        resources.swap(first, first.with(first.body(), Given.NOW));
        assertThat(used("UpdateItem")).as("the index stays as it is").isEqualTo(new Use(1, 1, 0));
        resources.list(
                first.workspace(),
                first.kind(),
                new io.dormouse.resource.Resources.Query("", true, null, null, null, true, 5));
        assertThat(used("Query")).isEqualTo(new Use(1, 0, 1));
        assertThat(used("BatchGetItem")).isEqualTo(new Use(1, 0, 5));
    }

    @Test
    void an_index_costs_when_what_it_holds_changes() {
        DynamoResources resources = new DynamoResources(table, new MemoryBlobs(), () -> Given.NOW, Emulator.RANDOM);
        var document = Given.document("id");
        resources.create(document);
        meter.reset();
        resources.swap(document, document.archived(Given.NOW));
        assertThat(used("UpdateItem"))
                .as("the document, and its row in the index")
                .isEqualTo(new Use(1, 2, 0));
        meter.reset();
        resources.delete(document.workspace(), document.kind(), document.id());
        assertThat(used("DeleteItem")).as("the document, and out of the index").isEqualTo(new Use(1, 2, 0));
    }

    @Test
    void a_large_document_costs_an_index_of_keys_no_more_than_a_small_one() {
        DynamoHeads heads = new DynamoHeads(table, new MemoryBlobs(), Emulator.RANDOM);
        Head rests = Given.head();
        heads.create(rests);
        Input input = new Input.UserMessage(Given.IDS.event(), ToolResult.text(Given.noise(20_000)));
        Head owes = ((Head.Posting.Accepted) rests.post(List.of(input), Given.NOW)).next();
        meter.reset();
        heads.swap(rests, owes);
        long sizeBytes = Items.sizeBytes(
                client.getItem(get -> get.tableName(table.name()).key(key(Items.thread(owes.thread()), "HEAD")))
                        .item());
        assertThat(sizeBytes).isGreaterThan(10 * 1024);
        assertThat(used("UpdateItem")).isEqualTo(new Use(1, Math.ceilDiv(sizeBytes, 1024) + 1, 0));
    }

    @Test
    void a_read_of_nothing_costs_as_much_as_one_of_something_small() {
        client.getItem(
                get -> get.tableName(table.name()).key(key("p", "nothing")).consistentRead(true));
        assertThat(used("GetItem")).isEqualTo(new Use(1, 0, 1));
        new DynamoSessionLog(table, new MemoryBlobs()).read(Given.thread(), 0, 100);
        assertThat(used("Query")).isEqualTo(new Use(1, 0, 1));
    }

    private void put(int sizeBytes) {
        Map<String, AttributeValue> item = Items.item(key("p", "s"), Map.of("d", s("x".repeat(sizeBytes - AROUND))));
        assertThat(Items.sizeBytes(item)).isEqualTo(sizeBytes);
        client.putItem(put -> put.tableName(table.name()).item(item));
    }

    private Use used(String operation) {
        return meter.byOperation().get(operation);
    }
}
