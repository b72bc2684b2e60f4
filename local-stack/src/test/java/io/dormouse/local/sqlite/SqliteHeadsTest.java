package io.dormouse.local.sqlite;

import io.dormouse.head.Heads;
import io.dormouse.testkit.contract.HeadsContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class SqliteHeadsTest extends HeadsContract {
    @TempDir
    Path folder;

    private Sqlite file;

    @Override
    protected Heads emptyHeads() {
        file = Sqlite.open(folder.resolve("test.db"));
        return new SqliteHeads(file);
    }

    @AfterEach
    void close() {
        file.close();
    }
}
