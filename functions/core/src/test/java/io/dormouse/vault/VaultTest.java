package io.dormouse.vault;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.CredentialId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import io.dormouse.vault.Vault.Claiming;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VaultTest {
    private static final Instant NOW = Instant.parse("2026-11-24T10:00:00Z");
    private static final CredentialId A = new CredentialId("vcrd_a");
    private static final CredentialId B = new CredentialId("vcrd_b");

    private static Vault vault() {
        return new Vault(Resource.of(WorkspaceId.DEFAULT, Vault.KIND, "vlt_1", NOW, Json.object()));
    }

    private static Vault claimed(Vault vault, CredentialId credential, String key, Instant now) {
        Claiming claiming = vault.claim(credential, key, now);
        assertThat(claiming).isInstanceOf(Claiming.Granted.class);
        return new Vault(vault.document().with(((Claiming.Granted) claiming).body(), now));
    }

    @Test
    void a_key_is_one_credentials() {
        Vault vault = claimed(vault(), A, "env KEY", NOW);
        assertThat(vault.claim(B, "env KEY", NOW)).isEqualTo(new Claiming.Taken(A));
        assertThat(vault.claim(A, "env KEY", NOW))
                .isEqualTo(new Claiming.Granted(vault.document().body()));
        Vault free = new Vault(vault.document().with(vault.release(List.of(A)), NOW));
        claimed(free, B, "env KEY", NOW);
        assertThat(free.release(List.of(A))).isSameAs(free.document().body());
    }

    @Test
    void there_is_room_for_twenty() {
        Vault vault = vault();
        for (int i = 1; i <= 20; i++)
            vault = claimed(vault, new CredentialId("vcrd_x" + "1".repeat(i)), "env " + i, NOW);
        assertThat(vault.claim(A, "env KEY", NOW)).isEqualTo(new Claiming.Full());
    }

    @Test
    void a_claim_is_settled_after_a_minute() {
        Vault vault = claimed(claimed(vault(), A, "a", NOW), B, "b", NOW.plusSeconds(30));
        assertThat(vault.settled(NOW.plusSeconds(59))).isEmpty();
        assertThat(vault.settled(NOW.plusSeconds(60))).containsExactly(A);
        assertThat(vault.settled(NOW.plusSeconds(90))).containsExactly(A, B);
    }

    @Test
    void spellings_of_one_server_are_one_key() {
        String key = Auth.serverKey("https://m.example/mcp");
        for (String same : List.of("HTTPS://M.Example/mcp", "https://m.example:443/mcp", "https://m.example./mcp?x=1"))
            assertThat(Auth.serverKey(same)).as(same).isEqualTo(key);
        for (String other : List.of("http://m.example/mcp", "https://m.example:8443/mcp", "https://m.example/mcp/"))
            assertThat(Auth.serverKey(other)).as(other).isNotEqualTo(key);
    }

    @Test
    void parts_of_secrets_have_their_limits() {
        assertThat(SecretPart.TOKEN.flaw("x".repeat(8192))).isEmpty();
        assertThat(SecretPart.TOKEN.flaw("x".repeat(8193))).isPresent();
        assertThat(SecretPart.CLIENT_SECRET.flaw("x".repeat(513))).isPresent();
        assertThat(SecretPart.SECRET_VALUE.flaw("pässword 🐭")).isEmpty();
        for (String flawed : List.of("", " ", "a ", "a\nb", "a\rb", "a\tb", "a\u0000", "a\u0085b"))
            for (SecretPart part : SecretPart.values())
                assertThat(part.flaw(flawed)).as(flawed).isPresent();
    }

    @Test
    void a_new_secret_prints_what_it_has_and_not_what_that_is() {
        NewSecret secret = NewSecret.of(Map.of(SecretPart.TOKEN, "CANARY")).expiring(NOW);
        assertThat(secret.toString()).isEqualTo("NewSecret[TOKEN]");
        assertThat(secret.empty()).isFalse();
        assertThat(NewSecret.of(Map.of()).empty()).isTrue();
    }
}
