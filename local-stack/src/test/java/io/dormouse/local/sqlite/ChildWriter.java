package io.dormouse.local.sqlite;

import io.dormouse.id.Ids;
import io.dormouse.id.ThreadId;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** A process that appends to eight logs as fast as it can, and prints a line for each append that was acknowledged. */
final class ChildWriter {
    private ChildWriter() {}

    /** @param arguments the file, and how many entries each log shall get */
    public static void main(String[] arguments) throws Exception {
        try (Sqlite file = Sqlite.open(Path.of(arguments[0]))) {
            SqliteSessionLog log = new SqliteSessionLog(file);
            Ids ids = new Ids(InstantSource.system(), new SecureRandom());
            int count = Integer.parseInt(arguments[1]);
            List<Thread> threads = java.util.stream.IntStream.range(0, 8)
                    .mapToObj(i -> Thread.ofVirtual().start(() -> write(log, ids, count)))
                    .toList();
            for (Thread thread : threads) thread.join();
        }
    }

    private static void write(SqliteSessionLog log, Ids ids, int count) {
        ThreadId thread = ids.session().primaryThread();
        for (long position = 1; position <= count; position++) {
            List<Fact> facts = List.of(new Fact.HandLost("hand", "x".repeat(300)));
            log.append(thread, new Entry(position, 1, ids.next(), Instant.now(), facts));
            System.out.println(thread + " " + position);
        }
    }

    static Process start(Path file, int count) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ChildWriter.class.getName(),
                        file.toString(),
                        Integer.toString(count))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
