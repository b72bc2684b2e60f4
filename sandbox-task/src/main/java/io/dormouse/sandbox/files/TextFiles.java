package io.dormouse.sandbox.files;

import io.dormouse.sandbox.files.Roots.Located;
import io.dormouse.sandbox.tool.ToolResult;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/** The tools {@code read}, {@code write} and {@code edit}. */
final class TextFiles {
    static final int LONGEST_READ_BYTES = 256 * 1024;
    static final int LONGEST_EDIT_BYTES = 8 * 1024 * 1024;
    private static final int BINARY_PROBE_BYTES = 8 * 1024;

    private final Roots roots;

    TextFiles(Roots roots) {
        this.roots = roots;
    }

    ToolResult read(Request.Read request, Deadline deadline) throws IOException {
        long first = request.lines().map(range -> range[0]).orElse(1L);
        long last = request.lines().map(range -> range[1]).orElse(0L);
        if (first < 1 || (last > 0 && last < first)) {
            return ToolResult.error("read: `view_range` starts at line 1 and must not end before it starts");
        }
        return switch (roots.locate(request.path())) {
            case Located.Refused(String why) -> ToolResult.error("read: " + why);
            case Located.Inside(Path real, boolean writable) -> {
                String problem = notAFile(real);
                yield problem.isEmpty()
                        ? lines(request.path(), real, first, last <= 0 ? Long.MAX_VALUE : last, deadline)
                        : ToolResult.error("read: " + request.path() + problem);
            }
        };
    }

    ToolResult write(Request.Write request) throws IOException {
        return switch (roots.locate(request.path())) {
            case Located.Refused(String why) -> ToolResult.error("write: " + why);
            case Located.Inside(Path real, boolean writable)
            when !writable -> ToolResult.error("write: " + request.path() + " is read-only");
            case Located.Inside(Path real, boolean writable) -> {
                String problem = Files.exists(real, LinkOption.NOFOLLOW_LINKS) ? notAFile(real) : "";
                if (!problem.isEmpty()) {
                    yield ToolResult.error("write: " + request.path() + problem);
                }
                byte[] bytes = request.content().getBytes(StandardCharsets.UTF_8);
                Files.createDirectories(real.getParent());
                replace(real, bytes);
                yield ToolResult.ok("Wrote " + bytes.length + " bytes to " + roots.nameOf(real));
            }
        };
    }

    ToolResult edit(Request.Edit request) throws IOException {
        if (request.before().isEmpty()) {
            return ToolResult.error("edit: `old_string` must not be empty; use write to create a file");
        }
        if (request.before().equals(request.after())) {
            return ToolResult.error("edit: `old_string` and `new_string` are the same");
        }
        return switch (roots.locate(request.path())) {
            case Located.Refused(String why) -> ToolResult.error("edit: " + why);
            case Located.Inside(Path real, boolean writable)
            when !writable -> ToolResult.error("edit: " + request.path() + " is read-only");
            case Located.Inside(Path real, boolean writable) -> edit(request, real);
        };
    }

    private ToolResult edit(Request.Edit request, Path real) throws IOException {
        String problem = notAFile(real);
        if (!problem.isEmpty()) {
            return ToolResult.error("edit: " + request.path() + problem);
        }
        byte[] bytes;
        try (InputStream in = open(real)) {
            bytes = in.readNBytes(LONGEST_EDIT_BYTES + 1);
        }
        if (bytes.length > LONGEST_EDIT_BYTES) {
            return ToolResult.error(
                    "edit: " + request.path() + " is larger than " + LONGEST_EDIT_BYTES + " bytes; use bash");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException binary) {
            return ToolResult.error("edit: " + request.path() + " is not UTF-8 text; use bash");
        }
        int found = count(text, request.before());
        if (found == 0) {
            return ToolResult.error("edit: `old_string` was not found in " + request.path());
        }
        if (found > 1 && !request.everywhere()) {
            return ToolResult.error("edit: `old_string` was found " + found + " times in " + request.path()
                    + "; give more of the text around it, or set `replace_all`");
        }
        replace(real, text.replace(request.before(), request.after()).getBytes(StandardCharsets.UTF_8));
        return ToolResult.ok(
                "Replaced " + found + (found == 1 ? " occurrence in " : " occurrences in ") + roots.nameOf(real));
    }

