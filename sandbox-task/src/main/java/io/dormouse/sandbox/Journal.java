package io.dormouse.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.sandbox.tool.ToolResult;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Optional;

/**
 * What became of each call, as one JSON line per fact in an append-only file:
 * {@code {"at","fact":"started","id","digest"}} before the effect and
 * {@code {"at","fact":"done","id","text","is_error"}} after it. The names are a promise: a later version reads them.
 *
 * <p>A line is in the kernel's hands when a method returns, so it outlives this process, though not a power failure.
 * Safe for several threads.
 */
final class Journal implements AutoCloseable {
    /** No result is longer; a longer one is cut before it is written. */
    static final int LONGEST_TEXT_CHARS = 400_000;

    private static final int LONGEST_LINE_BYTES = 8 * 1024 * 1024;

    /** Where a line is in the file. */
    record Place(long offset, int length) {}

    /** Told of each readable line when a journal is opened. */
    interface Replay {
        void started(String id, String digest);

        void done(String id, Place place);
    }

    private final FileChannel file;
    private final InstantSource clock;

    private Journal(FileChannel file, InstantSource clock) {
        this.file = file;
        this.clock = clock;
    }

    /** Opens or begins a journal. A last line that a crash cut short is ended, and means nothing. */
    static Journal open(Path path, InstantSource clock, Replay replay) throws IOException {
        if (!Files.exists(path)) {
            Files.createFile(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        boolean torn = replay(path, replay);
        FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        file.position(file.size());
        Journal journal = new Journal(file, clock);
        if (torn) {
            journal.write("\n".getBytes(StandardCharsets.UTF_8));
        }
        return journal;
    }

    void started(String id, String digest) throws IOException {
        append(Json.MAPPER
                .createObjectNode()
                .put("at", clock.instant().toString())
                .put("fact", "started")
                .put("id", id)
                .put("digest", digest));
    }

    Place done(String id, ToolResult result) throws IOException {
        return append(Json.MAPPER
                .createObjectNode()
                .put("at", clock.instant().toString())
                .put("fact", "done")
                .put("id", id)
                .put("text", bounded(result.text()))
                .put("is_error", result.isError()));
    }

    /** Reads back the result that {@link #done} wrote, or that {@link Replay} was told of. */
    ToolResult read(Place place) throws IOException {
        ByteBuffer line = ByteBuffer.allocate(place.length());
        while (line.hasRemaining() && file.read(line, place.offset() + line.position()) >= 0) {
            // a read may be short
        }
        JsonNode fact = Json.MAPPER.readTree(line.array());
        return new ToolResult(fact.path("text").asText(), fact.path("is_error").asBoolean());
    }

    @Override
    public synchronized void close() throws IOException {
        file.close();
    }

    private static String bounded(String text) {
        return text.length() <= LONGEST_TEXT_CHARS ? text : text.substring(0, LONGEST_TEXT_CHARS) + "\n[cut]";
    }

    private Place append(JsonNode fact) throws IOException {
        return write((fact + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private synchronized Place write(byte[] line) throws IOException {
        long offset = file.position();
        ByteBuffer buffer = ByteBuffer.wrap(line);
        try {
            while (buffer.hasRemaining()) {
                file.write(buffer);
            }
        } catch (IOException full) {
            file.truncate(offset); // half a line would spoil the next one
            throw full;
        }
        return new Place(offset, line.length);
    }

    private static boolean replay(Path path, Replay replay) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        long offset = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(path), 64 * 1024)) {
            for (int next = in.read(); next >= 0; next = in.read()) {
                if (line.size() < LONGEST_LINE_BYTES) {
                    line.write(next);
                }
                if (next == '\n') {
                    tell(line.toByteArray(), offset, replay);
                    offset += line.size();
                    line.reset();
                }
            }
        }
        return line.size() > 0;
    }

    private static void tell(byte[] line, long offset, Replay replay) {
        parse(line).ifPresent(fact -> {
            String id = fact.path("id").asText();
            switch (fact.path("fact").asText()) {
                case "started" -> replay.started(id, fact.path("digest").asText());
                case "done" -> replay.done(id, new Place(offset, line.length));
                default -> System.err.println("journal: an unknown fact is passed over");
            }
        });
    }

    private static Optional<JsonNode> parse(byte[] line) {
        try {
            return Optional.of(Json.MAPPER.readTree(line));
        } catch (IOException torn) {
            return Optional.empty();
        }
    }
}
