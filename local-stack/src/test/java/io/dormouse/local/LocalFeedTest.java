package io.dormouse.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.wire.Feed.News;
import io.dormouse.wire.Feed.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class LocalFeedTest {
    private static final ThreadId THREAD = new ThreadId("sthr_a");
    private static final ThreadId OTHER = new ThreadId("sthr_b");
    private static final Duration LONG = Duration.ofMinutes(1);

    private final LocalFeed feed = new LocalFeed();

    @Test
    void a_thread_is_watched_from_the_first_watch_to_the_last() {
        assertThat(feed.watched(THREAD)).isFalse();
        Watch first = feed.watch(THREAD, true);
        Watch second = feed.watch(THREAD, true);
        first.close();
        first.close();
        assertThat(feed.watched(THREAD)).isTrue();
        assertThat(feed.watched(OTHER)).isFalse();
        second.close();
        assertThat(feed.watched(THREAD)).isFalse();
    }

    @Test
    void news_come_in_order_to_every_watch_of_the_thread_only() throws Exception {
        try (Watch first = feed.watch(THREAD, true);
                Watch second = feed.watch(THREAD, true);
                Watch other = feed.watch(OTHER, true)) {
            feed.delta(THREAD, delta(1));
            feed.delta(THREAD, delta(2));
            feed.appended(THREAD);
            feed.delta(THREAD, delta(3));
            for (Watch watch : List.of(first, second))
                assertThat(drain(watch)).containsExactly(told(1), told(2), new News.Appended(1), told(3));
            assertThat(drain(other)).isEmpty();
        }
    }

    @Test
    void what_happened_before_the_watch_is_not_told() throws Exception {
        feed.appended(THREAD);
        feed.delta(THREAD, delta(1));
        try (Watch watch = feed.watch(THREAD, true)) {
            assertThat(drain(watch)).isEmpty();
        }
    }

    @Test
    void many_appends_are_told_once_without_the_deltas_between_them() throws Exception {
        try (Watch watch = feed.watch(THREAD, true)) {
            feed.delta(THREAD, delta(1));
            for (int i = 0; i < 1000; i++) {
                feed.appended(THREAD);
                feed.delta(THREAD, delta(2 + i));
            }
            assertThat(drain(watch)).containsExactly(told(1), new News.Appended(1000), told(1001));
        }
    }

    @Test
    void an_append_is_never_lost_to_a_full_queue() throws Exception {
        try (Watch watch = feed.watch(THREAD, true)) {
            for (int i = 0; i < 2 * LocalFeed.MAX_DELTAS; i++) feed.delta(THREAD, delta(i));
            feed.appended(THREAD);
            List<News> news = drain(watch);
            assertThat(news).hasSize(LocalFeed.MAX_DELTAS + 1).endsWith(new News.Appended(1));
            assertThat(news.getFirst()).isEqualTo(told(0));
        }
    }

    @Test
    void a_text_has_no_hole_but_an_early_end() throws Exception {
        try (Watch watch = feed.watch(THREAD, true)) {
            for (int i = 0; i <= LocalFeed.MAX_DELTAS; i++) feed.delta(THREAD, delta(i));
            assertThat(drain(watch)).endsWith(told(LocalFeed.MAX_DELTAS - 1));
            feed.delta(THREAD, delta(5000));
            assertThat(drain(watch)).isEmpty();
            feed.appended(THREAD);
            feed.delta(THREAD, delta(5001));
            assertThat(drain(watch)).containsExactly(new News.Appended(1), told(5001));
        }
    }

    @Test
    void a_waiting_reader_wakes_for_an_append_a_delta_and_the_close() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Watch watch = feed.watch(THREAD, true);
            Future<News> append = threads.submit(() -> watch.next(LONG));
            feed.appended(THREAD);
            assertThat(append.get()).isEqualTo(new News.Appended(1));
            Future<News> delta = threads.submit(() -> watch.next(LONG));
            feed.delta(THREAD, delta(1));
            assertThat(delta.get()).isEqualTo(told(1));
            Future<News> close = threads.submit(() -> watch.next(LONG));
            watch.close();
            assertThat(close.get()).isEqualTo(new News.Nothing());
        }
    }

    @Test
    void a_reader_without_news_comes_back_after_the_timeout() throws Exception {
        try (Watch watch = feed.watch(THREAD, true)) {
            assertThat(watch.next(Duration.ofMillis(1))).isEqualTo(new News.Nothing());
        }
    }

    @Test
    void an_interrupt_ends_the_waiting() {
        try (Watch watch = feed.watch(THREAD, true)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> watch.next(LONG)).isInstanceOf(InterruptedException.class);
        }
    }

    @Test
    void a_closed_watch_tells_and_keeps_nothing() throws Exception {
        Watch watch = feed.watch(THREAD, true);
        feed.appended(THREAD);
        feed.delta(THREAD, delta(1));
        watch.close();
        feed.appended(THREAD);
        assertThat(drain(watch)).isEmpty();
        assertThat(feed.watched(THREAD)).isFalse();
    }

    @Test
    void watches_that_come_and_go_side_by_side_leave_nothing_and_miss_nothing() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<News>> all = new ArrayList<>();
            for (int i = 0; i < 200; i++)
                all.add(threads.submit(() -> {
                    try (Watch watch = feed.watch(THREAD, true)) {
                        feed.appended(THREAD);
                        return watch.next(LONG);
                    }
                }));
            for (Future<News> one : all) assertThat(one.get()).isInstanceOf(News.Appended.class);
        }
        assertThat(feed.watched(THREAD)).isFalse();
    }

    private static ObjectNode delta(int number) {
        return Json.object().put("number", number);
    }

    private static News told(int number) {
        return new News.Delta(delta(number));
    }

    private static List<News> drain(Watch watch) throws InterruptedException {
        List<News> all = new ArrayList<>();
        while (true) {
            News news = watch.next(Duration.ZERO);
            if (news instanceof News.Nothing) return all;
            all.add(news);
        }
    }
}
