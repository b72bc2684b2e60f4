package io.dormouse.local.sqlite;

import io.dormouse.session.SessionLog;
import io.dormouse.testkit.contract.SessionLogContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class SqliteSessionLogTest extends SessionLogContract {
    @TempDir
    Path folder;

    private Sqlite file;

    @Override
    protected SessionLog emptyLog() {
        file = Sqlite.open(folder.resolve("test.db"));
        return new SqliteSessionLog(file);
    }

    @AfterEach
    void close() {
        file.close();
    }
}
