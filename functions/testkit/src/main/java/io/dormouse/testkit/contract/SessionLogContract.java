package io.dormouse.testkit.contract;

import static io.dormouse.testkit.contract.Samples.entry;
import static io.dormouse.testkit.contract.Samples.thread;
import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.SessionLog;
import io.dormouse.session.SessionLog.Appended;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a {@link SessionLog} must keep to. */
public abstract class SessionLogContract {
    private SessionLog log;

    /** A log that holds nothing for the threads of this test. Called once before each test. */
    protected abstract SessionLog emptyLog() throws Exception;

    @BeforeEach
    final void open() throws Exception {
        log = emptyLog();
    }

    @Test
    void an_unknown_thread_has_an_empty_log() {
        assertThat(log.read(thread(), 0, 10)).isEmpty();
    }

    @Test
    void an_entry_is_read_as_it_was_written() {
        ThreadId thread = thread();
        Entry entry = entry(1);
        assertThat(log.append(thread, entry)).isEqualTo(new Appended.At(1));
        assertThat(log.read(thread, 0, 10)).containsExactly(entry);
    }

    @Test
    void entries_are_read_in_the_order_of_their_positions() {
        ThreadId thread = thread();
        List<Entry> entries = write(thread, 12);
        assertThat(log.read(thread, 0, 100)).isEqualTo(entries);
    }

    @Test
    void a_read_begins_after_the_position_and_ends_at_the_limit() {
        ThreadId thread = thread();
        List<Entry> entries = write(thread, 12);
        assertThat(log.read(thread, 0, 5)).isEqualTo(entries.subList(0, 5));
        assertThat(log.read(thread, 5, 5)).isEqualTo(entries.subList(5, 10));
        assertThat(log.read(thread, 10, 5)).isEqualTo(entries.subList(10, 12));
        assertThat(log.read(thread, 12, 5)).isEmpty();
        assertThat(log.read(thread, 99, 5)).isEmpty();
    }

    @Test
    void a_position_taken_by_another_is_told_with_the_entry_and_kept() {
        ThreadId thread = thread();
        Entry first = entry(1);
        log.append(thread, first);
        assertThat(log.append(thread, entry(1))).isEqualTo(new Appended.Taken(first));
        assertThat(log.read(thread, 0, 10)).containsExactly(first);
    }

    @Test
    void a_position_taken_by_ourselves_is_our_write() {
        ThreadId thread = thread();
        Entry entry = entry(1);
        log.append(thread, entry);
        assertThat(log.append(thread, entry)).isEqualTo(new Appended.At(1));
        assertThat(log.append(thread, entry(1, entry.nonce()))).isEqualTo(new Appended.At(1));
        assertThat(log.read(thread, 0, 10)).containsExactly(entry);
    }

    @Test
    void of_sixteen_racing_writers_one_wins_and_the_others_are_told_who() throws Exception {
        for (int round = 1; round <= 20; round++) {
            ThreadId thread = thread();
            List<Entry> entries = IntStream.range(0, 16).mapToObj(i -> entry(1)).toList();
            List<Appended> outcomes = Together.all(16, i -> log.append(thread, entries.get(i)));

            List<Entry> written = log.read(thread, 0, 10);
            assertThat(written).hasSize(1);
            int winner = entries.indexOf(written.getFirst());
            for (int i = 0; i < 16; i++)
                assertThat(outcomes.get(i))
                        .isEqualTo(i == winner ? new Appended.At(1) : new Appended.Taken(written.getFirst()));
        }
    }

    @Test
    void many_threads_write_side_by_side_and_never_meet() throws Exception {
        List<ThreadId> threads = Stream.generate(Samples::thread).limit(32).toList();
        List<List<Entry>> written = Together.all(32, i -> write(threads.get(i), 20));
        for (int i = 0; i < 32; i++)
            assertThat(log.read(threads.get(i), 0, 100)).isEqualTo(written.get(i));
    }

    @Test
    void a_read_sees_every_append_that_returned_before() throws Exception {
        Together.all(8, i -> {
            ThreadId thread = thread();
            for (long position = 1; position <= 25; position++) {
                Entry entry = entry(position);
                log.append(thread, entry);
                assertThat(log.read(thread, position - 1, 10)).containsExactly(entry);
            }
            return thread;
        });
    }

    @Test
    void a_dropped_log_is_empty_and_its_neighbour_is_not() {
        ThreadId dropped = thread();
        ThreadId kept = thread();
        write(dropped, 40);
        List<Entry> entries = write(kept, 3);
        log.drop(dropped);
        log.drop(thread());
        assertThat(log.read(dropped, 0, 100)).isEmpty();
        assertThat(log.read(kept, 0, 100)).isEqualTo(entries);
    }

    @Test
    void a_megabyte_of_all_kinds_of_characters_survives() {
        ThreadId thread = thread();
        Entry entry = entry(
                1,
                List.of(new Fact.TurnBegan(
                        Samples.posted(new Input.UserMessage(Samples.event(), Samples.text(Samples.large()))))));
        assertThat(Json.bytes(entry)).hasSizeBetween(900_000, 1_500_000);
        log.append(thread, entry);
        assertThat(log.read(thread, 0, 10).equals(List.of(entry))).isTrue();
        assertThat(log.append(thread, entry(1)).equals(new Appended.Taken(entry)))
                .isTrue();
    }

    @Test
    void content_as_deep_as_a_request_may_be_survives() {
        ThreadId thread = thread();
        Entry entry = entry(
                1,
                List.of(new Fact.TurnBegan(
                        Samples.posted(new Input.UserMessage(Samples.event(), Samples.nested(Json.MAX_DEPTH))))));
        log.append(thread, entry);
        assertThat(log.read(thread, 0, 10)).containsExactly(entry);
    }

    @Test
    void every_kind_of_fact_and_input_survives() {
        assertThat(Samples.everyFact()).extracting(Object::getClass).containsAll(kinds(Fact.class));
        assertThat(Samples.everyInput()).extracting(Object::getClass).containsAll(kinds(Input.class));
        ThreadId thread = thread();
        Entry entry = entry(1, Samples.everyFact());
        log.append(thread, entry);
        assertThat(log.read(thread, 0, 10).getFirst().facts()).containsExactlyElementsOf(entry.facts());
        assertThat(log.read(thread, 0, 10)).containsExactly(entry);
    }

    private List<Entry> write(ThreadId thread, int count) {
        List<Entry> entries = new ArrayList<>();
        for (int position = 1; position <= count; position++) {
            Entry entry = entry(position);
            assertThat(log.append(thread, entry)).isEqualTo(new Appended.At(position));
            entries.add(entry);
        }
        return entries;
    }

    private static List<Class<?>> kinds(Class<?> type) {
        if (!type.isSealed()) return List.of(type);
        return Stream.of(type.getPermittedSubclasses())
                .flatMap(kind -> kinds(kind).stream())
                .toList();
    }
}
