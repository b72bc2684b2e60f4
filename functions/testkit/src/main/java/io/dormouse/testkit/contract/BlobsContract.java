package io.dormouse.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.resource.Blobs;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@link Blobs} must keep to. */
public abstract class BlobsContract {
    private static final String OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    private Blobs blobs;

    /** A store without content. Called once before each test. */
    protected abstract Blobs emptyBlobs() throws Exception;

    @BeforeEach
    final void open() throws Exception {
        blobs = emptyBlobs();
    }

    @Test
    void content_is_found_by_its_sha256() {
        byte[] content = {'a', 'b', 'c'};
        assertThat(blobs.put(content)).isEqualTo(OF_ABC);
        assertThat(blobs.get(OF_ABC))
                .hasValueSatisfying(found -> assertThat(found).isEqualTo(content));
    }

    @Test
    void the_same_content_twice_is_one_blob() {
        byte[] content = {'a', 'b', 'c'};
        assertThat(blobs.put(content)).isEqualTo(blobs.put(content.clone()));
        assertThat(blobs.get(OF_ABC)).isPresent();
    }

    @Test
    void absent_content_is_absent() {
        assertThat(blobs.get(OF_ABC)).isEmpty();
    }

    @Test
    void what_is_no_sha256_names_no_content() {
        blobs.put(new byte[] {'a', 'b', 'c'});
        assertThat(blobs.get("")).isEmpty();
        assertThat(blobs.get(OF_ABC.toUpperCase(java.util.Locale.ROOT))).isEmpty();
        assertThat(blobs.get("../" + OF_ABC)).isEmpty();
        assertThat(blobs.get("/etc/passwd")).isEmpty();
    }

    @Test
    void no_bytes_at_all_are_content_too() {
        assertThat(blobs.get(blobs.put(new byte[0])))
                .hasValueSatisfying(found -> assertThat(found).isEmpty());
    }

    @Test
    void large_content_survives() {
        byte[] content = new byte[5_000_000];
        new Random(1).nextBytes(content);
        assertThat(blobs.get(blobs.put(content)))
                .hasValueSatisfying(found -> assertThat(found).isEqualTo(content));
    }

    @Test
    void nobody_shares_an_array_with_the_store() {
        byte[] content = {'a', 'b', 'c'};
        blobs.put(content);
        content[0] = 'x';
        blobs.get(OF_ABC).orElseThrow()[1] = 'x';
        assertThat(blobs.get(OF_ABC))
                .hasValueSatisfying(found -> assertThat(found).isEqualTo(new byte[] {'a', 'b', 'c'}));
    }

    @Test
    void sixteen_writers_of_the_same_content_all_succeed() throws Exception {
        byte[] content = new byte[100_000];
        assertThat(Together.all(16, i -> blobs.get(blobs.put(content)).isPresent()))
                .containsOnly(true);
    }
}
