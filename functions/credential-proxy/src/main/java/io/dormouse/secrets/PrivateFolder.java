package io.dormouse.secrets;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** A folder for its owner's eyes only. Files in it are replaced whole, durably, by one process at a time. */
final class PrivateFolder {
    /** A file lock is the process's: threads of one take turns here. */
    private static final Map<Path, ReentrantLock> LOCKS = new ConcurrentHashMap<>();

    private final Path path;
    private final boolean posix;
    private final ReentrantLock lock;

    private PrivateFolder(Path path, boolean posix) {
        this.path = path;
        this.posix = posix;
        this.lock = LOCKS.computeIfAbsent(path, p -> new ReentrantLock());
    }

    static PrivateFolder open(Path path) throws IOException {
        boolean posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
        Files.createDirectories(path);
        if (posix) Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
        return new PrivateFolder(path.toRealPath(), posix);
    }

    Path path() {
        return path;
    }

    @FunctionalInterface
    interface Action<T> {
        T run() throws IOException;
    }

    /** While nobody else, in whichever process, is in here. */
    <T> T locked(Action<T> action) {
        lock.lock();
        try (FileChannel channel = FileChannel.open(
                        path.resolve("lock"),
                        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                        ownerOnly());
                FileLock held = channel.lock()) {
            if (!held.isValid()) throw new IllegalStateException("the lock of " + path + " was not to be had");
            return action.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            lock.unlock();
        }
    }

    /** Writes a file whole, or not at all; under the lock. Durable when it returns. */
    void write(Path file, byte[] bytes) throws IOException {
        Path unfinished = path.resolve(file.getFileName() + ".new");
        Files.deleteIfExists(unfinished);
        try (FileChannel channel = FileChannel.open(
                unfinished, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly())) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) channel.write(buffer);
            channel.force(true);
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        sync();
    }

    void delete(Path file) throws IOException {
        if (Files.deleteIfExists(file)) sync();
    }

    /** A rename is durable when its folder is. */
    private void sync() throws IOException {
        if (!posix) return;
        try (FileChannel folder = FileChannel.open(path, StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    private FileAttribute<?>[] ownerOnly() {
        return posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }

    /** Whether anybody but the owner may do anything with a file. */
    boolean exposed(Path file) throws IOException {
        if (!posix) return false;
        Set<PosixFilePermission> owners = EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
        return !owners.containsAll(Files.getPosixFilePermissions(file));
    }

    /** Whether a vault's file is in here. */
    boolean holdsVaults() throws IOException {
        try (var files = Files.newDirectoryStream(path, "*.json")) {
            return files.iterator().hasNext();
        }
    }
}
