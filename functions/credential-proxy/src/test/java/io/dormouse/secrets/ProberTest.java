package io.dormouse.secrets;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.vault.SecretPart;
import io.dormouse.vault.Validation;
import io.dormouse.vault.Validation.Refreshed;
import io.dormouse.vault.Validation.Status;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProberTest {
    private static final String FRESH = "{'access_token':'access-2','token_type':'bearer','expires_in':60}";

    private final World world = new World();
    private final VaultId vault = world.vault();
    private final CredentialId credential = world.oauth(vault, null, "client_secret_post");

    private Validation validate() {
        return world.safe.validate(World.HERE, vault, credential);
    }

    @Test
    void a_token_that_is_taken_is_valid() {
        world.answers(200, "{}").answers(202, "").answers(200, "{}");
        assertThat(validate()).isEqualTo(new Validation(Status.VALID, true, null, null));
        assertThat(world.sent).hasSize(3).allSatisfy(sent -> {
            assertThat(sent.to()).isEqualTo("https://o.example/mcp");
            assertThat(sent.header("authorization")).isEqualTo("Bearer access-1");
        });
        assertThat(world.sent.getFirst().body()).contains("\"method\":\"initialize\"");
    }

    @Test
    void a_refused_token_is_refreshed_and_tried_again() {
        world.answers(401, "{}").answers(200, FRESH).answers(200, "{}");
        assertThat(validate())
                .isEqualTo(new Validation(Status.VALID, true, null, new Validation.Refresh(Refreshed.SUCCEEDED, null)));
        assertThat(world.sent.get(2).header("authorization")).isEqualTo("Bearer access-2");
    }

    @Test
    void a_refused_refresh_is_invalid() {
        world.answers(401, "{'error':'invalid_token'}").answers(400, "{'error':'invalid_grant'}");
        Validation validation = validate();
        assertThat(validation.status()).isEqualTo(Status.INVALID);
        assertThat(validation.probe().method()).isEqualTo("initialize");
        assertThat(validation.probe().answer())
                .isEqualTo(new Validation.Heard(401, "application/json", "{\"error\":\"invalid_token\"}", false));
        assertThat(validation.refresh())
                .isEqualTo(new Validation.Refresh(
                        Refreshed.FAILED,
                        new Validation.Heard(400, "application/json", "{\"error\":\"invalid_grant\"}", false)));
    }

    @Test
    void what_may_pass_is_unknown() {
        assertThat(validate().status()).isEqualTo(Status.UNKNOWN);
        assertThat(validate().probe()).isEqualTo(new Validation.Probe("initialize", null));
        world.answers(503, "");
        assertThat(validate().status()).isEqualTo(Status.UNKNOWN);
        world.answers(401, "").answers(500, "");
        assertThat(validate().status()).isEqualTo(Status.UNKNOWN);
        world.answers(401, "");
        assertThat(validate().refresh()).isEqualTo(new Validation.Refresh(Refreshed.CONNECT_ERROR, null));
        world.answers(403, "");
        assertThat(validate().status()).isEqualTo(Status.INVALID);
    }

    @Test
    void without_a_refresh_token_a_refused_one_is_invalid() {
        CredentialId bare = world.credential(
                vault,
                "{'type':'mcp_oauth','mcp_server_url':'https://b.example/','expires_at':null,'refresh':null}",
                Map.of(SecretPart.ACCESS_TOKEN, "access-9"),
                null);
        world.answers(401, "");
        Validation validation = world.safe.validate(World.HERE, vault, bare);
        assertThat(validation.status()).isEqualTo(Status.INVALID);
        assertThat(validation.hasRefreshToken()).isFalse();
        assertThat(validation.refresh()).isEqualTo(new Validation.Refresh(Refreshed.NO_REFRESH_TOKEN, null));
    }

    @Test
    void a_server_that_asks_only_for_tools_is_believed_there() {
        world.answers(200, "{}").answers(202, "").answers(401, "{}").answers(400, "{}");
        assertThat(validate().probe().method()).isEqualTo("tools/list");
    }

    @Test
    void what_comes_back_is_shown_without_what_was_sent() {
        String basic = Base64.getEncoder().encodeToString("me:hush/1".getBytes(StandardCharsets.UTF_8));
        String echo =
                "you sent access-1, refresh-1, hush/1, hush%2F1, YWNjZXNzLTE=, 6163636573732d31, 1-ssecca, " + basic
                        + "; "
                        + "{'access_token':'gift-77','id_token' : 'gift-78'} client_secret=gift-79&x=1";
        world.answers(401, echo).answers(400, echo);
        Validation validation = validate();
        for (Validation.Heard heard : new Validation.Heard[] {
            validation.probe().answer(), validation.refresh().answer()
        })
            assertThat(heard.body())
                    .contains("you sent [redacted]")
                    .doesNotContain("access-1")
                    .doesNotContain("refresh-1")
                    .doesNotContain("hush")
                    .doesNotContain("YWNjZXNzLTE")
                    .doesNotContain("6163636573732d31")
                    .doesNotContain("1-ssecca")
                    .doesNotContain(basic.substring(4))
                    .doesNotContain("gift");
        world.answers(401, "x".repeat(9000)).answers(200, "{'access_token':'gift-80','expires_in':-5}");
        validation = validate();
        assertThat(validation.probe().answer().body()).hasSize(4096);
        assertThat(validation.probe().answer().truncated()).isTrue();
        assertThat(validation.refresh().answer().body()).isEmpty();
        assertThat(validation.toString()).doesNotContain("gift");
    }
}
