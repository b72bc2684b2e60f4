package io.dormouse.local.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.ThreadId;
import io.dormouse.session.Entry;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrashTest {
    @TempDir
    Path folder;

    @Test
    void everything_acknowledged_is_there_after_kill_nine() throws Exception {
        Path path = folder.resolve("test.db");
        Map<ThreadId, Long> acknowledged = new HashMap<>();
        for (int kill = 1; kill <= 2; kill++) {
            Process child = ChildWriter.start(path, Integer.MAX_VALUE);
            try (BufferedReader lines = child.inputReader()) {
                for (int i = 0; i < 2000; i++) note(acknowledged, lines.readLine());
                // Not by the Process, which would close the pipe.
                child.toHandle().destroyForcibly();
                // What was acknowledged up to the kill is still in the pipe. The last line may be cut off.
                for (String line = lines.readLine(), next; line != null; line = next) {
                    next = lines.readLine();
                    if (next != null) note(acknowledged, line);
                }
            }
            assertThat(child.waitFor()).as("died of SIGKILL").isEqualTo(128 + 9);

            try (Sqlite file = Sqlite.open(path)) {
                assertThat(TestFile.integrity(file)).isEqualTo("ok");
                SqliteSessionLog log = new SqliteSessionLog(file);
                acknowledged.forEach((thread, last) -> {
                    List<Entry> entries = log.read(thread, 0, Integer.MAX_VALUE);
                    assertThat(entries).hasSizeGreaterThanOrEqualTo(last.intValue());
                    assertThat(entries.stream().map(Entry::position))
                            .containsExactlyElementsOf(LongStream.rangeClosed(1, entries.size())
                                    .boxed()
                                    .toList());
                });
            }
        }
        assertThat(acknowledged).hasSize(16);
    }

    private static void note(Map<ThreadId, Long> acknowledged, String line) {
        int space = line.indexOf(' ');
        acknowledged.merge(
                new ThreadId(line.substring(0, space)), Long.parseLong(line.substring(space + 1)), Math::max);
    }
}
