package io.dormouse.local.sqlite;

import java.time.Instant;
import java.util.List;

/**
 * The tables. A record is kept whole, as JSON in {@code body}; beside it are only the columns that conditions and orders
 * need. A released schema is never edited: a later one is a list of steps of its own. Instants are nanoseconds since 1970.
 */
final class Schema {
    static final List<String> V1 = List.of(
            """
            CREATE TABLE entry (
              thread TEXT NOT NULL, position INTEGER NOT NULL, body BLOB NOT NULL,
              PRIMARY KEY (thread, position)
            )""",
            """
            CREATE TABLE head (
              thread TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, owed_at INTEGER, body BLOB NOT NULL
            )""",
            "CREATE INDEX owing ON head (owed_at, thread) WHERE owed_at IS NOT NULL",
            """
            CREATE TABLE resource (
              workspace TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
              created INTEGER NOT NULL, archived INTEGER NOT NULL, expires INTEGER, body BLOB NOT NULL,
              PRIMARY KEY (workspace, kind, id)
            )""",
            "CREATE INDEX resource_by_time ON resource (workspace, kind, created, id)",
            "CREATE INDEX resource_expiring ON resource (expires) WHERE expires IS NOT NULL");

    /** Above every id. */
    static final String LAST_TEXT = "\udbff\udfff";

    private Schema() {}

    /** Times beyond the years 1677 to 2262 become the first and last number: they only occur as bounds. */
    static long nanos(Instant time) {
        try {
            return Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L), time.getNano());
        } catch (ArithmeticException e) {
            return time.getEpochSecond() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }
}
