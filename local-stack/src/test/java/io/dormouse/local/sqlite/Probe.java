package io.dormouse.local.sqlite;

import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.SessionLog;
import io.dormouse.session.ToolResult;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Measures the stores. Run by hand: the only argument is a folder on the disk to measure. Each row is one durable write. */
final class Probe {
    private static final int SECONDS = 3;
    private static final Ids IDS = new Ids(InstantSource.system(), new SecureRandom());

    private interface Task {
        void run(ThreadId thread, long round);
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory(Path.of(arguments[0]), "probe");
        try (Sqlite file = Sqlite.open(folder.resolve("probe.db"))) {
            SqliteSessionLog log = new SqliteSessionLog(file);
            SqliteHeads heads = new SqliteHeads(file);
            Task append = (thread, round) -> {
                if (!(log.append(thread, entry(round)) instanceof SessionLog.Appended.At))
                    throw new IllegalStateException("taken");
            };
            for (int threads : new int[] {64, 1, 16, 64, 256}) measure("append", threads, append);
            Task read = (thread, round) -> log.read(thread, Math.max(0, round - 10), 10);
            for (int threads : new int[] {1, 64}) {
                measure("append+read", threads, (thread, round) -> {
                    append.run(thread, round);
                    read.run(thread, round);
                });
            }
            for (int threads : new int[] {1, 64}) measure("swap", threads, swaps(heads));
            Task empty = (thread, round) -> log.read(thread, 0, 10);
            for (int threads : new int[] {1, 64}) measure("read (nothing)", threads, empty);
        }
        try (var files = Files.walk(folder)) {
            files.forEach(path -> System.out.println(path + " " + path.toFile().length()));
        }
    }

    private static void measure(String what, int threads, Task task) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(threads);
        long cpuBefore = cpuNanos();
        long[][] micros = new long[threads][];
        long end = System.nanoTime() + SECONDS * 1_000_000_000L;
        for (int i = 0; i < threads; i++) {
            int number = i;
            Thread.ofVirtual().start(() -> {
                try {
                    ThreadId thread = IDS.session().primaryThread();
                    long[] times = new long[1 << 14];
                    int count = 0;
                    long last = System.nanoTime();
                    while (last < end) {
                        task.run(thread, count + 1);
                        long now = System.nanoTime();
                        if (count == times.length) times = Arrays.copyOf(times, 2 * count);
                        times[count++] = (now - last) / 1000;
                        last = now;
                    }
                    micros[number] = Arrays.copyOf(times, count);
                } finally {
                    done.countDown();
                }
            });
        }
        done.await();
        long cpu = cpuNanos() - cpuBefore;
        long[] all =
                Arrays.stream(micros).flatMapToLong(Arrays::stream).sorted().toArray();
        System.out.printf(
                "%-15s %4d threads %,9d /s   p50 %6d us   p99 %6d us   max %6d us   cpu %4d us a row%n",
                what,
                threads,
                all.length / SECONDS,
                all[all.length / 2],
                all[(int) (all.length * 0.99)],
                all[all.length - 1],
                cpu / 1000 / all.length);
    }

    /** Of the whole process: the number that a busy machine does not spoil. */
    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    /** About 600 bytes of JSON, like a short reply. */
    private static Entry entry(long position) {
        Posted posted = new Posted(
                position, Instant.now(), new Input.UserMessage(IDS.event(), ToolResult.text("x".repeat(400))));
        return new Entry(position, 1, IDS.next(), Instant.now(), List.of(new Fact.TurnBegan(List.of(posted))));
    }

    private static Task swaps(Heads heads) {
        return (thread, round) -> {
            if (round == 1) heads.create(Head.fresh(WorkspaceId.DEFAULT, session(thread), Instant.now()));
            Head head = heads.read(thread).orElseThrow();
            Head next = ((Head.Posting.Accepted) head.post(List.of(new Input.Interrupt(IDS.event())), Instant.now()))
                    .next();
            Head after = new Head(
                    next.workspace(),
                    next.session(),
                    next.thread(),
                    next.version(),
                    next.nextSeq(),
                    List.of(next.mail().getLast()),
                    next.lease(),
                    next.snapshot(),
                    null,
                    false,
                    next.createdAt(),
                    next.updatedAt());
            if (!(heads.swap(head, after) instanceof Heads.Swapped.Done)) throw new IllegalStateException("changed");
        };
    }

    private static SessionId session(ThreadId thread) {
        return new SessionId("sesn_" + thread.suffix());
    }

    private Probe() {}
}
