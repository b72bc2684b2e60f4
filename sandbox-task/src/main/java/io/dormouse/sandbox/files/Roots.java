package io.dormouse.sandbox.files;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The folders in which the file tools work. A path is judged by what it resolves to, links and all, never by its text.
 * Between judging and opening, code in the same room may swap a link; the room's walls are what stops that from
 * mattering, and this check is what gives the model a clear answer.
 */
final class Roots {
    private static final int LONGEST_PATH_CHARS = 4096;

    /** A folder by the name the model knows and by its real path here. */
    record Root(String name, Path real, boolean writable) {}

    /** Where a path leads. */
    sealed interface Located {
        /** Inside: {@code real} has no link in it, though its last parts may not exist yet. */
        record Inside(Path real, boolean writable) implements Located {}

        record Refused(String why) implements Located {}
    }

    private final List<Root> roots;

    /** The first root is the one that relative paths start from. */
    Roots(List<Root> roots) {
        this.roots = List.copyOf(roots);
    }

    Located locate(String given) {
        if (given.isEmpty()) {
            return new Located.Refused("the path is empty");
        }
        if (given.length() > LONGEST_PATH_CHARS) {
            return new Located.Refused("the path is longer than " + LONGEST_PATH_CHARS + " characters");
        }
        try {
            Path resolved = resolve(translated(given));
            Optional<Root> root = roots.stream()
                    .filter(each -> resolved.startsWith(each.real()))
                    .findFirst();
            return root.<Located>map(each -> new Located.Inside(resolved, each.writable()))
                    .orElseGet(
                            () -> new Located.Refused(given + " is outside the folders that can be used: " + names()));
        } catch (InvalidPathException bad) {
            return new Located.Refused("not a valid path: " + bad.getReason());
        } catch (IOException unresolved) {
            return new Located.Refused(given + ": " + reason(unresolved));
        }
    }

    /** What the model calls a real path. */
    String nameOf(Path real) {
        return roots.stream()
                .filter(each -> real.startsWith(each.real()))
                .findFirst()
                .map(each -> Path.of(each.name())
                        .resolve(each.real().relativize(real))
                        .toString())
                .orElse(real.toString());
    }

    /** Why a file operation failed, without a path that the model did not give. */
    static String reason(IOException failed) {
        return switch (failed) {
            case NoSuchFileException none -> "no such file or directory";
            case java.nio.file.AccessDeniedException denied -> "permission denied";
            case FileAlreadyExistsException file -> "a file is where a folder should be";
            case java.nio.file.FileSystemLoopException loop -> "too many symbolic links";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            case IOException other -> String.valueOf(other.getMessage());
        };
    }

    private Path translated(String given) {
        Path path = Path.of(given);
        if (!path.isAbsolute()) {
            return roots.getFirst().real().resolve(path);
        }
        for (Root root : roots) {
            Path name = Path.of(root.name());
            if (path.startsWith(name)) {
                return root.real().resolve(name.relativize(path).toString());
            }
        }
        return path;
    }

    /** Resolves the part that exists by the kernel's rules; only plain names may follow it. */
    private static Path resolve(Path path) throws IOException {
        Deque<Path> missing = new ArrayDeque<>();
        Path at = path;
        while (at != null) {
            try {
                Path real = at.toRealPath();
                for (Path name : missing) {
                    real = real.resolve(name);
                }
                return real;
            } catch (NoSuchFileException absent) {
                Path name = at.getFileName();
                if (Files.isSymbolicLink(at)) {
                    throw new FileSystemException(path.toString(), null, "a symbolic link on the way leads nowhere");
                }
                if (name == null
                        || name.toString().equals("..")
                        || name.toString().equals(".")) {
                    throw new NoSuchFileException(path.toString());
                }
                missing.addFirst(name);
                at = at.getParent();
            }
        }
        throw new NoSuchFileException(path.toString());
    }

    private String names() {
        return String.join(", ", roots.stream().map(Root::name).toList());
    }
}
