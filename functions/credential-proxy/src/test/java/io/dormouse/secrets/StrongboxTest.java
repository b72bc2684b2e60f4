package io.dormouse.secrets;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.Safe.Kept;
import io.dormouse.vault.SecretPart;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StrongboxTest {
    private static final String OPEN = "{'type':'unrestricted'}";

    private final World world = new World();
    private final VaultId vault = world.vault();
    private final CredentialId credential = world.variable(vault, "A", "value-1", OPEN);

    private static NewSecret value(String text) {
        return NewSecret.of(Map.of(SecretPart.SECRET_VALUE, text));
    }

    private Set<String> revisions() {
        return world.secrets
                .read(vault)
                .credentials()
                .getOrDefault(credential, Map.of())
                .keySet();
    }

    private Kept rotated(String from, String to) {
        return world.safe.rotate(vault, credential, from, to, value("value-" + to));
    }

    @Test
    void a_rotation_keeps_the_old_secret_until_it_is_settled() {
        assertThat(rotated("r1", "r2")).isEqualTo(new Kept.Done());
        assertThat(revisions()).containsExactly("r1", "r2");
        // The document names r1 still.
        assertThat(world.safe.settle(World.HERE, vault, credential, null)).isEqualTo(new Kept.Done());
        assertThat(revisions()).containsExactly("r1", "r2");
        world.rotate(vault, credential, "r3", Map.of(SecretPart.SECRET_VALUE, "value-3"));
        assertThat(revisions()).containsExactly("r2", "r3");
    }

    @Test
    void what_nobody_has_named_for_a_minute_goes_with_the_next_rotation() {
        rotated("r1", "r2");
        world.now = world.now.plus(Strongbox.UNNAMED).plusMillis(1);
        world.rotate(vault, credential, "r3", Map.of(SecretPart.SECRET_VALUE, "value-3"));
        assertThat(revisions()).containsExactly("r3");
    }

    @Test
    void settling_never_drops_what_the_document_names() {
        world.now = world.now.plusSeconds(3600);
        assertThat(world.safe.settle(World.HERE, vault, credential, "r1")).isEqualTo(new Kept.Done());
        assertThat(revisions()).containsExactly("r1");
    }

    @Test
    void a_rotation_from_what_is_gone_is_told() {
        assertThat(rotated("r0", "r2")).isEqualTo(new Kept.Gone());
        world.safe.forget(vault, credential);
        assertThat(rotated("r1", "r2")).isEqualTo(new Kept.Gone());
        assertThat(world.safe.settle(World.HERE, vault, credential, null)).isEqualTo(new Kept.Gone());
        assertThat(revisions()).isEmpty();
    }

    @Test
    void every_call_may_be_repeated() {
        for (int i = 0; i < 2; i++) {
            assertThat(world.safe.store(vault, credential, "r1", value("value-1")))
                    .isEqualTo(new Kept.Done());
            assertThat(rotated("r1", "r2")).isEqualTo(new Kept.Done());
            world.safe.settle(World.HERE, vault, credential, null);
        }
        assertThat(revisions()).containsExactly("r1", "r2");
        for (int i = 0; i < 2; i++) world.safe.forget(vault, credential);
        for (int i = 0; i < 2; i++) world.safe.forget(vault);
    }

    @Test
    void of_two_writers_none_is_lost() {
        world.secrets.beforeSwap = () -> world.bearer(vault, "https://m.example/", "token-1");
        assertThat(rotated("r1", "r2")).isEqualTo(new Kept.Done());
        assertThat(revisions()).containsExactly("r1", "r2");
        assertThat(world.secrets.read(vault).credentials()).hasSize(2);
    }

    @Test
    void a_vault_that_is_full_says_so() {
        for (int i = 0; i < 7; i++)
            assertThat(world.safe.store(vault, new CredentialId(world.ids.next("vcrd_")), "r", value("x".repeat(8192))))
                    .isEqualTo(new Kept.Done());
        assertThat(world.safe.store(vault, new CredentialId(world.ids.next("vcrd_")), "r", value("x".repeat(8192))))
                .isEqualTo(new Kept.Full(Bundle.MAX_BYTES));
    }
}
