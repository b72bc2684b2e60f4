package io.dormouse.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.ThreadId;
import io.dormouse.wire.Feed.News;
import io.dormouse.wire.Feed.Watch;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PolledFeedTest {
    private static final ThreadId THREAD =
            ThreadId.parse("sthr_1ChWQ4JT73akAbBHygR4or").orElseThrow();

    private final PolledFeed feed = new PolledFeed();

    @Test
    void every_tick_may_be_news_and_has_a_higher_number() throws InterruptedException {
        try (Watch watch = feed.watch(THREAD)) {
            News.Appended first = (News.Appended) watch.next(Duration.ofSeconds(15));
            News.Appended second = (News.Appended) watch.next(Duration.ofSeconds(15));
            assertThat(second.number()).isGreaterThan(first.number());
        }
    }

    @Test
    void once_in_every_timeout_there_is_nothing_so_that_the_stream_shows_life() throws InterruptedException {
        try (Watch watch = feed.watch(THREAD)) {
            News news = watch.next(Duration.ofMillis(1));
            while (!(news instanceof News.Nothing)) news = watch.next(Duration.ofMillis(1));
            assertThat(watch.next(Duration.ofSeconds(15))).isInstanceOf(News.Appended.class);
        }
    }
}
