package io.dormouse.local.sqlite;

/** What tests ask of a file beside the ports. */
final class TestFile {
    private TestFile() {}

    static String integrity(Sqlite file) {
        return file.read(statements -> {
            try (var row = statements.of("PRAGMA integrity_check").executeQuery()) {
                return row.getString(1);
            }
        });
    }

    static long count(Sqlite file, String table) {
        return file.read(statements -> statements.number("SELECT count(*) FROM " + table));
    }

    /** The steps that SQLite would take, one a line. */
    static String plan(Sqlite file, String sql) {
        return file.read(statements -> {
            StringBuilder plan = new StringBuilder();
            try (var rows = statements.of("EXPLAIN QUERY PLAN " + sql).executeQuery()) {
                while (rows.next()) plan.append(rows.getString(4)).append('\n');
            }
            return plan.toString();
        });
    }
}
