package io.dormouse.testkit.lambda;

import io.dormouse.id.Sha256;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A function's zip, unpacked where it stays, and the classes of one start as the JVM has linked them. Another zip has another
 * folder. The JVM keeps only classes of its own class path, and only of jars; so they are there, too, where the runtime
 * client's class loader asks for them first. Where the cache cannot be made, or does not fit, starts go without.
 *
 * @param folder of the unpacked zip
 * @param jars all that the function's own class loader would search, in that order
 * @param cache may be missing
 */
record Rehearsal(Path folder, List<Path> jars, Path cache) {
    private static final int PATIENCE_SECONDS = 180;

    static synchronized Rehearsal of(Path zip) {
        try {
            Path room = zip.toAbsolutePath().resolveSibling("rehearsed").resolve(hash(zip));
            Files.createDirectories(room);
            Path folder = room.resolve("function");
            Path classes = room.resolve("classes.jar");
            // The lock goes with the channel.
            try (FileChannel lock = open(room)) {
                lock.lock();
                if (!Files.exists(classes)) {
                    Folders.remove(folder);
                    Zip.unpack(zip, Files.createDirectories(folder));
                    jar(folder, classes);
                }
            }
            List<Path> jars = new ArrayList<>(List.of(classes));
            try (Stream<Path> lib = Files.list(Files.createDirectories(folder.resolve("lib")))) {
                lib.sorted().forEach(jars::add);
            }
            return new Rehearsal(folder, jars, room.resolve("start.aot"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whichever process comes first makes it. @param function is started once, as for a snapshot, and ended then */
    static synchronized void hold(Path cache, Deployed function) {
        try (FileChannel lock = open(cache.getParent());
                ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor()) {
            lock.lock();
            if (Files.exists(cache)) return;
            Path unfinished = Path.of(cache + ".new");
            Deployed recorded = function.withFlag("-XX:AOTCacheOutput=" + unfinished);
            try (Instance instance = new Instance(recorded, true, clock, cache.resolveSibling("rehearsal.log"))) {
                if (instance.rehearse(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    Files.move(unfinished, cache, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (IOException | InterruptedException e) {
            System.err.println("functions start from their jars, which takes longer: " + e);
        }
    }

    private static String hash(Path zip) throws IOException {
        return Sha256.hex(Files.readAllBytes(zip)).substring(0, 16);
    }

    private static FileChannel open(Path room) throws IOException {
        return FileChannel.open(room.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    /** All but the libraries. */
    private static void jar(Path folder, Path classes) throws IOException {
        Path unfinished = Path.of(classes + ".new");
        Files.deleteIfExists(unfinished);
        try (FileSystem jar = FileSystems.newFileSystem(unfinished, Map.of("create", "true", "noCompression", "true"));
                Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(file -> !file.startsWith(folder.resolve("lib")))
                    .sorted()
                    .toList()) {
                Path copy = jar.getPath("/").resolve(folder.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
        Files.move(unfinished, classes, StandardCopyOption.ATOMIC_MOVE);
    }

    String classPath() {
        return jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }
}
