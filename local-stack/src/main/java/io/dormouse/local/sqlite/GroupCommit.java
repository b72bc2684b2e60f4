package io.dormouse.local.sqlite;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The one thread that writes. It takes whatever is queued, runs it in one transaction, commits once, and then tells every
 * caller. A lone write commits at once; while it is flushed to the disk the next batch gathers.
 */
final class GroupCommit implements AutoCloseable {
    static final int MAX_BATCH = 256;
    private static final Throwable CLOSED = new IllegalStateException("the store is closed");

    private static final class Pending<T> extends CompletableFuture<T> {
        private final Work<T> work;
        private T outcome;

        Pending(Work<T> work) {
            this.work = work;
        }

        void run(Statements statements) throws SQLException {
            outcome = work.on(statements);
        }

        void committed() {
            complete(outcome);
        }
    }

    private final Statements statements;
    /** Unbounded, because every caller waits: there are never more writes in it than there are callers. */
    private final LinkedBlockingQueue<Pending<?>> queue = new LinkedBlockingQueue<>();

    private final Pending<Boolean> stop = new Pending<>(s -> true);
    private final Thread writer;
    /** Null while the writer lives; then why it does not. */
    private volatile Throwable ended;

    /** @param statements with manual transactions; only the writer uses them from now on, and closes them */
    GroupCommit(Statements statements) {
        this.statements = statements;
        writer = Thread.ofPlatform().daemon().name("sqlite-writer").start(this::write);
    }

    /**
     * Returns when the work is on the disk. An interrupt does not end the waiting, which is short: nobody could tell
     * afterwards whether the work was done.
     */
    <T> T submit(Work<T> work) {
        Pending<T> pending = new Pending<>(work);
        queue.add(pending);
        // The writer sets this before it empties the queue for the last time: one of the two of us sees the other.
        if (ended != null) failQueued();
        try {
            return pending.join();
        } catch (CompletionException e) {
            throw new BrokenStore("not written", e.getCause());
        }
    }

    /** Writes what was queued before, then ends. @throws BrokenStore if the writer had died, or could not end cleanly */
    @Override
    public void close() {
        queue.add(stop);
        boolean interrupted = false;
        while (writer.isAlive()) {
            try {
                writer.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
        if (ended != CLOSED) throw new BrokenStore("not closed cleanly", ended);
    }

    private void write() {
        Throwable why = CLOSED;
        List<Pending<?>> batch = new ArrayList<>(MAX_BATCH);
        try (statements) {
            while (!batch.contains(stop)) {
                batch.clear();
                batch.add(queue.take());
                queue.drainTo(batch, MAX_BATCH - 1);
                transact(batch);
            }
            // Leaves one file without a log beside it, unless somebody else has it open.
            statements.script("PRAGMA wal_checkpoint(TRUNCATE)");
        } catch (Throwable e) {
            why = e;
            fail(batch, e);
        } finally {
            ended = why;
            failQueued();
        }
    }

    private void failQueued() {
        Pending<?> pending;
        while ((pending = queue.poll()) != null) pending.completeExceptionally(ended);
    }

    private void transact(List<Pending<?>> batch) {
        try {
            statements.patiently(s -> s.of("BEGIN IMMEDIATE").executeUpdate());
        } catch (SQLException | InterruptedException e) {
            fail(batch, e);
            return;
        }
        try {
            for (Pending<?> pending : batch) pending.run(statements);
        } catch (Throwable e) {
            rollback(e);
            // The others must not suffer: each on its own, and only the broken one fails.
            if (batch.size() == 1) fail(batch, e);
            else for (Pending<?> pending : batch) transact(List.of(pending));
            return;
        }
        try {
            statements.of("COMMIT").executeUpdate();
        } catch (SQLException e) {
            rollback(e);
            fail(batch, e);
            return;
        }
        for (Pending<?> pending : batch) pending.committed();
    }

    private void rollback(Throwable because) {
        statements.forget(because);
        try {
            statements.script("ROLLBACK");
        } catch (SQLException e) {
            // SQLite ends a transaction itself on a full disk. If it is still open, the next BEGIN says so.
            because.addSuppressed(e);
        }
    }

    private static void fail(List<Pending<?>> batch, Throwable cause) {
        for (Pending<?> pending : batch) pending.completeExceptionally(cause);
    }
}
