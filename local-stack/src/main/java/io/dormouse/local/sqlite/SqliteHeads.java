package io.dormouse.local.sqlite;

import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Heads in SQLite: one row a thread. Heads that owe nothing are not in the index. */
public final class SqliteHeads implements Heads {
    private static final String SELECT = "SELECT body FROM head WHERE thread = ?";
    private static final String INSERT =
            "INSERT INTO head (version, owed_at, body, thread) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
    private static final String UPDATE =
            "UPDATE head SET version = ?, owed_at = ?, body = ? WHERE thread = ? AND version = ?";
    static final String OWING = """
            SELECT thread FROM head WHERE owed_at IS NOT NULL AND owed_at <= ? ORDER BY owed_at, thread LIMIT ?""";

    /** @param body what is stored instead; null when there is nothing */
    private record Outcome(boolean done, byte[] body) {}

    private static final Outcome DONE = new Outcome(true, null);

    private final Sqlite file;

    public SqliteHeads(Sqlite file) {
        this.file = file;
    }

    @Override
    public Optional<Head> read(ThreadId thread) {
        byte[] body = file.read(statements -> select(statements, thread));
        return Optional.ofNullable(body).map(SqliteHeads::head);
    }

    @Override
    public boolean create(Head head) {
        byte[] body = Json.bytes(head);
        return file.write(statements -> {
            PreparedStatement insert = statements.of(INSERT);
            bind(insert, head, body);
            return insert.executeUpdate() == 1;
        });
    }

    @Override
    public Swapped swap(Head before, Head after) {
        if (!before.thread().equals(after.thread()))
            throw new IllegalArgumentException("a swap is of one thread's head");
        byte[] body = Json.bytes(after);
        Outcome outcome = file.write(statements -> {
            PreparedStatement update = statements.of(UPDATE);
            bind(update, after, body);
            update.setLong(5, before.version());
            return update.executeUpdate() == 1 ? DONE : new Outcome(false, select(statements, before.thread()));
        });
        if (outcome.done()) return new Swapped.Done();
        if (outcome.body() == null) throw new IllegalStateException("no head to swap of " + before.thread());
        return new Swapped.Changed(head(outcome.body()));
    }

    @Override
    public List<ThreadId> owing(Instant by, int limit) {
        return file.read(statements -> {
            PreparedStatement select = statements.of(OWING);
            select.setLong(1, Schema.nanos(by));
            select.setInt(2, limit);
            List<ThreadId> owing = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) owing.add(new ThreadId(rows.getString(1)));
            }
            return List.copyOf(owing);
        });
    }

    private static byte[] select(Statements statements, ThreadId thread) throws SQLException {
        PreparedStatement select = statements.of(SELECT);
        select.setString(1, thread.text());
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? row.getBytes(1) : null;
        }
    }

    private static void bind(PreparedStatement statement, Head head, byte[] body) throws SQLException {
        Optional<Instant> owedAt = head.owedAt();
        statement.setLong(1, head.version());
        if (owedAt.isPresent()) statement.setLong(2, Schema.nanos(owedAt.get()));
        else statement.setNull(2, Types.INTEGER);
        statement.setBytes(3, body);
        statement.setString(4, head.thread().text());
    }

    private static Head head(byte[] body) {
        return Json.read(body, Head.class);
    }
}
