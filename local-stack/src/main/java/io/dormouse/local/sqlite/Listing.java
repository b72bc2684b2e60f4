package io.dormouse.local.sqlite;

import io.dormouse.id.WorkspaceId;
import io.dormouse.resource.Resources.Query;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * A query as one of four statements, and its bounds. Absent bounds become the first and last values, so that the index
 * always gets a range with a beginning and an end.
 *
 * @param created the creation time at which the page begins
 * @param id the page begins strictly after this one among those created then
 * @param end the last creation time
 */
record Listing(String sql, long created, String id, long end, Query query) {
    private static final String COMMON = "SELECT body FROM resource WHERE workspace = ? AND kind = ?";
    private static final String FILTER = " AND archived <= ? AND (expires IS NULL OR expires > ?)";
    private static final String ASCENDING =
            COMMON + " AND (created, id) > (?, ?) AND created <= ?" + FILTER + " ORDER BY created, id LIMIT ?";
    private static final String DESCENDING = COMMON + " AND (created, id) < (?, ?) AND created >= ?" + FILTER
            + " ORDER BY created DESC, id DESC LIMIT ?";
    /** The parts of one document are few: found by their ids, and sorted. The plus signs keep the other index out. */
    private static final String PREFIX_ASCENDING = COMMON + " AND (+created, +id) > (?, ?) AND +created <= ?" + FILTER
            + " AND id >= ? AND id < ?" + " ORDER BY +created, +id LIMIT ?";

    private static final String PREFIX_DESCENDING = COMMON + " AND (+created, +id) < (?, ?) AND +created >= ?" + FILTER
            + " AND id >= ? AND id < ?" + " ORDER BY +created DESC, +id DESC LIMIT ?";

    static Listing of(Query query) {
        boolean up = query.ascending();
        long from = query.from() == null ? Long.MIN_VALUE : Schema.nanos(query.from());
        long until = query.until() == null ? Long.MAX_VALUE : Schema.nanos(query.until());
        long created = up ? from : until;
        // Before, and behind, every id.
        String id = up ? "" : Schema.LAST_TEXT;
        if (query.after() != null) {
            long after = Schema.nanos(query.after().createdAt());
            if (up ? after >= created : after <= created) {
                created = after;
                id = query.after().id();
            }
        }
        String sql = query.idPrefix().isEmpty()
                ? (up ? ASCENDING : DESCENDING)
                : (up ? PREFIX_ASCENDING : PREFIX_DESCENDING);
        return new Listing(sql, created, id, up ? until : from, query);
    }

    void bind(PreparedStatement statement, WorkspaceId workspace, String kind, long now) throws SQLException {
        int next = 1;
        statement.setString(next++, workspace.text());
        statement.setString(next++, kind);
        statement.setLong(next++, created);
        statement.setString(next++, id);
        statement.setLong(next++, end);
        statement.setInt(next++, query.archived() ? 1 : 0);
        statement.setLong(next++, now);
        if (!query.idPrefix().isEmpty()) {
            statement.setString(next++, query.idPrefix());
            statement.setString(next++, query.idPrefix() + Schema.LAST_TEXT);
        }
        statement.setInt(next, query.limit());
    }
}
