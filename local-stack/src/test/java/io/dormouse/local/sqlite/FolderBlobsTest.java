package io.dormouse.local.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.resource.Blobs;
import io.dormouse.testkit.contract.BlobsContract;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderBlobsTest extends BlobsContract {
    @TempDir
    Path folder;

    @Override
    protected Blobs emptyBlobs() {
        return new FolderBlobs(folder);
    }

    @Test
    void nothing_unfinished_is_left_behind() throws Exception {
        new FolderBlobs(folder).put(new byte[] {1});
        try (var files = Files.list(folder.resolve("new"))) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void damaged_content_is_never_handed_out() throws Exception {
        FolderBlobs blobs = new FolderBlobs(folder);
        String name = blobs.put(new byte[] {1, 2, 3});
        Files.write(folder.resolve(name.substring(0, 2)).resolve(name), new byte[] {1, 2});
        assertThatThrownBy(() -> blobs.get(name))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("damaged");
    }

    @Test
    void an_interrupted_thread_still_writes_and_stays_interrupted() {
        Thread.currentThread().interrupt();
        String name = new FolderBlobs(folder).put(new byte[] {1});
        assertThat(Thread.interrupted()).isTrue();
        assertThat(new FolderBlobs(folder).get(name)).isPresent();
    }
}
