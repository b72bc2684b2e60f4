package io.dormouse.aws;

import static io.dormouse.aws.Given.entry;
import static io.dormouse.aws.Given.head;
import static io.dormouse.aws.Given.thread;
import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.head.Head;
import io.dormouse.id.ThreadId;
import io.dormouse.session.SessionLog.Appended;
import io.dormouse.testkit.memory.MemoryBlobs;
import io.dormouse.testkit.moto.Moto;
import io.dormouse.testkit.network.BadNetwork;
import io.dormouse.testkit.network.BadNetwork.Fate;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** A connection may end behind any byte of an answer: half an answer is none, and is never taken for one that says little. */
class CutAnswersTest {
    /** More than the headers of an answer and the beginning of its body. */
    private static final int BYTES = 700;

    /** Far enough apart for a test, and not in step with the lines of a header. */
    private static final int STEP = 7;

    private final AtomicReference<Fate> next = new AtomicReference<>(new Fate.Whole());
    private final AtomicInteger connections = new AtomicInteger();

    /** Each answer of the table is cut once, and the second attempt gets through. */
    private BadNetwork network() {
        return BadNetwork.before(Moto.endpoint(), () -> {
            connections.incrementAndGet();
            return next.getAndSet(new Fate.Whole());
        });
    }

    @Test
    void wherever_an_answer_of_the_table_ends_it_is_asked_for_again() {
        Emulator direct = Emulator.moto();
        Table table = direct.freshTable();
        MemoryBlobs blobs = new MemoryBlobs();
        ThreadId thread = thread();
        new DynamoSessionLog(table, blobs).append(thread, entry(1));
        Head head = head();
        new DynamoHeads(table, blobs, Emulator.RANDOM).create(head);
        try (BadNetwork network = network()) {
            for (int after = 0; after < BYTES; after += STEP) {
                next.set(new Fate.CutAnswer(after, false));
                Table behind = new Table(Emulator.at(network.address()).dynamo(), table.name());
                DynamoSessionLog log = new DynamoSessionLog(behind, blobs);
                assertThat(log.read(thread, 0, 10))
                        .as("a query's answer, cut behind " + after)
                        .hasSize(1);

                next.set(new Fate.CutAnswer(after, false));
                behind = new Table(Emulator.at(network.address()).dynamo(), table.name());
                assertThat(new DynamoHeads(behind, blobs, Emulator.RANDOM).read(head.thread()))
                        .as("an item, cut behind " + after)
                        .contains(head);

                next.set(new Fate.CutAnswer(after, false));
                behind = new Table(Emulator.at(network.address()).dynamo(), table.name());
                assertThat(new DynamoSessionLog(behind, blobs).append(thread, entry(1)))
                        .as("a refusal, cut behind " + after)
                        .isInstanceOf(Appended.Taken.class);
            }
            assertThat(connections.get()).as("a cut and another attempt each").isGreaterThan(3 * BYTES / STEP);
        }
    }

    @Test
    void wherever_a_blob_ends_it_is_asked_for_again() {
        Emulator direct = Emulator.moto();
        S3Blobs blobs = direct.freshBlobs();
        byte[] content = "what was kept".repeat(20).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        String name = blobs.put(content);
        String bucket = direct.s3().listBuckets().buckets().stream()
                .filter(each -> direct.s3().listObjectsV2(list -> list.bucket(each.name())).contents().stream()
                        .anyMatch(object -> object.key().contains(name)))
                .findFirst()
                .orElseThrow()
                .name();
        try (BadNetwork network = network()) {
            for (int after = 0; after < BYTES; after += STEP) {
                next.set(new Fate.CutAnswer(after, false));
                S3Blobs behind = new S3Blobs(Emulator.at(network.address()).s3(), bucket);
                assertThat(behind.get(name)).as("cut behind " + after).hasValueSatisfying(got -> assertThat(got)
                        .isEqualTo(content));
            }
        }
    }
}
