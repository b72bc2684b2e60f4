package io.dormouse.local.sqlite;

import java.sql.SQLException;

/** What is done within one transaction. May run twice, so it leaves nothing but the rows and what it returns. */
@FunctionalInterface
interface Work<T> {
    T on(Statements statements) throws SQLException;
}
