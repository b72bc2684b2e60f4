package io.dormouse.sandbox.room;

import io.dormouse.sandbox.tool.Cancellation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A command that prepares a hand: it runs in a room of its own of the shell's kind, with the room's variables. */
final class Errand {
    /** What such a script begins with: the variables come by standard input, which no other user can see. */
    static final String VARIABLES = "eval \"$(cat)\"; ";

    private static final int TOLD_CHARS = 2000;

    private Errand() {}

    sealed interface Ended {
        record Done() implements Ended {}

        /** @param why the end of what it said, or that its time was over */
        record Broken(String why) implements Ended {}

        record Cancelled() implements Ended {}
    }

    /** @param end of its time, by {@link System#nanoTime} */
    static Ended run(Room room, List<String> command, long end, Cancellation cancellation) throws IOException {
        Process process = room.start(View.SHELL, command);
        cancellation.signal().thenRun(() -> end(process));
        try (OutputStream in = process.getOutputStream()) {
            in.write(room.exports().getBytes(StandardCharsets.UTF_8));
        }
        Tail output = new Tail();
        Thread reader = Thread.ofVirtual().start(() -> drain(process, output));
        boolean inTime = false;
        try {
            inTime = process.waitFor(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (inTime) reader.join(1000);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        if (!inTime) end(process);
        if (cancellation.requested()) return new Ended.Cancelled();
        String said = output.take().text();
        String last = said.substring(Math.max(0, said.length() - TOLD_CHARS)).strip();
        if (!inTime) return new Ended.Broken("there was no time left for it. " + last);
        return process.exitValue() == 0 ? new Ended.Done() : new Ended.Broken(last);
    }

    /** The walls end what is inside with the process; where there are none, its children are looked for. */
    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private static void drain(Process process, Tail output) {
        byte[] buffer = new byte[8192];
        try (InputStream in = process.getInputStream()) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                output.append(buffer, count);
            }
        } catch (IOException closed) {
            // its end is what counts
        }
    }
}
