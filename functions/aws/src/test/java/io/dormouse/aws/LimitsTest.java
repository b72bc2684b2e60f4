package io.dormouse.aws;

import static io.dormouse.aws.Given.entry;
import static io.dormouse.aws.Given.noise;
import static io.dormouse.aws.Given.thread;
import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.resource.Blobs;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources.Query;
import io.dormouse.session.Entry;
import io.dormouse.session.SessionLog.Appended;
import io.dormouse.testkit.memory.MemoryBlobs;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What fits into an item, a page and an index, and what does not. */
class LimitsTest {
    /** Remembers the sizes of what it was given. */
    private static final class Counting implements Blobs {
        private final MemoryBlobs blobs = new MemoryBlobs();
        private final List<Integer> sizes = new ArrayList<>();

        @Override
        public String put(byte[] content) {
            sizes.add(content.length);
            return blobs.put(content);
        }

        @Override
        public Optional<byte[]> get(String sha256) {
            return blobs.get(sha256);
        }
    }

    @Test
    void a_body_is_kept_plain_when_that_is_smaller_and_gzipped_otherwise() {
        Body body = new Body(new MemoryBlobs());
        assertThat(body.of("a")).containsOnlyKeys("json");
        assertThat(body.of("a".repeat(1000))).containsOnlyKeys("gzip");
        assertThat(body.read(body.of("a".repeat(1000)), String.class)).isEqualTo("a".repeat(1000));
    }

    @Test
    void a_body_at_the_limit_stays_in_the_item_and_one_byte_more_goes_to_the_blobs() {
        Counting blobs = new Counting();
        Body body = new Body(blobs);
        String noise = noise(300_000);
        int fits = 200_000;
        int over = 300_000;
        while (over - fits > 1) {
            int between = (fits + over) / 2;
            if (body.of(noise.substring(0, between)).containsKey("gzip")) fits = between;
            else over = between;
        }
        var inside = body.of(noise.substring(0, fits));
        // One letter more is at most a few bytes more.
        assertThat(inside.get("gzip").b().asByteArray().length)
                .isBetween(Body.MAX_INLINE_BYTES - 8, Body.MAX_INLINE_BYTES);
        blobs.sizes.clear();
        var outside = body.of(noise.substring(0, over));
        assertThat(outside).containsOnlyKeys("gzipBlob");
        assertThat(blobs.sizes).hasSize(1);
        assertThat(blobs.sizes.getFirst()).isBetween(Body.MAX_INLINE_BYTES + 1, Body.MAX_INLINE_BYTES + 8);
        assertThat(body.read(inside, String.class)).isEqualTo(noise.substring(0, fits));
        assertThat(body.read(outside, String.class)).isEqualTo(noise.substring(0, over));
    }

    @Test
    void entries_at_and_over_the_limit_of_an_item_are_read_as_they_were_written() {
        Emulator emulator = Emulator.moto();
        DynamoSessionLog log = new DynamoSessionLog(emulator.freshTable(), emulator.freshBlobs());
        ThreadId thread = thread();
        List<Entry> entries = List.of(
                entry(1, noise(260_000)),
                entry(2, noise(270_500)),
                entry(3, noise(290_000)),
                entry(4, noise(2_000_000)));
        for (Entry entry : entries) assertThat(log.append(thread, entry)).isEqualTo(new Appended.At(entry.position()));
        assertThat(log.read(thread, 0, 10).equals(entries)).isTrue();
        assertThat(log.append(thread, entry(4)).equals(new Appended.Taken(entries.getLast())))
                .isTrue();
    }

    @Test
    void a_log_of_several_megabytes_is_read_and_dropped_over_pages() {
        Emulator emulator = Emulator.moto();
        Meter meter = new Meter();
        Table table = emulator.freshTable();
        Table metered = new Table(emulator.clients().seenBy(meter).dynamo(), table.name());
        DynamoSessionLog log = new DynamoSessionLog(metered, new MemoryBlobs());
        ThreadId thread = thread();
        List<Entry> entries = IntStream.rangeClosed(1, 15)
                .mapToObj(i -> entry(i, noise(260_000 + i)))
                .toList();
        entries.forEach(entry -> log.append(thread, entry));

        assertThat(log.read(thread, 0, 100).equals(entries)).isTrue();
        assertThat(meter.byOperation().get("Query").requests()).isGreaterThanOrEqualTo(3);
        assertThat(log.read(thread, 2, 8).equals(entries.subList(2, 10))).isTrue();
        log.drop(thread);
        assertThat(log.read(thread, 0, 100)).isEmpty();
    }

    @Test
    void documents_with_ids_of_all_kinds_of_characters_are_listed_in_order() {
        Emulator emulator = Emulator.moto();
        DynamoResources resources = new DynamoResources(
                emulator.freshTable(), new MemoryBlobs(), InstantSource.fixed(Given.NOW), Emulator.RANDOM);
        // Also more than one batch of reads takes.
        List<String> ids = new ArrayList<>(List.of("#", "a b", "a#v1", "z~", "é", "漢字"));
        for (int i = 0; i < 120; i++) ids.add("n%03d".formatted(i));
        for (String id : ids) resources.create(Given.document(id));
        for (boolean ascending : new boolean[] {true, false}) {
            List<String> sorted = ids.stream().sorted().toList();
            assertThat(
                            resources
                                    .list(
                                            WorkspaceId.DEFAULT,
                                            "agent",
                                            new Query("", ascending, null, null, null, true, 500))
                                    .stream()
                                    .map(Resource::id))
                    .isEqualTo(ascending ? sorted : sorted.reversed());
        }
    }
}
