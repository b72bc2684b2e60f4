package io.dormouse.testkit.lambda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/** A function's zip. */
final class Zip {
    /** What Lambda takes, unpacked. */
    private static final long LARGEST_BYTES = 250L << 20;

    private Zip() {}

    /** Into a folder of its own, with the rights that the zip gives its files: a program that it does not let run, will not. */
    static Path unpack(Path zip) {
        try {
            return unpack(zip, Folders.fresh("dormouse-function-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param folder is empty @return it */
    static Path unpack(Path zip, Path folder) {
        if (!Files.isRegularFile(zip)) throw new IllegalStateException(zip + " is missing: mvn package makes it");
        try (FileSystem inside = FileSystems.newFileSystem(
                URI.create("jar:" + zip.toUri()), Map.of("enablePosixFileAttributes", "true"))) {
            Path root = inside.getPath("/");
            long size = 0;
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file : files.toList()) {
                    Path to = folder.resolve(root.relativize(file).toString()).normalize();
                    if (!to.startsWith(folder)) throw new IOException(zip + " leads out of its folder: " + file);
                    if (Files.isDirectory(file)) Files.createDirectories(to);
                    else {
                        Files.copy(file, to);
                        Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(file));
                        size += Files.size(to);
                    }
                }
            }
            if (size > LARGEST_BYTES) throw new IOException(zip + " is too large for Lambda: " + size + " bytes");
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
