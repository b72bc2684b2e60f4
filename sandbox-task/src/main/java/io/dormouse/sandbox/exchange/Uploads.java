package io.dormouse.sandbox.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The folder of uploads. A file appears there whole, with the SHA-256 that was announced, or not at all; what is there is kept
 * in a record beside the journal, which outlives this program.
 */
public final class Uploads {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST_NAME_BYTES = 255;

    /** What came of placing a file. */
    public sealed interface Placed {
        record Done() implements Placed {}

        record Refused(int status, String why) implements Placed {}
    }

    private record Entry(String sha256, long size) {}

    private final Path folder;
    private final Path incoming;
    private final Path record;
    private final long mostBytes;
    private final Map<String, Entry> entries = new TreeMap<>();

    /** @param state the supervisor's own folder @param mostBytes of all files together */
    public Uploads(Path folder, Path state, long mostBytes) throws IOException {
        this.folder = folder;
        this.incoming = state.resolve("incoming");
        this.record = state.resolve("uploads.json");
        this.mostBytes = mostBytes;
        Files.createDirectories(incoming);
        try (var left = Files.list(incoming)) {
            for (Path each : left.toList()) {
                Files.deleteIfExists(each);
            }
        }
        try {
            JsonNode known = JSON.readTree(Files.readAllBytes(record));
            for (Map.Entry<String, JsonNode> each : known.properties()) {
                // A file that went with its folder is not there, whatever the record says.
                if (Files.isRegularFile(folder.resolve(each.getKey()), LinkOption.NOFOLLOW_LINKS)) {
                    entries.put(
                            each.getKey(),
                            new Entry(
                                    each.getValue().path("sha256").asText(),
                                    each.getValue().path("size").asLong()));
                }
            }
        } catch (NoSuchFileException none) {
            // nothing was placed yet
        }
    }

    /** SHA-256 by path. */
    public synchronized Map<String, String> placed() {
        Map<String, String> placed = new TreeMap<>();
        entries.forEach((path, entry) -> placed.put(path, entry.sha256()));
        return placed;
    }

    /** Reads {@code size} bytes and puts them at {@code path}, in the place of what is there. */
    public Placed place(String path, String sha256, long size, InputStream content) throws IOException {
        Optional<String> problem = problem(path);
        if (problem.isPresent()) {
            return new Placed.Refused(400, problem.get());
        }
        if (size < 0 || !sha256.matches("[0-9a-f]{64}")) {
            return new Placed.Refused(400, "a length and a SHA-256 are required");
        }
        if (bytesBeside(path) + size > mostBytes) {
            return new Placed.Refused(413, "all files together have more than " + mostBytes + " bytes");
        }
        Path beside = Files.createTempFile(incoming, "", "");
        try {
            if (!sha256.equals(write(content, size, beside))) {
                return new Placed.Refused(
                        422, "the content does not have the length and the SHA-256 that were announced");
            }
            synchronized (this) {
                Path file = folder.resolve(path);
                if (!makeFolders(path) || Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
                    return new Placed.Refused(
                            409, "a file is where a folder should be, or a folder where a file should be");
                }
                move(beside, file);
                entries.put(path, new Entry(sha256, size));
                write();
            }
            return new Placed.Done();
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    /** Nothing happens when it is not there. Folders that it leaves empty go with it. */
    public synchronized void remove(String path) throws IOException {
        if (entries.remove(path) == null) {
            return;
        }
        write();
        Path at = folder.resolve(path);
        Files.deleteIfExists(at);
        for (at = at.getParent(); !at.equals(folder); at = at.getParent()) {
            try (var there = Files.list(at)) {
                if (there.findAny().isPresent()) {
                    return;
                }
            }
            Files.delete(at);
        }
    }

    private synchronized long bytesBeside(String path) {
        return entries.entrySet().stream()
                .filter(each -> !each.getKey().equals(path))
                .mapToLong(each -> each.getValue().size())
                .sum();
    }

    /** Returns the SHA-256, or nothing that is one when the length is another. */
    private static String write(InputStream content, long size, Path file) throws IOException {
        MessageDigest digest = sha256();
        long left = size;
        try (FileOutputStream out = new FileOutputStream(file.toFile());
                DigestInputStream in = new DigestInputStream(content, digest)) {
            byte[] block = new byte[64 * 1024];
            while (left > 0) {
                int count = in.read(block, 0, (int) Math.min(block.length, left));
                if (count < 0) {
                    return "";
                }
                out.write(block, 0, count);
                left -= count;
            }
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException elsewhere) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private boolean makeFolders(String path) throws IOException {
        Path at = folder;
        String[] names = path.split("/");
        for (int i = 0; i < names.length - 1; i++) {
            at = at.resolve(names[i]);
            if (Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS)) {
                continue;
            }
            if (Files.exists(at, LinkOption.NOFOLLOW_LINKS)) {
                return false;
            }
            Files.createDirectory(at);
            Files.setPosixFilePermissions(at, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return true;
    }

    /** Readers see the whole record or the one before. */
    private void write() throws IOException {
        ObjectNode all = JSON.createObjectNode();
        entries.forEach((path, entry) ->
                all.putObject(path).put("sha256", entry.sha256()).put("size", entry.size()));
        Path beside = record.resolveSibling("uploads.json.new");
        Files.write(beside, JSON.writeValueAsBytes(all));
        Files.move(beside, record, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Optional<String> problem(String path) {
        for (String name : path.split("/", -1)) {
            if (name.isEmpty()
                    || name.equals(".")
                    || name.equals("..")
                    || name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME_BYTES) {
                return Optional.of("the path must be relative, of plain names");
            }
        }
        try {
            Path.of(path);
            return Optional.empty();
        } catch (InvalidPathException bad) {
            return Optional.of("not a valid path");
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible); // every JDK has it
        }
    }
}
