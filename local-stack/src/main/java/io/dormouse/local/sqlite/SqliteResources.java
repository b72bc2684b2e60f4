package io.dormouse.local.sqlite;

import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Documents in SQLite: one row each. Expired rows are not seen, and go when others that expire come. */
public final class SqliteResources implements Resources {
    private static final String ONE = " WHERE workspace = ? AND kind = ? AND id = ?";
    private static final String ALIVE = " AND (expires IS NULL OR expires > ?)";
    private static final String SELECT = "SELECT body FROM resource" + ONE + ALIVE;
    private static final String DELETE = "DELETE FROM resource" + ONE + ALIVE;
    private static final String INSERT = """
            INSERT INTO resource (version, created, archived, expires, body, workspace, kind, id)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (workspace, kind, id) DO UPDATE SET version = excluded.version, created = excluded.created,
              archived = excluded.archived, expires = excluded.expires, body = excluded.body
            WHERE resource.expires <= ?""";
    private static final String UPDATE =
            "UPDATE resource SET version = ?, created = ?, archived = ?, expires = ?, body = ?" + ONE + ALIVE
                    + " AND version = ?";
    /** Forgets more than one can come in the same call, so the dead never pile up, and no call is long. */
    static final String FORGET = """
            DELETE FROM resource WHERE rowid IN
              (SELECT rowid FROM resource WHERE expires IS NOT NULL AND expires <= ? ORDER BY expires LIMIT 4)""";

    private final Sqlite file;
    private final InstantSource clock;

    /** @param clock tells what has expired */
    public SqliteResources(Sqlite file, InstantSource clock) {
        this.file = file;
        this.clock = clock;
    }

    @Override
    public Optional<Resource> read(WorkspaceId workspace, String kind, String id) {
        long now = now();
        byte[] body = file.read(statements -> select(statements, workspace, kind, id, now));
        return Optional.ofNullable(body).map(SqliteResources::resource);
    }

    @Override
    public Saved create(Resource resource) {
        byte[] body = Json.bytes(resource);
        long now = now();
        byte[] taken = file.write(statements -> {
            PreparedStatement insert = statements.of(INSERT);
            bind(insert, resource, body);
            insert.setLong(9, now);
            if (insert.executeUpdate() == 0)
                return select(statements, resource.workspace(), resource.kind(), resource.id(), now);
            if (resource.expiresAt() != null) {
                PreparedStatement forget = statements.of(FORGET);
                forget.setLong(1, now);
                forget.executeUpdate();
            }
            return null;
        });
        return taken == null ? new Saved.Done(resource) : new Saved.Taken(resource(taken));
    }

    @Override
    public Saved swap(Resource before, Resource after) {
        if (!before.workspace().equals(after.workspace())
                || !before.kind().equals(after.kind())
                || !before.id().equals(after.id())) throw new IllegalArgumentException("a swap is of one document");
        byte[] body = Json.bytes(after);
        long now = now();
        return file.write(statements -> {
            PreparedStatement update = statements.of(UPDATE);
            bind(update, after, body);
            update.setLong(9, now);
            update.setLong(10, before.version());
            if (update.executeUpdate() == 1) return new Saved.Done(after);
            byte[] current = select(statements, before.workspace(), before.kind(), before.id(), now);
            return current == null ? new Saved.Gone() : new Saved.Taken(resource(current));
        });
    }

    @Override
    public boolean delete(WorkspaceId workspace, String kind, String id) {
        long now = now();
        return file.write(statements -> {
            PreparedStatement delete = statements.of(DELETE);
            bindOne(delete, 1, workspace, kind, id);
            delete.setLong(4, now);
            return delete.executeUpdate() == 1;
        });
    }

    @Override
    public List<Resource> list(WorkspaceId workspace, String kind, Query query) {
        Listing listing = Listing.of(query);
        long now = now();
        List<byte[]> bodies = file.read(statements -> {
            PreparedStatement select = statements.of(listing.sql());
            listing.bind(select, workspace, kind, now);
            List<byte[]> found = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) found.add(rows.getBytes(1));
            }
            return found;
        });
        return bodies.stream().map(SqliteResources::resource).toList();
    }

    private static byte[] select(Statements statements, WorkspaceId workspace, String kind, String id, long now)
            throws SQLException {
        PreparedStatement select = statements.of(SELECT);
        bindOne(select, 1, workspace, kind, id);
        select.setLong(4, now);
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? row.getBytes(1) : null;
        }
    }

    private static void bind(PreparedStatement statement, Resource resource, byte[] body) throws SQLException {
        Instant expires = resource.expiresAt();
        statement.setLong(1, resource.version());
        statement.setLong(2, Schema.nanos(resource.createdAt()));
        statement.setInt(3, resource.archivedAt() == null ? 0 : 1);
        if (expires == null) statement.setNull(4, Types.INTEGER);
        else statement.setLong(4, Schema.nanos(expires));
        statement.setBytes(5, body);
        bindOne(statement, 6, resource.workspace(), resource.kind(), resource.id());
    }

    private static void bindOne(PreparedStatement statement, int from, WorkspaceId workspace, String kind, String id)
            throws SQLException {
        statement.setString(from, workspace.text());
        statement.setString(from + 1, kind);
        statement.setString(from + 2, id);
    }

    private long now() {
        return Schema.nanos(clock.instant());
    }

    private static Resource resource(byte[] body) {
        return Json.read(body, Resource.class);
    }
}
