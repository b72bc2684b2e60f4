package io.dormouse.sandbox;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Optional;

/**
 * The supervisor's own folder, mode 700: {@code lock}, held as long as it lives, so that one hand never has two;
 * {@code run.json}, which says where it listens; {@code journal.jsonl}; {@code tmp}, {@code etc} and
 * {@code egress} of the rooms.
 */
final class StateFolder implements AutoCloseable {
    private final Path folder;
    private final FileChannel channel;
    private final FileLock lock;

    private StateFolder(Path folder, FileChannel channel, FileLock lock) {
        this.folder = folder;
        this.channel = channel;
        this.lock = lock;
    }

    /** Makes the folder if need be and takes its lock; nothing when another supervisor holds it. */
    static Optional<StateFolder> open(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        FileChannel channel =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return Optional.of(new StateFolder(folder, channel, lock));
            }
        } catch (OverlappingFileLockException ours) {
            // held by this very process: as good as held by another
        }
        channel.close();
        return Optional.empty();
    }

    Path journal() {
        return folder.resolve("journal.jsonl");
    }

    Path etc() {
        return folder.resolve("etc");
    }

    Path egress() {
        return folder.resolve("egress");
    }

    Path installed() {
        return folder.resolve("installed");
    }

    Path restored() {
        return folder.resolve("restored");
    }

    Path temporary() {
        return folder.resolve("tmp");
    }

    /** Says where the supervisor can be found. Readers see the whole record or the one before. */
    void announce(String hand, InetSocketAddress address, String isolation) throws IOException {
        Path beside = folder.resolve("run.json.new");
        // A bare generator: an ObjectMapper's classes would double the time until this program listens.
        try (JsonGenerator json = new JsonFactory().createGenerator(Files.newOutputStream(beside))) {
            json.writeStartObject();
            json.writeStringField("hand", hand);
            json.writeNumberField("pid", ProcessHandle.current().pid());
            json.writeNumberField("start_ticks", ownStartTicks());
            json.writeStringField("address", address.getAddress().getHostAddress());
            json.writeNumberField("port", address.getPort());
            json.writeStringField("isolation", isolation);
            json.writeStringField("started_at", Instant.now().toString());
            json.writeEndObject();
        }
        Files.move(beside, folder.resolve("run.json"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Field 22 of /proc/self/stat, which tells this process from a later one of the same pid. */
    private static long ownStartTicks() throws IOException {
        String stat = Files.readString(Path.of("/proc/self/stat"));
        return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19]);
    }

    /** Removes {@code run.json} and gives the lock back. */
    @Override
    public void close() throws IOException {
        Files.deleteIfExists(folder.resolve("run.json"));
        lock.release();
        channel.close();
    }
}
