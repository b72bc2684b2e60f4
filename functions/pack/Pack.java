import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;

/**
 * {@code java Pack.java function.zip SOURCE...}: makes the zip of a function from folders, or zips. Jars are stored in it
 * without compression of their own: the zip then packs each as a whole, which is a third smaller, and the JVM inflates
 * nothing when it starts. The same content makes the same bytes. Scripts may run.
 */
public final class Pack {
    private static final FileTime ALWAYS = FileTime.from(Instant.parse("2026-01-01T00:00:00Z"));
    private static final Map<String, String> ZIP = Map.of("create", "true", "enablePosixFileAttributes", "true");
    private static final Map<String, String> JAR = Map.of("create", "true", "noCompression", "true");

    private Pack() {}

    public static void main(String... arguments) throws IOException {
        Path target = Path.of(arguments[0]);
        Path unfinished = Path.of(target + ".new");
        Files.deleteIfExists(unfinished);
        try (FileSystem zip = open(unfinished, ZIP)) {
            for (int i = 1; i < arguments.length; i++) {
                Path source = Path.of(arguments[i]);
                if (Files.isDirectory(source)) copy(source, zip.getPath("/"), true);
                else
                    try (FileSystem from = open(source, Map.of())) {
                        copy(from.getPath("/"), zip.getPath("/"), true);
                    }
            }
        }
        Files.move(unfinished, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private static FileSystem open(Path zip, Map<String, String> how) throws IOException {
        return FileSystems.newFileSystem(URI.create("jar:" + zip.toUri()), how);
    }

    /** @param outer whether this is the function's zip, and not a jar in it */
    private static void copy(Path from, Path to, boolean outer) throws IOException {
        try (Stream<Path> files = Files.walk(from).sorted()) {
            files.filter(Files::isRegularFile).forEach(file -> {
                try {
                    Path copy = to.resolve(from.relativize(file).toString());
                    if (copy.getParent() != null) Files.createDirectories(copy.getParent());
                    if (outer && file.toString().endsWith(".jar")) Files.copy(stored(file), copy);
                    else Files.copy(file, copy);
                    Files.setLastModifiedTime(copy, ALWAYS);
                    if (outer) {
                        boolean script = file.toString().endsWith(".sh");
                        Files.setPosixFilePermissions(
                                copy, PosixFilePermissions.fromString(script ? "rwxr-xr-x" : "rw-r--r--"));
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    private static Path stored(Path jar) throws IOException {
        Path room = Files.createTempDirectory("pack-");
        Path original = Files.copy(jar, room.resolve("original.jar"));
        Path copy = room.resolve("stored.jar");
        try (FileSystem from = open(original, Map.of());
                FileSystem to = open(copy, JAR)) {
            copy(from.getPath("/"), to.getPath("/"), false);
        }
        Files.delete(original);
        copy.toFile().deleteOnExit();
        room.toFile().deleteOnExit();
        return copy;
    }
}
