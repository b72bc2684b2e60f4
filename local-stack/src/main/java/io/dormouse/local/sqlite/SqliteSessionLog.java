package io.dormouse.local.sqlite;

import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.SessionLog;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Logs in SQLite: one row an entry. */
public final class SqliteSessionLog implements SessionLog {
    private static final String INSERT =
            "INSERT INTO entry (thread, position, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    private static final String AT = "SELECT body FROM entry WHERE thread = ? AND position = ?";
    private static final String AFTER =
            "SELECT body FROM entry WHERE thread = ? AND position > ? ORDER BY position LIMIT ?";
    private static final String DROP = "DELETE FROM entry WHERE thread = ?";

    private final Sqlite file;

    public SqliteSessionLog(Sqlite file) {
        this.file = file;
    }

    @Override
    public Appended append(ThreadId thread, Entry entry) {
        byte[] body = Json.bytes(entry);
        byte[] taken = file.write(statements -> {
            PreparedStatement insert = statements.of(INSERT);
            insert.setString(1, thread.text());
            insert.setLong(2, entry.position());
            insert.setBytes(3, body);
            return insert.executeUpdate() == 1 ? null : at(statements, thread, entry.position());
        });
        if (taken == null) return new Appended.At(entry.position());
        Entry byWhom = Json.read(taken, Entry.class);
        return byWhom.nonce().equals(entry.nonce()) ? new Appended.At(entry.position()) : new Appended.Taken(byWhom);
    }

    private static byte[] at(Statements statements, ThreadId thread, long position) throws SQLException {
        PreparedStatement select = statements.of(AT);
        select.setString(1, thread.text());
        select.setLong(2, position);
        try (ResultSet row = select.executeQuery()) {
            if (!row.next()) throw new SQLException("an entry that was in the way is not there");
            return row.getBytes(1);
        }
    }

    @Override
    public List<Entry> read(ThreadId thread, long after, int limit) {
        List<byte[]> bodies = file.read(statements -> {
            PreparedStatement select = statements.of(AFTER);
            select.setString(1, thread.text());
            select.setLong(2, after);
            select.setInt(3, limit);
            List<byte[]> found = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) found.add(rows.getBytes(1));
            }
            return found;
        });
        return bodies.stream().map(body -> Json.read(body, Entry.class)).toList();
    }

    @Override
    public void drop(ThreadId thread) {
        file.write(statements -> {
            PreparedStatement delete = statements.of(DROP);
            delete.setString(1, thread.text());
            return delete.executeUpdate();
        });
    }
}
