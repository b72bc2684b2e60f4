package io.dormouse.local;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** The data folder: readable by its owner only, and used by one suite at a time. */
final class Home implements AutoCloseable {
    private final Path folder;
    private final FileChannel channel;

    private Home(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /** Makes the folder if it is missing. Does not lock it: for commands beside a running suite. */
    static Path prepare(Path folder) throws IOException {
        Files.createDirectories(folder);
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix"))
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        return folder;
    }

    /** The lock goes with the process, however it ends. */
    static Home lock(Path folder) throws IOException {
        prepare(folder);
        FileChannel channel =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            channel.close();
            throw new IllegalStateException(
                    "another Dormouse is running on " + folder + "; stop it, or set DORMOUSE_HOME to another folder");
        }
        return new Home(folder, channel);
    }

    Path database() {
        return database(folder);
    }

    static Path database(Path folder) {
        return folder.resolve("dormouse.db");
    }

    Path blobs() {
        return folder.resolve("blobs");
    }

    /** Where the JVM of the sandboxes keeps its class data. */
    Path sharedArchive() {
        return folder.resolve("sandbox.jsa");
    }

    Path hands() {
        return folder.resolve("hands");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
