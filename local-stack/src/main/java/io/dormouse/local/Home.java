package io.dormouse.local;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/** The data folder: readable by its owner only, and used by one suite at a time. */
final class Home implements AutoCloseable {
    private static final int OWNER_BYTES = 12;

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

    static Path database(Path folder) {
        return folder.resolve("dormouse.db");
    }

    static Path blobs(Path folder) {
        return folder.resolve("blobs");
    }

    /** Where the contents of files are. */
    static Path files(Path folder) {
        return folder.resolve("files");
    }

    /** What vaults hold, encrypted, and the key to it. */
    static Path secrets(Path folder) {
        return folder.resolve("secrets");
    }

    Path path() {
        return folder;
    }

    /**
     * The name under which this folder's suite holds leases: the same after every restart, for the folder is locked and
     * whoever had a lease under this name is dead; and no other folder's, which may work on the same table.
     */
    String owner(RandomGenerator random) throws IOException {
        Path file = folder.resolve("owner");
        if (!Files.exists(file)) {
            byte[] name = new byte[OWNER_BYTES];
            random.nextBytes(name);
            Path unfinished = folder.resolve("owner.new");
            Files.writeString(unfinished, "suite-" + HexFormat.of().formatHex(name));
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        }
        return Files.readString(file);
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
