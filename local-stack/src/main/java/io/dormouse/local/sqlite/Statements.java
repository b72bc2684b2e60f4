package io.dormouse.local.sqlite;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** One connection, and its statements, each prepared once. For one thread at a time. */
final class Statements implements AutoCloseable {
    private final Connection connection;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Map<String, PreparedStatement> prepared = new HashMap<>();

    private Statements(Connection connection) {
        this.connection = connection;
    }

    /** @param busyMillis how long SQLite waits for a lock before it gives up */
    static Statements connect(Path file, int busyMillis) throws SQLException, InterruptedException {
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(busyMillis);
        Statements statements = new Statements(config.createConnection("jdbc:sqlite:" + file.toAbsolutePath()));
        // A commit has reached the disk when it returns. FULL is per connection and not kept in the file, whose schema
        // it
        // reads: another process may be making that.
        statements.patiently(s -> {
            s.script("PRAGMA synchronous = FULL");
            return null;
        });
        return statements;
    }

    /** Of a file that must exist; changes nothing in it. */
    static Statements connectReadOnly(Path file, int busyMillis) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        config.setBusyTimeout(busyMillis);
        return new Statements(config.createConnection("jdbc:sqlite:" + file.toAbsolutePath()));
    }

    /**
     * Leaves transactions to BEGIN and COMMIT in plain SQL. While the driver believes in its own auto-commit it tries to
     * begin a transaction after every statement.
     */
    void manualTransactions() throws SQLException {
        connection.setAutoCommit(false);
        script("COMMIT");
    }

    /** @param sql a constant: every text is kept */
    PreparedStatement of(String sql) throws SQLException {
        PreparedStatement statement = prepared.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            prepared.put(sql, statement);
        }
        return statement;
    }

    /**
     * Prepares everything anew, after a failure: the driver finalises a statement that failed, and one that was cached
     * would go on failing for ever.
     */
    void forget(Throwable because) {
        for (PreparedStatement statement : prepared.values()) {
            try {
                statement.close();
            } catch (SQLException e) {
                because.addSuppressed(e);
            }
        }
        prepared.clear();
    }

    /**
     * Does what wants a lock, over and over for up to {@link #PATIENCE}. SQLite's own waiting sleeps longer and
     * longer, and starves beside a busy process that leaves the lock for microseconds only; and a change of the journal's
     * mode does not wait at all.
     */
    void patiently(Work<?> work) throws SQLException, InterruptedException {
        long since = System.nanoTime();
        while (true) {
            try {
                work.on(this);
                return;
            } catch (SQLiteException e) {
                forget(e);
                boolean busy = (e.getResultCode().code & 0xff) == SQLiteErrorCode.SQLITE_BUSY.code;
                if (!busy || System.nanoTime() - since > PATIENCE.toNanos()) throw e;
                Thread.sleep(1);
            }
        }
    }

    /** Sets the journal's mode, which the file keeps; returns the mode that is in force. */
    String journal(String mode) throws SQLException {
        try (Statement statement = connection.createStatement();
                var row = statement.executeQuery("PRAGMA journal_mode = " + mode)) {
            return row.getString(1);
        }
    }

    /** Runs statements that are not worth keeping. */
    void script(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    /** The first column of the only row. */
    long number(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                var row = statement.executeQuery(sql)) {
            return row.getLong(1);
        }
    }

    /** Closes the statements as well. */
    @Override
    public void close() throws SQLException {
        for (PreparedStatement statement : prepared.values()) statement.close();
        connection.close();
    }
}
