package io.dormouse.local.sqlite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;

/**
 * One database file: a writer with group commit, and a few connections for reads. Every write is on the disk when it
 * returns, and every read sees all writes that returned before. Several processes may have the file open.
 */
public final class Sqlite implements AutoCloseable {
    /** A read occupies a processor while it runs, so more connections than this would only wait for one. */
    private static final int READERS = Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8);

    private static final int WRITER_BUSY_MILLIS = 5;
    private static final int READER_BUSY_MILLIS = 30_000;
    private static final int SCHEMA_VERSION = 1;

    private final GroupCommit writer;
    private final Deque<Statements> idle = new ArrayDeque<>();
    private final Semaphore free = new Semaphore(READERS);
    private volatile boolean closed;

    private Sqlite(Path file, boolean readOnly) throws SQLException, InterruptedException {
        for (int i = 0; i < READERS && readOnly; i++) idle.push(Statements.connectReadOnly(file, READER_BUSY_MILLIS));
        writer = readOnly ? null : prepared(file);
    }

    private GroupCommit prepared(Path file) throws SQLException, InterruptedException {
        // A wait inside of SQLite holds a virtual thread's processor: whoever has the lock may be in want of it.
        try (Statements statements = Statements.connect(file, WRITER_BUSY_MILLIS)) {
            prepare(statements);
        }
        for (int i = 0; i < READERS; i++) {
            Statements reader = Statements.connect(file, READER_BUSY_MILLIS);
            reader.script("PRAGMA query_only = 1");
            idle.push(reader);
        }
        Statements statements = Statements.connect(file, WRITER_BUSY_MILLIS);
        // About 16 MB between checkpoints, and no more than that is left on the disk after a burst.
        statements.script("PRAGMA wal_autocheckpoint = 4000");
        statements.script("PRAGMA journal_size_limit = 16777216");
        statements.manualTransactions();
        return new GroupCommit(statements);
    }

    /** Opens the file; makes it, readable by its owner only, and its folder, if they are missing. */
    public static Sqlite open(Path file) {
        try {
            create(file.toAbsolutePath());
            return new Sqlite(file, false);
        } catch (SQLException e) {
            throw new BrokenStore("cannot open " + file, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokenStore("cannot open " + file, e);
        }
    }

    /** Opens a file that exists, for reads only; another process may be at work on it, or may have died over it. */
    public static Sqlite openReadOnly(Path file) {
        try {
            return new Sqlite(file, true);
        } catch (SQLException e) {
            throw new BrokenStore("cannot read " + file, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokenStore("cannot read " + file, e);
        }
    }

    private static void create(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] owned = posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        try {
            Files.createFile(file, owned);
            Folder.sync(file.getParent());
        } catch (FileAlreadyExistsException e) {
            // The usual case: it holds what earlier runs wrote.
        }
    }

    /** Another process may be doing the same at this moment: a command beside a suite that starts. */
    private static void prepare(Statements statements) throws SQLException, InterruptedException {
        statements.patiently(s -> s.journal("WAL"));
        statements.patiently(s -> s.of("BEGIN IMMEDIATE").executeUpdate());
        long version = statements.number("PRAGMA user_version");
        if (version > SCHEMA_VERSION)
            throw new SQLException("the file was written by a later release (schema " + version + ")");
        if (version == 0) {
            for (String sql : Schema.V1) statements.script(sql);
            statements.script("PRAGMA user_version = " + SCHEMA_VERSION);
        }
        statements.script("COMMIT");
    }

    /** Runs the work in a transaction; it is on the disk when this returns. @throws BrokenStore with the cause */
    <T> T write(Work<T> work) {
        if (writer == null) throw new BrokenStore("not written", new IllegalStateException("opened for reads only"));
        return writer.submit(work);
    }

    /** Runs one query. Keep it short: no other virtual thread gets its carrier meanwhile. */
    <T> T read(Work<T> work) {
        free.acquireUninterruptibly();
        try {
            Statements statements;
            synchronized (idle) {
                if (closed) throw new BrokenStore("not read", new IllegalStateException("the store is closed"));
                statements = idle.pop();
            }
            try {
                return work.on(statements);
            } catch (SQLException e) {
                statements.forget(e);
                throw new BrokenStore("not read", e);
            } finally {
                synchronized (idle) {
                    idle.push(statements);
                }
            }
        } finally {
            free.release();
        }
    }

    /** Finishes running reads and queued writes, then merges the log into the file. Later calls fail. */
    @Override
    public void close() {
        synchronized (idle) {
            if (closed) return;
            closed = true;
        }
        free.acquireUninterruptibly(READERS);
        try {
            for (Statements statements : idle) statements.close();
        } catch (SQLException e) {
            throw new BrokenStore("cannot close", e);
        } finally {
            free.release(READERS);
            if (writer != null) writer.close();
        }
    }
}
