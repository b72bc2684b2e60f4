package io.dormouse.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SseParserTest {
    private static final String STREAM = """
            : a comment

            event: message_start
            data: {"a":1}

            data: one
            data:two
            data
            data:  three
            id: 7
            retry: 10

            event: empty

            event:ping
            data:

            event: emoji
            data: naïve 🐭 née
            datum: no field
            :data: no field either

            data: never finished
            """;
    private static final List<String> EVENTS =
            List.of("message_start={\"a\":1}", "message=one\ntwo\n\n three", "ping=", "emoji=naïve 🐭 née");

    @Test
    void events_are_the_same_wherever_the_bytes_are_split_and_however_lines_end() {
        for (String ending : List.of("\n", "\r", "\r\n")) {
            byte[] bytes = ("\uFEFF" + STREAM.replace("\n", ending)).getBytes(StandardCharsets.UTF_8);
            for (int split = 0; split <= bytes.length; split++) {
                assertThat(parsed(bytes, split))
                        .as("ending in %s, split at %s", ending, split)
                        .isEqualTo(EVENTS);
            }
        }
    }

    @Test
    void events_are_the_same_byte_for_byte() {
        byte[] bytes = STREAM.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8);
        List<String> events = new ArrayList<>();
        SseParser parser = parserInto(events);
        for (int i = 0; i < bytes.length; i++) parser.feed(bytes, i, i + 1);
        assertThat(events).isEqualTo(EVENTS);
    }

    @Test
    void an_event_counts_only_with_its_empty_line() {
        assertThat(parsed("data: a\n")).isEmpty();
        assertThat(parsed("data: a\n\r\n")).containsExactly("message=a");
        assertThat(parsed("data: a\r\n\r\ndata: b\n\n")).containsExactly("message=a", "message=b");
    }

    @Test
    void a_byte_order_mark_is_passed_over_at_the_very_start_only() {
        assertThat(parsed("\uFEFFdata: a\n\n\uFEFFdata: b\n\n")).containsExactly("message=a");
    }

    @Test
    void a_line_or_an_event_beyond_the_limit_ends_the_parsing() {
        List<String> events = new ArrayList<>();
        SseParser parser = new SseParser(10, (name, buffer, from, to) -> events.add(name));
        assertThat(feed(parser, "data: 12345\n\n")).isTrue();
        assertThat(feed(parser, "data: 123456789")).isFalse();
        assertThat(feed(parser, "\n\ndata: 1\n\n")).isFalse();
        assertThat(events).hasSize(1);

        SseParser lines = new SseParser(10, (name, buffer, from, to) -> events.add(name));
        assertThat(feed(lines, "data: 1234\ndata: 1234\n")).isTrue();
        assertThat(feed(lines, "data: 1\n\n")).isFalse();
        assertThat(events).hasSize(1);
    }

    private static boolean feed(SseParser parser, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return parser.feed(bytes, 0, bytes.length);
    }

    private static List<String> parsed(String text) {
        return parsed(text.getBytes(StandardCharsets.UTF_8), 0);
    }

    private static List<String> parsed(byte[] bytes, int split) {
        List<String> events = new ArrayList<>();
        SseParser parser = parserInto(events);
        byte[] first = Arrays.copyOf(bytes, split);
        assertThat(parser.feed(first, 0, split)).isTrue();
        assertThat(parser.feed(bytes, split, bytes.length)).isTrue();
        return events;
    }

    private static SseParser parserInto(List<String> events) {
        return new SseParser(
                10_000,
                (name, buffer, from, to) ->
                        events.add(name + "=" + new String(buffer, from, to - from, StandardCharsets.UTF_8)));
    }
}
