package io.dormouse.sandbox.exchange;

import io.dormouse.sandbox.room.Isolation;
import io.dormouse.sandbox.room.Room;
import io.dormouse.sandbox.room.View;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The folder of outputs, seen from a room of its own that can only read: whatever agent code puts there, a link to elsewhere,
 * a pipe, a file that grows, it is opened with the agent's rights and inside its walls.
 */
public final class Outputs {
    /** As many as a record of them is worth. */
    static final int MOST_FILES = 1000;

    private static final int LONGEST_FIELD_BYTES = 8192;
    private static final Duration LISTING = Duration.ofSeconds(20);
    private static final Duration READING = Duration.ofMinutes(5);

    /** @param state changes whenever the file is written to, or its permissions or owner change */
    public record Output(String path, long size, String state) {}

    /** @param complete false when there are more files, or some whose names are not UTF-8 */
    public record Listing(List<Output> files, boolean complete) {}

    private final Room room;

    public Outputs(Room room) {
        this.room = room;
    }

    /** Ordinary files, in no order. */
    public Listing list() throws IOException {
        String folder = room.isolation().seenAs(Isolation.OUTPUTS).toString();
        List<String> find = List.of(
                "/usr/bin/find", folder, "-xdev", "-mindepth", "1", "-type", "f", "-printf", "%P\\0%s\\0%C@/%i\\0");
        List<Output> files = new ArrayList<>();
        boolean complete = true;
        try (Bounded process = new Bounded(find, LISTING)) {
            InputStream in = new BufferedInputStream(process.output());
            while (true) {
                byte[] path = field(in);
                if (path == null) {
                    return new Listing(files, complete && process.endedWell());
                }
                byte[] size = field(in);
                byte[] state = field(in);
                if (size == null || state == null || files.size() == MOST_FILES) {
                    return new Listing(files, false);
                }
                try {
                    files.add(new Output(
                            StandardCharsets.UTF_8
                                    .newDecoder()
                                    .decode(ByteBuffer.wrap(path))
                                    .toString(),
                            Long.parseLong(new String(size, StandardCharsets.US_ASCII)),
                            new String(state, StandardCharsets.US_ASCII)));
                } catch (CharacterCodingException notText) {
                    complete = false;
                }
            }
        }
    }

    /** Up to the next zero byte; null at the end. */
    private static byte[] field(InputStream in) throws IOException {
        ByteArrayOutputStream field = new ByteArrayOutputStream();
        for (int b = in.read(); b > 0; b = in.read()) {
            field.write(b);
            if (field.size() > LONGEST_FIELD_BYTES) {
                throw new IOException("a name without an end");
            }
        }
        return field.size() == 0 ? null : field.toByteArray();
    }

    /** Whether the text can be the path of an output. */
    public static boolean isPath(String path) {
        for (String name : path.split("/", -1)) {
            if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf(0) >= 0) {
                return false;
            }
        }
        return true;
    }

    /** Copies the first {@code size} bytes; an exception when it has fewer, or is no ordinary file any more. */
    public void copy(String path, long size, OutputStream to) throws IOException {
        String file = room.isolation().seenAs(Isolation.OUTPUTS).resolve(path).toString();
        // No link at the end of the path, and a pipe does not make it wait.
        List<String> dd = List.of("/bin/dd", "if=" + file, "iflag=nofollow,nonblock", "bs=256K", "status=none");
        try (Bounded process = new Bounded(dd, READING)) {
            byte[] block = new byte[64 * 1024];
            long left = size;
            while (left > 0) {
                int count = process.output().read(block, 0, (int) Math.min(block.length, left));
                if (count < 0) {
                    throw new IOException("the output has fewer bytes than it had, or cannot be read");
                }
                to.write(block, 0, count);
                left -= count;
            }
        }
    }

    /** A process in the room that is ended when it takes too long, or nobody reads it any more. */
    private final class Bounded implements AutoCloseable {
        private final Process process;
        private final Thread guard;

        Bounded(List<String> command, Duration longest) throws IOException {
            process = room.start(View.USAGE, command);
            process.getOutputStream().close();
            guard = Thread.ofVirtual().start(() -> {
                try {
                    if (!process.waitFor(longest.toMillis(), TimeUnit.MILLISECONDS)) {
                        process.destroyForcibly();
                    }
                } catch (InterruptedException inTime) {
                    // read in time
                }
            });
        }

        InputStream output() {
            return process.getInputStream();
        }

        /** To be asked at the end of its output. */
        boolean endedWell() {
            try {
                return process.waitFor(1, TimeUnit.SECONDS) && process.exitValue() == 0;
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                return false;
            }
        }

        @Override
        public void close() {
            guard.interrupt();
            process.destroyForcibly();
        }
    }
}
