package io.dormouse.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.id.WorkspaceId;
import io.dormouse.testkit.memory.MemoryResources;
import io.dormouse.wire.Refused;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ApiKeysTest {
    private static final WorkspaceId HERE = new WorkspaceId("here");
    private final ApiKeys keys =
            new ApiKeys(new MemoryResources(InstantSource.system()), InstantSource.system(), new SecureRandom());

    private WorkspaceId workspace(String key) {
        return keys.workspace(keys.presented(Map.of("x-api-key", key)::get));
    }

    private void rejected(String key, String message) {
        assertThatThrownBy(() -> workspace(key))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.error().status()).isEqualTo(401))
                .hasMessageContaining(message);
    }

    @Test
    void a_key_opens_its_workspace_in_either_header() {
        ApiKeys.Created created = keys.create(HERE, "first");
        assertThat(created.plain()).matches("dm_[0-9a-z]{8}_[A-Za-z0-9_-]{43}_[0-9a-f]{8}");
        assertThat(workspace(created.plain())).isEqualTo(HERE);
        for (String scheme : List.of("Bearer ", "bearer "))
            assertThat(keys.workspace(keys.presented(Map.of("authorization", scheme + created.plain())::get)))
                    .isEqualTo(HERE);
    }

    @Test
    void a_mistyped_key_is_told_without_asking_the_store() {
        String plain = keys.create(HERE, null).plain();
        rejected(plain.substring(1), "invalid");
        rejected(plain.substring(0, plain.length() - 1), "malformed");
        rejected(plain + "0", "malformed");
        for (int i = 3; i < plain.length(); i++) {
            char other = plain.charAt(i) == 'a' ? 'b' : 'a';
            rejected(plain.substring(0, i) + other + plain.substring(i + 1), "malformed");
        }
    }

    @Test
    void missing_short_and_unknown_keys_are_rejected() {
        rejected("", "Give an API key");
        rejected("short", "invalid");
        rejected("k".repeat(600), "invalid");
        rejected("sk-ant-somebody-elses-key", "invalid");
        assertThatThrownBy(() -> keys.presented(Map.of("authorization", "Basic abc")::get))
                .isInstanceOf(Refused.class);
    }

    @Test
    void a_revoked_key_opens_nothing() {
        ApiKeys.Created created = keys.create(HERE, "lost");
        ApiKeys.Created other = keys.create(HERE, "kept");
        assertThat(keys.revoke(created.key().id())).hasSize(1);
        assertThat(keys.revoke(created.key().id())).isEmpty();
        rejected(created.plain(), "invalid");
        assertThat(workspace(other.plain())).isEqualTo(HERE);
        assertThat(keys.list()).extracting(key -> key.revokedAt() != null).containsExactlyInAnyOrder(true, false);
        assertThatThrownBy(() -> keys.revoke("")).isInstanceOf(Refused.class);
    }

    @Test
    void a_key_of_the_callers_choice_can_be_registered() {
        String plain = "sk-ant-a-key-from-before";
        ApiKeys.Key key = keys.register(plain, HERE, "old");
        assertThat(keys.register(plain, HERE, "old")).isEqualTo(key);
        assertThat(workspace(plain)).isEqualTo(HERE);
        assertThatThrownBy(() -> keys.register(plain, new WorkspaceId("there"), ""))
                .isInstanceOf(Refused.class);
        assertThatThrownBy(() -> keys.register("fifteen-letters", HERE, "")).isInstanceOf(Refused.class);
        assertThatThrownBy(() -> keys.register("dm_looks_like_one_of_ours", HERE, ""))
                .isInstanceOf(Refused.class);
        assertThatThrownBy(() -> keys.register("with a space in the key", HERE, ""))
                .isInstanceOf(Refused.class);
        assertThatThrownBy(() -> keys.create(WorkspaceId.SYSTEM, "")).isInstanceOf(Refused.class);
        keys.revoke(key.id());
        assertThatThrownBy(() -> keys.register(plain, HERE, "old")).isInstanceOf(Refused.class);
    }

    @Test
    void nothing_that_prints_shows_a_key() {
        ApiKeys.Created created = keys.create(HERE, "first");
        String secret = created.plain().substring(12);
        assertThat(created.toString()).doesNotContain(secret);
        assertThat(keys.list().toString()).doesNotContain(secret);
        assertThatThrownBy(() -> workspace(created.plain() + "0")).message().doesNotContain(secret);
    }
}
