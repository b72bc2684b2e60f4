package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.harness.Harness;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.Ids;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.local.sqlite.Sqlite;
import io.dormouse.local.sqlite.SqliteHeads;
import io.dormouse.local.sqlite.SqliteSessionLog;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Fold;
import io.dormouse.prompt.Model;
import io.dormouse.prompt.Prompt;
import io.dormouse.session.Entry;
import io.dormouse.session.Input;
import io.dormouse.session.SessionLog;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import io.dormouse.threads.ThreadPace;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * From the message to the model's request, in a process that has never seen the session: what is read and how long it takes,
 * by the length of the history. On SQLite, with a new harness for every measurement; each is made on a copy of the session,
 * since it makes it longer. What DynamoDB would charge follows from the sizes and its published rules.
 */
final class ResumeBench implements Bench.Benchmark {
    private static final int[] EVENTS = {10, 1_000, 10_000, 100_000};
    private static final int REPEATS = 7;
    private static final int WARM_UPS = 150;
    /** So small that what stands behind a summary is about as long as a session of ten events. */
    private static final int WINDOW = 8_000;

    private static final int LARGE_WINDOW = 200_000;
    private static final int READ_UNIT_BYTES = 4096;
    /** Keys, epoch and nonce of an item, roughly. */
    private static final int ITEM_BYTES = 120;

    private final ThreadPace pace = new ThreadPace();
    private final Random random = new Random(11);
    private final Ids ids = new Ids(pace::now, random);

    /** Of one resume. */
    private record Resume(long requests, long entries, long bytes, long units, double millis, int promptBytes) {}

    /** What one resume read, before the model was asked. */
    private static final class Reads {
        long requests;
        long entries;
        long bytes;
        long units;

        private void item(Object stored) {
            byte[] json = Json.bytes(stored);
            bytes += json.length;
            units += units(packed(json) + ITEM_BYTES);
        }

        void page(List<Entry> page) {
            requests++;
            entries += page.size();
            long all = 0;
            for (Entry entry : page) {
                byte[] json = Json.bytes(entry);
                bytes += json.length;
                all += packed(json) + ITEM_BYTES;
            }
            units += Math.max(1, units(all));
        }

        private static long units(long size) {
            return (size + READ_UNIT_BYTES - 1) / READ_UNIT_BYTES;
        }

