package io.dormouse.aws;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.wire.Feed;
import io.dormouse.wire.Feed.News;
import io.dormouse.wire.Feed.Watch;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Two processes that share nothing but the table. */
class DynamoFeedTest {
    private static final Duration LONG = Duration.ofMinutes(10);

    private final ThreadId thread = Given.thread();
    private final Emulator emulator = Emulator.moto();
    private final Table table = emulator.freshTable();
    private Instant now = Given.NOW;
    private final Feed brain = new DynamoFeed(table, () -> now);
    private final Feed edge = new DynamoFeed(table, () -> now);

    @Test
    void every_tick_may_be_news_and_has_a_higher_number() throws InterruptedException {
        try (Watch watch = edge.watch(thread, false)) {
            News.Passed first = (News.Passed) watch.next(LONG);
            News.Passed second = (News.Passed) watch.next(LONG);
            assertThat(second.number()).isGreaterThan(first.number());
        }
    }

    @Test
    void once_in_every_timeout_there_is_nothing_so_that_the_stream_shows_life() throws InterruptedException {
        try (Watch watch = edge.watch(thread, true)) {
            News news = watch.next(Duration.ofMillis(1));
            while (!(news instanceof News.Nothing)) news = watch.next(Duration.ofMillis(1));
            assertThat(watch.next(LONG)).isInstanceOf(News.Passed.class);
        }
    }

    @Test
    void deltas_come_in_order_once_and_before_the_look_at_the_log() throws InterruptedException {
        brain.delta(thread, delta(-1));
        brain.flush(thread);
        try (Watch one = edge.watch(thread, true);
                Watch other = edge.watch(thread, true)) {
            IntStream.range(0, 5).forEach(number -> brain.delta(thread, delta(number)));
            brain.flush(thread);
            brain.delta(thread, delta(5));
            brain.flush(thread);
            assertThat(untilLook(one)).containsExactly(0, 1, 2, 3, 4, 5);
            assertThat(untilLook(one)).isEmpty();
            assertThat(untilLook(other)).containsExactly(0, 1, 2, 3, 4, 5);
        }
    }

    @Test
    void deltas_come_without_a_flush_and_however_many() throws InterruptedException {
        try (Watch watch = edge.watch(thread, true)) {
            int many = 2_500;
            for (int number = 0; number < many; number++) brain.delta(thread, delta(number));
            List<Integer> told = new ArrayList<>();
            while (told.size() < many) told.addAll(untilLook(watch));
            assertThat(told).isEqualTo(IntStream.range(0, many).boxed().toList());
        }
    }

    @Test
    void a_thread_is_watched_while_somebody_wants_deltas_and_a_while_longer() throws InterruptedException {
        assertThat(brain.watched(thread)).isFalse();
        edge.watch(thread, false).close();
        assertThat(brain.watched(thread)).isFalse();
        try (Watch watch = edge.watch(thread, true)) {
            assertThat(brain.watched(thread)).isTrue();
            assertThat(brain.watched(Given.thread())).isFalse();
            now = now.plusSeconds(20);
            untilLook(watch);
            now = now.plusSeconds(20);
            assertThat(brain.watched(thread)).isTrue();
        }
        now = now.plusSeconds(31);
        assertThat(brain.watched(thread)).isFalse();
    }

    @Test
    void what_streamed_goes_with_the_log() {
        brain.delta(thread, delta(0));
        brain.flush(thread);
        assertThat(items()).isEqualTo(1);
        new DynamoSessionLog(table, emulator.freshBlobs()).drop(thread);
        assertThat(items()).isZero();
    }

    private int items() {
        return table.client()
                .query(query -> query.tableName(table.name())
                        .keyConditionExpression("pk = :thread")
                        .expressionAttributeValues(Map.of(":thread", Items.s(Items.thread(thread)))))
                .count();
    }

    private static List<Integer> untilLook(Watch watch) throws InterruptedException {
        List<Integer> numbers = new ArrayList<>();
        while (true) {
            switch (watch.next(LONG)) {
                case News.Delta(ObjectNode event) ->
                    numbers.add(event.path("number").asInt());
                case News.Passed passed -> {
                    return numbers;
                }
                case News.Appended appended -> throw new AssertionError("who would announce it?");
                case News.Nothing nothing -> throw new AssertionError("nothing for so long");
            }
        }
    }

    private static ObjectNode delta(int number) {
        return Json.object().put("number", number);
    }
}
