package io.dormouse.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.resource.Contents;
import io.dormouse.resource.Digested;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@link Contents} must keep to. */
public abstract class ContentsContract {
    private static final String OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    private static final byte[] ABC = {'a', 'b', 'c'};

    private Contents contents;

    /** A store without content. Called once before each test. */
    protected abstract Contents emptyContents() throws Exception;

    @BeforeEach
    final void open() throws Exception {
        contents = emptyContents();
    }

    private static InputStream abc() {
        return new ByteArrayInputStream(ABC);
    }

    private byte[] read(String name) throws IOException {
        try (Contents.Content content = contents.open(name).orElseThrow()) {
            byte[] bytes = content.stream().readAllBytes();
            assertThat(content.sizeBytes()).isEqualTo(bytes.length);
            return bytes;
        }
    }

    private long sizeOf(String name) {
        try {
            return contents.put(name, new Made(300_000, false)).sizeBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bytes that nobody keeps: made as they are read. */
    private static final class Made extends InputStream {
        private final Random random = new Random(7);
        private final byte[] block = new byte[64 * 1024];
        private final boolean breaks;
        private long left;

        Made(long size, boolean breaks) {
            this.left = size;
            this.breaks = breaks;
        }

        @Override
        public int read() {
            throw new AssertionError("nobody reads a large stream byte by byte");
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (left == 0 && breaks) throw new IOException("broken off");
            if (left == 0) return -1;
            int count = (int) Math.min(Math.min(left, length), block.length);
            random.nextBytes(block);
            System.arraycopy(block, 0, bytes, offset, count);
            left -= count;
            return count;
        }
    }

    @Test
    void content_is_found_by_the_name_that_it_was_given() throws IOException {
        assertThat(contents.put("one", abc())).isEqualTo(new Contents.Stored(OF_ABC, 3));
        assertThat(read("one")).isEqualTo(ABC);
        assertThat(contents.open("two")).isEmpty();
        assertThat(contents.open(OF_ABC)).isEmpty();
    }

    @Test
    void no_bytes_at_all_are_content_too() throws IOException {
        assertThat(contents.put("none", InputStream.nullInputStream()).sizeBytes())
                .isZero();
        assertThat(read("none")).isEmpty();
    }

    @Test
    void content_of_many_parts_survives() throws IOException {
        for (long size : new long[] {5 * 1024 * 1024, 8 * 1024 * 1024, 8 * 1024 * 1024 + 1, 25_000_000}) {
            Contents.Stored stored = contents.put("large", new Made(size, false));
            assertThat(stored.sizeBytes()).isEqualTo(size);
            try (Contents.Content content = contents.open("large").orElseThrow();
                    Digested digested = new Digested(content.stream())) {
                digested.transferTo(java.io.OutputStream.nullOutputStream());
                assertThat(digested.stored()).isEqualTo(stored);
            }
        }
    }

    @Test
    void a_stream_that_breaks_off_leaves_nothing() {
        for (long size : new long[] {0, 1000, 9_000_000, 17_000_000}) {
            assertThatThrownBy(() -> contents.put("broken", new Made(size, true)))
                    .isInstanceOf(IOException.class)
                    .hasMessage("broken off");
            assertThat(contents.open("broken")).isEmpty();
        }
    }

    @Test
    void a_stream_that_breaks_off_leaves_what_was_there_before() throws IOException {
        contents.put("one", abc());
        assertThatThrownBy(() -> contents.put("one", new Made(9_000_000, true))).isInstanceOf(IOException.class);
        assertThat(read("one")).isEqualTo(ABC);
    }

    @Test
    void the_same_name_again_is_the_newer_content() throws IOException {
        contents.put("one", abc());
        contents.put("one", new ByteArrayInputStream(new byte[] {'x'}));
        assertThat(read("one")).containsExactly('x');
    }

    @Test
    void deleted_content_is_gone_and_its_name_may_be_used_again() throws IOException {
        contents.put("one", abc());
        contents.put("two", abc());
        contents.delete("one");
        contents.delete("one");
        assertThat(contents.open("one")).isEmpty();
        assertThat(read("two")).isEqualTo(ABC);
        contents.put("one", abc());
        assertThat(read("one")).isEqualTo(ABC);
    }

    @Test
    void what_is_no_name_names_nothing() throws IOException {
        contents.put("one", abc());
        for (String name : new String[] {"", ".", "..", "../one", "a/b", "/etc/passwd", "a b", "ä", "x".repeat(101)}) {
            assertThat(contents.open(name)).as(name).isEmpty();
            contents.delete(name);
            assertThatThrownBy(() -> contents.put(name, abc())).isInstanceOf(IllegalArgumentException.class);
        }
        contents.put("x".repeat(100), abc());
        assertThat(read("x".repeat(100))).isEqualTo(ABC);
    }

    @Test
    void sixteen_writers_of_the_same_name_leave_one_whole_content() throws Exception {
        assertThat(Together.all(16, i -> sizeOf("one"))).containsOnly(300_000L);
        Optional<Contents.Content> found = contents.open("one");
        assertThat(found).isPresent();
        assertThat(read("one")).hasSize(300_000);
    }
}