    private static ToolResult lines(String path, Path real, long first, long last, Deadline deadline)
            throws IOException {
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        long line = 1;
        long size = Files.size(real);
        boolean full = false;
        int looked = 0;
        try (InputStream in = new BufferedInputStream(open(real), 64 * 1024)) {
            in.mark(BINARY_PROBE_BYTES);
            if (hasNul(in.readNBytes(BINARY_PROBE_BYTES - 1))) {
                return ToolResult.error("read: " + path + " is a binary file of " + size + " bytes");
            }
            in.reset();
            for (int next = in.read(); next >= 0 && line <= last && !full; next = in.read()) {
                if (line >= first) {
                    kept.write(next);
                    full = kept.size() >= LONGEST_READ_BYTES;
                }
                if (next == '\n') {
                    line++;
                }
                if ((++looked & 0xFFFF) == 0) {
                    deadline.check();
                }
            }
        }
        if (kept.size() == 0) {
            return size == 0
                    ? ToolResult.ok("(the file is empty)")
                    : ToolResult.error(
                            "read: " + path + " has only " + (line - (endsWithNewline(real) ? 1 : 0)) + " lines");
        }
        String text = kept.toString(StandardCharsets.UTF_8);
        boolean cut = full && size > LONGEST_READ_BYTES;
        return ToolResult.ok(
                cut
                        ? text + "\n[cut after " + LONGEST_READ_BYTES + " bytes, in line " + line + "; the file has "
                                + size + " bytes; use view_range for the rest]"
                        : text);
    }

    private static boolean endsWithNewline(Path real) throws IOException {
        try (var channel = Files.newByteChannel(real, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            ByteBuffer last = ByteBuffer.allocate(1);
            channel.position(Math.max(0, channel.size() - 1)).read(last);
            return last.get(0) == '\n';
        }
    }

    /** What keeps a path from being an ordinary file, as the end of a sentence; empty when it is one. */
    private static String notAFile(Path real) {
        if (Files.isDirectory(real, LinkOption.NOFOLLOW_LINKS)) {
            return " is a directory";
        }
        if (!Files.exists(real, LinkOption.NOFOLLOW_LINKS)) {
            return ": no such file";
        }
        return Files.isRegularFile(real, LinkOption.NOFOLLOW_LINKS) ? "" : " is not a regular file";
    }

    private static InputStream open(Path real) throws IOException {
        return Files.newInputStream(real, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    }

    /** Writes beside the file and then takes its place, with its permissions: readers see the old or the new, whole. */
    private static void replace(Path real, byte[] bytes) throws IOException {
        Set<PosixFilePermission> permissions = Files.exists(real, LinkOption.NOFOLLOW_LINKS)
                ? Files.getPosixFilePermissions(real, LinkOption.NOFOLLOW_LINKS)
                : EnumSet.of(
                        PosixFilePermission.OWNER_READ,
                        PosixFilePermission.OWNER_WRITE,
                        PosixFilePermission.GROUP_READ,
                        PosixFilePermission.OTHERS_READ);
        if (!permissions.contains(PosixFilePermission.OWNER_WRITE)) {
            throw new java.nio.file.AccessDeniedException(real.toString());
        }
        Path beside = Files.createTempFile(
                real.getParent(),
                ".write-",
                ".tmp",
                PosixFilePermissions.asFileAttribute(
                        EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE)));
        try {
            Files.write(beside, bytes, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
            Files.setPosixFilePermissions(beside, permissions);
            Files.move(beside, real, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    static boolean hasNul(byte[] bytes) {
        for (byte each : bytes) {
            if (each == 0) {
                return true;
            }
        }
        return false;
    }

    private static int count(String text, String part) {
        int found = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            found++;
        }
        return found;
    }
}
