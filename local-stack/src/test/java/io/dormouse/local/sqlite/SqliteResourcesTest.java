package io.dormouse.local.sqlite;

import io.dormouse.resource.Resources;
import io.dormouse.testkit.contract.ResourcesContract;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class SqliteResourcesTest extends ResourcesContract {
    @TempDir
    Path folder;

    private Sqlite file;

    @Override
    protected Resources emptyResources(InstantSource clock) {
        file = Sqlite.open(folder.resolve("test.db"));
        return new SqliteResources(file, clock);
    }

    @AfterEach
    void close() {
        file.close();
    }
}
