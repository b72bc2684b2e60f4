package io.dormouse.secrets;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.CredentialId;
import io.dormouse.id.Ids;
import io.dormouse.id.VaultId;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.SecretPart;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store of secrets does. */
abstract class SecretsContract {
    static final Instant NOW = Instant.parse("2026-11-24T10:00:00Z");
    static final SecureRandom RANDOM = new SecureRandom();
    static final Ids IDS = new Ids(InstantSource.system(), RANDOM);

    final VaultId vault = new VaultId(IDS.next("vlt_"));
    final CredentialId credential = new CredentialId(IDS.next("vcrd_"));
    Secrets secrets;

    /** A store that has nothing yet. */
    abstract Secrets empty() throws Exception;

    /** The same store, as another process opens it. */
    abstract Secrets again(Secrets store) throws Exception;

    @BeforeEach
    void open() throws Exception {
        secrets = empty();
    }

    static Material material(String token) {
        return Material.of(NewSecret.of(Map.of(SecretPart.TOKEN, token)), NOW);
    }

    static Bundle done(Secrets.Swapped swapped) {
        assertThat(swapped).isInstanceOf(Secrets.Swapped.Done.class);
        return ((Secrets.Swapped.Done) swapped).stored();
    }

    Bundle stored(String token) {
        return done(secrets.swap(secrets.read(vault).with(credential, "r1", material(token))));
    }

    @Test
    void what_was_never_stored_is_an_empty_bundle() {
        assertThat(secrets.read(vault)).isEqualTo(new Bundle(vault, null, Map.of()));
    }

    @Test
    void what_was_swapped_in_is_read_also_by_others() throws Exception {
        Material full = Material.of(
                        NewSecret.of(Map.of(
                                        SecretPart.ACCESS_TOKEN,
                                        "a\"\\ä",
                                        SecretPart.REFRESH_TOKEN,
                                        "r",
                                        SecretPart.CLIENT_SECRET,
                                        "c"))
                                .expiring(NOW.plusSeconds(60)),
                        NOW)
                .exchanging(new Material.Exchange("me", NOW));
        Bundle stored = done(secrets.swap(
                secrets.read(vault).with(credential, "r1", material("one")).with(credential, "r2", full)));
        assertThat(stored.version()).isNotNull();
        assertThat(secrets.read(vault)).isEqualTo(stored);
        assertThat(again(secrets).read(vault)).isEqualTo(stored);
        assertThat(stored.material(credential, "r2")).contains(full);
        assertThat(stored.material(credential, "r3")).isEmpty();
    }

    @Test
    void of_two_who_read_the_same_one_is_told_to_read_again() {
        Bundle read = secrets.read(vault);
        Bundle first = done(secrets.swap(read.with(credential, "r1", material("one"))));
        assertThat(secrets.swap(read.with(credential, "r1", material("two"))))
                .isInstanceOf(Secrets.Swapped.Changed.class);
        Bundle second = done(secrets.swap(first.with(credential, "r1", material("three"))));
        assertThat(secrets.swap(first.with(credential, "r1", material("four"))))
                .isInstanceOf(Secrets.Swapped.Changed.class);
        assertThat(secrets.read(vault)).isEqualTo(second);
    }

    @Test
    void what_is_swapped_out_is_not_read_any_more() {
        Bundle one = stored("one");
        Bundle none = done(secrets.swap(one.with(credential, Map.of())));
        assertThat(secrets.read(vault).credentials()).isEmpty();
        assertThat(secrets.read(vault).version()).isEqualTo(none.version());
    }

    @Test
    void vaults_have_nothing_to_do_with_each_other() {
        stored("one");
        assertThat(secrets.read(new VaultId(IDS.next("vlt_"))).credentials()).isEmpty();
    }

    @Test
    void a_forgotten_vault_has_nothing_and_is_forgotten_twice_without_harm() {
        Bundle one = stored("one");
        secrets.forget(vault);
        secrets.forget(vault);
        assertThat(secrets.read(vault)).isEqualTo(new Bundle(vault, null, Map.of()));
        assertThat(secrets.swap(one.with(credential, "r2", material("two"))))
                .isInstanceOf(Secrets.Swapped.Changed.class);
        assertThat(secrets.read(vault).credentials()).isEmpty();
    }

    @Test
    void more_than_the_limit_is_refused_and_changes_nothing() {
        Bundle one = stored("one");
        Bundle large = one;
        for (int i = 0; i < 9; i++)
            large = large.with(new CredentialId(IDS.next("vcrd_")), "r", material("x".repeat(8000)));
        assertThat(secrets.swap(large)).isInstanceOf(Secrets.Swapped.TooLarge.class);
        assertThat(secrets.read(vault)).isEqualTo(one);
        Bundle fits = one;
        for (int i = 0; i < 7; i++)
            fits = fits.with(new CredentialId(IDS.next("vcrd_")), "r", material("x".repeat(8000)));
        done(secrets.swap(fits));
    }

    @Test
    void of_many_writers_at_once_each_has_its_way_in_the_end() throws Exception {
        Secrets other = again(secrets);
        List<Callable<CredentialId>> writers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Secrets store = i % 2 == 0 ? secrets : other;
            CredentialId mine = new CredentialId(IDS.next("vcrd_"));
            writers.add(() -> {
                while (!(store.swap(store.read(vault).with(mine, "r", material(mine.text())))
                        instanceof Secrets.Swapped.Done)) Thread.onSpinWait();
                return mine;
            });
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<CredentialId> writer : threads.invokeAll(writers))
                assertThat(secrets.read(vault).material(writer.get(), "r")).isPresent();
        }
        assertThat(secrets.read(vault).credentials()).hasSize(8);
    }

    @Test
    void the_naming_key_is_the_same_for_all() throws Exception {
        byte[] key = secrets.namingKey();
        assertThat(key).hasSize(32);
        assertThat(secrets.namingKey()).isEqualTo(key);
        assertThat(again(secrets).namingKey()).isEqualTo(key);
    }

    @Test
    void nothing_prints_a_secret() {
        Bundle one = stored("CANARY");
        assertThat(one + " " + secrets + " " + one.credentials() + " " + secrets.swap(one))
                .doesNotContain("CANARY")
                .contains(credential.text());
    }
}
