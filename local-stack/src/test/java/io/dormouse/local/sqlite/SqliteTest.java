package io.dormouse.local.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources.Query;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.SessionLog.Appended;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(600)
class SqliteTest {
    private static final ThreadId THREAD = new ThreadId("sthr_a");
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    Path folder;

    private Sqlite file;
    private SqliteSessionLog log;

    @BeforeEach
    void open() {
        file = Sqlite.open(folder.resolve("deep/er/test.db"));
        log = new SqliteSessionLog(file);
    }

    @AfterEach
    void close() {
        file.close();
    }

    @Test
    void a_closed_file_is_whole_and_alone_and_opens_again() throws Exception {
        log.append(THREAD, entry(1, 10));
        file.close();
        file.close();
        try (var files = Files.list(folder.resolve("deep/er"))) {
            assertThat(files).containsExactly(folder.resolve("deep/er/test.db"));
        }
        open();
        assertThat(log.read(THREAD, 0, 10)).hasSize(1);
        assertThat(TestFile.integrity(file)).isEqualTo("ok");
    }

    @Test
    void only_its_owner_may_read_the_file() throws Exception {
        log.append(THREAD, entry(1, 10));
        for (String name : List.of("test.db", "test.db-wal"))
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("deep/er/" + name))))
                    .isEqualTo("rw-------");
    }

    @Test
    void a_commit_is_flushed_to_the_disk() {
        long synchronous = file.write(s -> s.number("PRAGMA synchronous"));
        assertThat(synchronous).isEqualTo(2);
    }

    @Test
    void a_broken_write_fails_alone_and_leaves_nothing() throws Exception {
        // Hold the writer until everything else is queued, so that all of it becomes one batch.
        CountDownLatch gate = new CountDownLatch(1);
        AtomicReference<Integer> runs = new AtomicReference<>(0);
        List<Future<?>> futures = new ArrayList<>();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            CountDownLatch holding = new CountDownLatch(1);
            executor.submit(() -> file.write(s -> {
                holding.countDown();
                return await(gate);
            }));
            holding.await();
            List<Thread> waiting = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                int number = i;
                futures.add(executor.submit(() -> {
                    synchronized (waiting) {
                        waiting.add(Thread.currentThread());
                    }
                    return file.write(s -> {
                        runs.updateAndGet(n -> n + 1);
                        s.script("INSERT INTO head (thread, version, body) VALUES ('t" + number + "', 1, x'')");
                        if (number == 7) throw new SQLException("broken on purpose");
                        if (number == 8) throw new StackOverflowError("broken on purpose, too");
                        return number;
                    });
                }));
            }
            while (true) {
                synchronized (waiting) {
                    if (waiting.size() == 20 && waiting.stream().allMatch(t -> t.getState() == Thread.State.WAITING))
                        break;
                }
                Thread.onSpinWait();
            }
            gate.countDown();
        }
        assertThat(runs.get()).as("the batch was one, and was taken apart").isGreaterThan(20);
        for (int i = 0; i < 20; i++) {
            Future<?> future = futures.get(i);
            if (i == 7 || i == 8)
                assertThatThrownBy(future::get)
                        .hasRootCauseMessage(i == 7 ? "broken on purpose" : "broken on purpose, too");
            else assertThat(future.get()).isEqualTo(i);
        }
        assertThat(TestFile.count(file, "head")).isEqualTo(18);
    }

    @Test
    void a_full_disk_is_told_to_every_writer_and_ends_with_the_shortage() {
        file.write(s -> s.number("PRAGMA max_page_count = 40"));
        for (int i = 0; i < 3; i++) {
            ThreadId thread = new ThreadId("sthr_" + "abc".charAt(i));
            assertThatThrownBy(() -> log.append(thread, entry(1, 1_000_000)))
                    .isInstanceOf(BrokenStore.class)
                    .hasCauseInstanceOf(SQLException.class)
                    .hasMessageContaining("full");
        }
        file.write(s -> s.number("PRAGMA max_page_count = 100000"));
        assertThat(log.append(THREAD, entry(1, 1_000_000))).isEqualTo(new Appended.At(1));
        assertThat(TestFile.integrity(file)).isEqualTo("ok");
        assertThat(TestFile.count(file, "entry")).isEqualTo(1);
    }

    @Test
    void a_dead_connection_is_told_to_every_writer() {
        for (int i = 0; i < 3; i++)
            assertThatThrownBy(() -> file.write(s -> {
                        s.close();
                        return 0;
                    }))
                    .isInstanceOf(BrokenStore.class)
                    .hasCauseInstanceOf(SQLException.class);
        assertThatThrownBy(file::close).isInstanceOf(BrokenStore.class).hasMessageContaining("not closed cleanly");
    }

    @Test
    void after_the_close_nobody_hangs() {
        file.close();
        assertThatThrownBy(() -> log.append(THREAD, entry(1, 10)))
                .isInstanceOf(BrokenStore.class)
                .hasRootCauseMessage("the store is closed");
        assertThatThrownBy(() -> log.read(THREAD, 0, 10))
                .isInstanceOf(BrokenStore.class)
                .hasRootCauseMessage("the store is closed");
    }

    @Test
    void what_races_with_the_close_is_written_or_refused() throws Exception {
        List<Future<Boolean>> futures = new ArrayList<>();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 200; i++) {
                int position = i + 1;
                futures.add(executor.submit(() -> {
                    try {
                        log.append(THREAD, entry(position, 10));
                        return true;
                    } catch (BrokenStore closed) {
                        return false;
                    }
                }));
            }
            file.close();
        }
        long written = 0;
        for (Future<Boolean> future : futures) if (future.get()) written++;
        open();
        assertThat(TestFile.count(file, "entry")).isEqualTo(written);
    }

    @Test
    void an_interrupted_caller_still_learns_that_it_wrote() {
        Thread.currentThread().interrupt();
        assertThat(log.append(THREAD, entry(1, 10))).isEqualTo(new Appended.At(1));
        assertThat(log.read(THREAD, 0, 10)).hasSize(1);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void a_file_of_a_later_release_is_refused() {
        file.write(s -> {
            s.script("PRAGMA user_version = 99");
            return 0;
        });
        assertThatThrownBy(() -> Sqlite.open(folder.resolve("deep/er/test.db")))
                .isInstanceOf(BrokenStore.class)
                .hasMessageContaining("later release");
    }

    @Test
    void many_may_open_a_new_file_at_once() throws Exception {
        for (int round = 0; round < 20; round++) {
            Path path = folder.resolve("new" + round + ".db");
            try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<Sqlite>> all = IntStream.range(0, 8)
                        .mapToObj(i -> executor.submit(() -> Sqlite.open(path)))
                        .toList();
                for (Future<Sqlite> one : all) one.get().close();
            }
        }
    }

    @Test
    void two_processes_write_at_once_and_neither_fails() throws Exception {
        Process child = ChildWriter.start(folder.resolve("deep/er/test.db"), 300);
        try (var lines = child.inputReader();
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            lines.readLine();
            List<Future<?>> ours = new ArrayList<>();
            for (String name : List.of("a", "b", "c", "d"))
                ours.add(executor.submit(() -> {
                    for (int position = 1; position <= 300; position++)
                        log.append(new ThreadId("sthr_" + name), entry(position, 300));
                }));
            for (Future<?> one : ours) one.get();
            assertThat(lines.lines().count()).isEqualTo(8 * 300 - 1);
        }
        assertThat(child.waitFor()).isZero();
        assertThat(TestFile.count(file, "entry")).isEqualTo(12 * 300);
        assertThat(TestFile.integrity(file)).isEqualTo("ok");
    }

    @Test
    void expired_documents_do_not_pile_up() {
        Instant[] now = {NOW};
        SqliteResources resources = new SqliteResources(file, () -> now[0]);
        for (int i = 0; i < 100; i++) {
            now[0] = NOW.plusSeconds(i);
            Resource resource = Resource.of(WorkspaceId.DEFAULT, "k", "id" + i, now[0], Json.object())
                    .expiring(now[0].plusSeconds(5));
            resources.create(resource);
        }
        assertThat(TestFile.count(file, "resource")).isLessThan(10);
    }

    @Test
    void no_query_reads_more_than_it_needs() {
        for (boolean up : new boolean[] {true, false}) {
            assertThat(TestFile.plan(
                            file,
                            Listing.of(new Query("", up, null, null, null, true, 1))
                                    .sql()))
                    .contains("INDEX resource_by_time (workspace=? AND kind=? AND ", "(created,id)")
                    .doesNotContain("TEMP B-TREE");
            assertThat(TestFile.plan(
                            file,
                            Listing.of(new Query("x", up, null, null, null, true, 1))
                                    .sql()))
                    .contains("(workspace=? AND kind=? AND id>? AND id<?)");
        }
        assertThat(TestFile.plan(file, SqliteHeads.OWING))
                .contains("COVERING INDEX owing")
                .doesNotContain("TEMP B-TREE");
        assertThat(TestFile.plan(file, SqliteResources.FORGET)).contains("INDEX resource_expiring");
    }

    private static int await(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return 0;
    }

    private static Entry entry(long position, int size) {
        return new Entry(position, 1, "nonce" + position, NOW, List.of(new Fact.HandAttached("x".repeat(size))));
    }
}
