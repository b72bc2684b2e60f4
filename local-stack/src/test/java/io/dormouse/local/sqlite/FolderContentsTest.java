package io.dormouse.local.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.resource.Contents;
import io.dormouse.testkit.contract.ContentsContract;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderContentsTest extends ContentsContract {
    @TempDir
    Path folder;

    @Override
    protected Contents emptyContents() {
        return new FolderContents(folder.resolve("files"));
    }

    @Test
    void what_a_crash_left_unfinished_goes_with_the_next_start() throws IOException {
        Path left = Files.writeString(folder.resolve("files/new/123"), "half");
        new FolderContents(folder.resolve("files")).put("one", InputStream.nullInputStream());
        assertThat(left).doesNotExist();
        assertThat(folder.resolve("files/new")).isEmptyDirectory();
    }
}
