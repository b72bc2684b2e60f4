package io.dormouse.sandbox.room;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Counts what the hand's folders hold, from a room of its own that sees them read-only: counting from outside would
 * follow whatever agent code puts in the way. One thread at a time.
 */
public final class DiskUsage implements AutoCloseable {
    private static final String COUNT = """
            while read -r _; do
              du -s --block-size=1 "$@" 2>/dev/null | { s=0; while read -r n _; do s=$((s+n)); done; echo $s; }
              du -s --inodes "$@" 2>/dev/null | { s=0; while read -r n _; do s=$((s+n)); done; echo $s; }
            done
            """;

    /** Bytes on disk, a hard-linked file once, and files and folders. */
    public record Measured(long bytes, long files) {}

    private final Room room;
    private Process process;
    private BufferedReader answers;

    public DiskUsage(Room room) {
        this.room = room;
    }

    /** Counts now, in at most 30 s. Nothing when it cannot, which the next time may mend. */
    public synchronized Optional<Measured> measure() {
        try {
            ensure();
            Process counting = process;
            Thread guard = Thread.ofVirtual().start(() -> endAfterLimit(counting));
            try {
                OutputStream ask = counting.getOutputStream();
                ask.write('\n');
                ask.flush();
                return Optional.of(new Measured(number(), number()));
            } finally {
                guard.interrupt();
            }
        } catch (IOException | NumberFormatException failed) {
            close();
            return Optional.empty();
        }
    }

    @Override
    public synchronized void close() {
        if (process != null) {
            process.destroyForcibly();
            process = null;
        }
    }

    private void ensure() throws IOException {
        if (process != null && process.isAlive()) {
            return;
        }
        Isolation walls = room.isolation();
        List<String> count = new ArrayList<>(List.of("/bin/bash", "-c", COUNT, "count"));
        count.add(walls.seenAs(Isolation.WORKSPACE).toString());
        count.add(walls.seenAs(Isolation.OUTPUTS).toString());
        if (walls.ownsTmp()) {
            count.add("/tmp");
        }
        process = room.start(View.USAGE, count);
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
    }

    private long number() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException("the counting process ended");
        }
        return Long.parseLong(line.strip());
    }

    private static void endAfterLimit(Process counting) {
        try {
            if (!counting.waitFor(30, TimeUnit.SECONDS)) {
                counting.destroyForcibly();
            }
        } catch (InterruptedException inTime) {
            // counted in time
        }
    }
}
