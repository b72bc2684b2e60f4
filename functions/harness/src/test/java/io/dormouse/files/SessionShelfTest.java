package io.dormouse.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.hands.HandFiles;
import io.dormouse.hands.Mount;
import io.dormouse.head.Head;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.resource.Resources;
import io.dormouse.testkit.memory.MemoryContents;
import io.dormouse.testkit.memory.MemoryHeads;
import io.dormouse.testkit.memory.MemoryResources;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What is kept of a session's outputs. */
class SessionShelfTest {
    private Instant now = Instant.parse("2026-11-24T10:00:00Z");
    private final MemoryResources resources = new MemoryResources(() -> now);
    private final MemoryContents contents = new MemoryContents();
    private final MemoryHeads heads = new MemoryHeads();
    private final Ids ids = new Ids(() -> now, new Random(7));
    private final FileStore store = new FileStore(resources, contents, session -> true, () -> now, ids);
    private final SessionShelf shelf = new SessionShelf(heads, resources, store, () -> now);
    private final SessionId session = ids.session();
    private final Folder folder = new Folder();

    SessionShelfTest() {
        heads.create(Head.fresh(WorkspaceId.DEFAULT, session, now));
    }

    /** Outputs that change when they are told to. */
    private static final class Folder implements HandFiles {
        final Map<String, String> files = new TreeMap<>();
        final Map<String, Integer> writes = new HashMap<>();
        final Map<String, Long> sizes = new HashMap<>();
        final List<String> read = new ArrayList<>();
        boolean complete = true;
        Runnable whileReading = () -> {};

        void write(String path, String content) {
            files.put(path, content);
            writes.merge(path, 1, Integer::sum);
        }

        @Override
        public Map<String, String> placed() {
            throw new AssertionError();
        }

        @Override
        public void place(Mount mount, InputStream content) {
            throw new AssertionError();
        }

        @Override
        public void remove(String path) {
            throw new AssertionError();
        }

        @Override
        public Outputs outputs() {
            List<Output> outputs = new ArrayList<>();
            files.forEach((path, content) -> outputs.add(
                    new Output(path, sizes.getOrDefault(path, (long) content.length()), "w" + writes.get(path))));
            return new Outputs(outputs, complete);
        }

        @Override
        public InputStream read(Output output) throws IOException {
            if (output.path().startsWith("closed")) throw new IOException("no");
            read.add(output.path());
            byte[] bytes = files.get(output.path()).getBytes(StandardCharsets.UTF_8);
            whileReading.run();
            return new ByteArrayInputStream(bytes);
        }
    }

    private List<String> take() throws IOException {
        shelf.take(session.primaryThread(), folder);
        return files().stream().map(StoredFile::filename).sorted().toList();
    }

    private List<StoredFile> files() {
        return store.list(WorkspaceId.DEFAULT, new Resources.Query("", true, null, null, null, false, 1000)).stream()
                .map(StoredFile::of)
                .toList();
    }

    @Test
    void what_is_new_or_changed_is_kept_and_nothing_is_read_twice() throws IOException {
        folder.write("a.csv", "1");
        folder.write("b/c", "2");
        assertThat(take()).containsExactly("a.csv", "b/c");
        assertThat(files()).allMatch(file -> session.equals(file.scope()));
        assertThat(files().getFirst().mimeType()).isEqualTo("text/csv");
        folder.read.clear();
        assertThat(take()).hasSize(2);
        assertThat(folder.read).isEmpty();
        folder.write("a.csv", "3");
        assertThat(take()).containsExactly("a.csv", "a.csv", "b/c");
        assertThat(folder.read).containsExactly("a.csv");
    }

    @Test
    void the_same_content_again_is_no_new_file_and_leaves_no_content() throws IOException {
        folder.write("a", "1");
        take();
        folder.write("a", "1");
        assertThat(take()).containsExactly("a");
        assertThat(contents.names()).hasSize(1);
        assertThat(store.delete(WorkspaceId.DEFAULT, files().getFirst().id())).isTrue();
        folder.write("a", "1");
        assertThat(take()).as("what a client has deleted does not come back").isEmpty();
        assertThat(contents.names()).isEmpty();
    }

    @Test
    void a_harness_that_died_before_it_could_remember_makes_no_doubles() throws IOException {
        folder.write("a", "1");
        folder.write("b", "2");
        take();
        List<StoredFile> before = files();
        shelf.forget(session.primaryThread());
        assertThat(take()).containsExactly("a", "b");
        assertThat(files()).isEqualTo(before);
        assertThat(contents.names()).hasSize(2);
    }

    @Test
    void what_changes_while_it_is_read_waits_for_the_next_look() throws IOException {
        folder.write("a", "1");
        folder.write("b", "2");
        folder.whileReading = () -> folder.write("b", "3");
        assertThat(take()).containsExactly("a");
        assertThat(contents.names()).hasSize(1);
        folder.whileReading = () -> {};
        assertThat(take()).containsExactly("a", "b");
    }

    @Test
    void what_cannot_be_read_or_is_too_large_does_not_keep_the_rest_away() throws IOException {
        folder.write("a", "1");
        folder.write("closed", "2");
        folder.write("huge", "3");
        folder.sizes.put("huge", SessionShelf.MAX_FILE_BYTES + 1);
        folder.complete = false;
        assertThat(take()).containsExactly("a");
        assertThat(folder.read).containsExactly("a");
    }

    @Test
    void one_look_has_bounds_and_the_next_one_goes_on() throws IOException {
        for (int i = 0; i < SessionShelf.MAX_NEW_FILES + 5; i++) folder.write("f" + i, "x" + i);
        assertThat(take()).hasSize(SessionShelf.MAX_NEW_FILES);
        assertThat(take()).hasSize(SessionShelf.MAX_NEW_FILES + 5);
        for (int i = 0; i < 6; i++) {
            folder.write("large" + i, "y" + i);
            folder.sizes.put("large" + i, SessionShelf.MAX_FILE_BYTES);
        }
        assertThat(take()).hasSize(SessionShelf.MAX_NEW_FILES + 5 + 4);
    }

    @Test
    void names_are_harmless_and_never_too_long() throws IOException {
        folder.write("a\nb\u007f", "1");
        folder.write("x/".repeat(300) + "end", "2");
        assertThat(take()).containsExactly("a_b_", "end");
    }

    @Test
    void a_deleted_session_keeps_nothing_more() throws IOException {
        Head head = heads.read(session.primaryThread()).orElseThrow();
        heads.swap(head, head.delete(now).orElseThrow());
        folder.write("a", "1");
        assertThat(take()).isEmpty();
        shelf.forget(session.primaryThread());
    }
}