        private static int packed(byte[] json) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(json);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return Math.min(json.length, out.size());
        }
    }

    /** A kind of session, with a copy for each measurement. */
    private static final class Case {
        final LongSession session;
        final List<ThreadId> copies = new ArrayList<>();
        final List<Resume> resumes = new ArrayList<>();

        Case(LongSession session, int copies, Heads heads, SessionLog log) {
            this.session = session;
            for (int i = 0; i < copies; i++) this.copies.add(session.copy(heads, log));
        }

        double median(java.util.function.ToDoubleFunction<Resume> figure) {
            return Figures.median(resumes.stream().map(figure::applyAsDouble).toList());
        }

        ObjectNode told() {
            ObjectNode told = Json.object()
                    .put("events", session.events())
                    .put("entries", session.position())
                    .put("entries_behind_base", session.position() - session.base())
                    .put("read_requests", median(Resume::requests))
                    .put("read_entries", median(Resume::entries))
                    .put("read_bytes", median(Resume::bytes))
                    .put("dynamodb_read_units", median(Resume::units))
                    .put("prompt_bytes", median(Resume::promptBytes));
            told.set("ms", Figures.spread(resumes.stream().map(Resume::millis).toList()));
            return told;
        }
    }

    @Override
    public boolean run(ObjectNode result, List<String> arguments) throws Exception {
        Path folder = Path.of("local-stack/target/bench");
        Files.createDirectories(folder);
        Path home = Files.createTempDirectory(folder.toAbsolutePath(), "resume-");
        try (Sqlite sqlite = Sqlite.open(home.resolve("dormouse.db"))) {
            return run(result, new SqliteHeads(sqlite), new SqliteSessionLog(sqlite));
        } finally {
            pace.close();
            try (Stream<Path> files = Files.walk(home)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
            }
        }
    }

    private boolean run(ObjectNode result, Heads heads, SessionLog log) {
        List<Case> cases = new ArrayList<>();
        LongSession session = null;
        for (int events : EVENTS) {
            // One session that grows would be as good; a session each is simpler to tell.
            session = new LongSession(pace, WINDOW).untilEvents(events);
            cases.add(new Case(session, REPEATS, heads, log));
            Bench.say(session.events() + " events in " + session.position() + " entries, a summary up to "
                    + session.base());
        }
        Case full = new Case(new LongSession(pace, WINDOW).untilEvents(1_000).untilFull(), REPEATS, heads, log);
        Case fullLarge = new Case(new LongSession(pace, LARGE_WINDOW).untilFull(), REPEATS, heads, log);
        for (int i = 0; i < WARM_UPS; i++) {
            // Of both kinds, that with a summary and that without.
            Case kind = cases.get(i % 2);
            resume(kind.session.copy(heads, log), kind.session, heads, log);
        }
        List<Case> all = new ArrayList<>(cases);
        all.add(full);
        all.add(fullLarge);
        for (int i = 0; i < REPEATS; i++)
            for (Case each : all) each.resumes.add(resume(each.copies.get(i), each.session, heads, log));
        List<Double> whole = new ArrayList<>();
        for (int i = 0; i < REPEATS; i++)
            whole.add(wholeLog(cases.getLast().copies.get(i), log));
        return tell(result, cases, full, fullLarge, whole);
    }

    private boolean tell(ObjectNode result, List<Case> cases, Case full, Case fullLarge, List<Double> whole) {
        Case small = cases.getFirst();
        Case large = cases.getLast();
        result.put("store", "sqlite").put("repeats", REPEATS).put("window_tokens", WINDOW);
        for (int i = 0; i < EVENTS.length; i++)
            result.set("events_" + EVENTS[i], cases.get(i).told());
        result.set("just_before_the_next_compaction", full.told());
        result.set("just_before_the_next_compaction_window_200k", fullLarge.told());
        ObjectNode reading = Json.object().put("read_requests", 1 + large.session.position() / 500);
        reading.set("ms", Figures.spread(whole));
        result.set("reading_the_whole_log_of_the_longest", reading);
        double time = large.median(Resume::millis) / small.median(Resume::millis);
        double requests = large.median(Resume::requests) / small.median(Resume::requests);
        double units = large.median(Resume::units) / small.median(Resume::units);
        double bytes = large.median(Resume::bytes) / small.median(Resume::bytes);
        result.set(
                "longest_to_shortest",
                Json.object()
                        .put("ms", Figures.rounded(time))
                        .put("read_requests", Figures.rounded(requests))
                        .put("dynamodb_read_units", Figures.rounded(units))
                        .put("read_bytes", Figures.rounded(bytes)));
        result.put(
                "sessions",
                "played by the real harness with a model that answers at once, in memory, then copied entry by entry");
        result.put("mark", "100,000 events to 10: time, read requests and read units <= 1.2");
        return time <= 1.2 && requests <= 1.2 && units <= 1.2;
    }

    /** One message, and the wake that follows it, up to the model. */
    private Resume resume(ThreadId thread, LongSession session, Heads heads, SessionLog log) {
        Reads reads = new Reads();
        long[] asked = {0};
        int[] promptBytes = {0};
        List<Object> read = new ArrayList<>();
        Model model = (Prompt prompt, Model.Watcher watcher, Cancellation cancellation) -> {
            if (asked[0] == 0) {
                // The bytes are a part of it: what leaves is what is measured.
                promptBytes[0] = Json.bytes(prompt.body()).length;
                asked[0] = System.nanoTime();
            }
            ObjectNode block = Json.object().put("type", "text").put("text", "Yes.");
            return new Model.Reply.Complete(List.of(block), "end_turn", null, Usage.NONE);
        };
        Harness harness = new Harness(LongSession.ports(
                pace, ids, random, seen(heads, read, asked), seen(log, read, asked), model, session.catalog));
        Input input = new Input.UserMessage(ids.event(), ToolResult.text("And now?"));
        long begun = System.nanoTime();
        LongSession.post(seen(heads, read, asked), thread, input, pace.now());
        harness.wake(thread, "resume", Instant.MAX);
        // Counted afterwards, so that counting takes no time.
        for (Object each : read)
            if (each instanceof Head head) {
                reads.requests++;
                reads.item(head);
            } else reads.page(((Page) each).entries());
        return new Resume(
                reads.requests,
                reads.entries,
                reads.bytes,
                reads.units,
                Figures.millis(asked[0] - begun),
                promptBytes[0]);
    }

    private record Page(List<Entry> entries) {}

    private static Heads seen(Heads heads, List<Object> read, long[] asked) {
        return new Heads() {
            @Override
            public Optional<Head> read(ThreadId thread) {
                Optional<Head> head = heads.read(thread);
                if (asked[0] == 0) read.add(head.orElseThrow());
                return head;
            }

            @Override
            public boolean create(Head head) {
                return heads.create(head);
            }

            @Override
            public Swapped swap(Head before, Head after) {
                return heads.swap(before, after);
            }

            @Override
            public List<ThreadId> owing(Instant by, int limit) {
                return heads.owing(by, limit);
            }
        };
    }

    private static SessionLog seen(SessionLog log, List<Object> read, long[] asked) {
        return new SessionLog() {
            @Override
            public Appended append(ThreadId thread, Entry entry) {
                return log.append(thread, entry);
            }

            @Override
            public List<Entry> read(ThreadId thread, long after, int limit) {
                List<Entry> page = log.read(thread, after, limit);
                if (asked[0] == 0) read.add(new Page(page));
                return page;
            }

            @Override
            public void drop(ThreadId thread) {
                log.drop(thread);
            }
        };
    }

    /** What a process would do that knows no base. */
    private static double wholeLog(ThreadId thread, SessionLog log) {
        long begun = System.nanoTime();
        new Fold(content -> content).readOn((after, limit) -> log.read(thread, after, limit), 0);
        return Figures.millis(System.nanoTime() - begun);
    }
}
