package io.dormouse.secrets;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.head.Head;
import io.dormouse.head.Snapshot;
import io.dormouse.id.CredentialId;
import io.dormouse.id.SessionId;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.outbound.HostRule;
import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.Networking;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Outbound.Purpose;
import io.dormouse.proxy.Key;
import io.dormouse.proxy.Ring;
import io.dormouse.proxy.Secret;
import io.dormouse.session.Input;
import io.dormouse.vault.SecretPart;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StoredKeyringTest {
    private static final String OPEN = "{'type':'unrestricted'}";

    private final World world = new World();
    private final VaultId first = world.vault();
    private final VaultId second = world.vault();

    private Ring.Open open(Purpose purpose) {
        Ring ring = world.keyring.of(world.caller(purpose));
        assertThat(ring).isInstanceOf(Ring.Open.class);
        return (Ring.Open) ring;
    }

    private List<CredentialId> ids(Purpose purpose) {
        return open(purpose).keys().stream().map(Key::id).toList();
    }

    private String closed(Outbound.Caller caller) {
        return world.keyring.of(caller) instanceof Ring.Closed closed ? closed.reason() : "open";
    }

    @Test
    void a_session_has_the_keys_of_its_vaults_and_no_others() {
        CredentialId variable = world.variable(
                first, "A", "secret-a", "{'type':'limited','allowed_hosts':['a.example','*.b.example']}");
        world.variable(second, "B", "secret-b", OPEN);
        world.session("{'type':'limited','allowed_hosts':['a.example'],'allow_mcp_servers':true}", first);
        Ring.Open ring = open(Purpose.SANDBOX);
        assertThat(ring.networking())
                .isEqualTo(new Networking.Limited(List.of(new HostRule("a.example", false, 0)), true, false));
        Key.Variable key = (Key.Variable) ring.keys().getFirst();
        assertThat(ring.keys()).hasSize(1);
        assertThat(key.id()).isEqualTo(variable);
        assertThat(key.hosts()).extracting(HostRule::toString).containsExactly("a.example", "*.b.example");
        assertThat(key.anyHost()).isFalse();
        assertThat(key.inHeader()).isTrue();
        assertThat(key.inBody()).isFalse();
        assertThat(world.keyring.placeholders(World.HERE, world.session)).isEqualTo(Map.of("A", key.placeholder()));
    }

    @Test
    void of_two_vaults_with_the_same_the_first_wins() {
        CredentialId a1 = world.variable(first, "A", "secret-1", OPEN);
        CredentialId a2 = world.variable(second, "A", "secret-2", OPEN);
        CredentialId m1 = world.bearer(first, "https://m.example/mcp", "token-1");
        CredentialId m2 = world.bearer(second, "HTTPS://M.example:443/mcp", "token-2");
        world.agentServers.add("https://m.example/mcp");
        world.session(OPEN, second, first);
        assertThat(ids(Purpose.MCP)).containsExactly(a2, m2);
        world.archive("vault", second.text());
        assertThat(ids(Purpose.MCP)).containsExactly(a1, m1);
    }

    @Test
    void a_token_is_for_a_server_that_the_agent_declares_as_it_declares_it() {
        CredentialId token = world.bearer(first, "https://m.example/mcp", "token-1");
        world.bearer(first, "https://n.example/mcp", "token-2");
        world.agentServers.addAll(List.of("https://M.example:443/mcp?x=1", "https://o.example/none"));
        world.session(OPEN, first);
        Ring.Open ring = open(Purpose.MCP);
        assertThat(ring.mcpServers()).hasSize(2);
        assertThat(ring.keys()).singleElement().satisfies(key -> {
            assertThat(key.id()).isEqualTo(token);
            assertThat(((Key.Bearer) key).server())
                    .isEqualTo(HttpUrl.parse("https://M.example:443/mcp?x=1").orElseThrow());
        });
    }

    @Test
    void a_rotation_an_archive_and_a_deletion_count_from_the_next_request_on() {
        CredentialId id = world.variable(first, "A", "secret-1", OPEN);
        world.session(OPEN, first);
        assertThat(ids(Purpose.SANDBOX)).containsExactly(id);
        world.rotate(first, id, "r2", Map.of(SecretPart.SECRET_VALUE, "secret-2"));
        assertThat(ids(Purpose.SANDBOX)).containsExactly(id);
        assertThat(world.secrets.read(first).credentials().get(id)).containsOnlyKeys("r2");
        world.archive("vault_credential", first + "#" + id);
        assertThat(ids(Purpose.SANDBOX)).isEmpty();
        assertThat(world.keyring.placeholders(World.HERE, world.session)).isEmpty();
    }

    @Test
    void a_credential_whose_secret_is_purged_is_no_key() {
        world.variable(first, "A", "secret-1", OPEN);
        world.session(OPEN, first);
        world.safe.forget(first);
        assertThat(ids(Purpose.SANDBOX)).isEmpty();
    }

    @Test
    void a_stale_token_is_refreshed_for_a_call_of_its_server_and_for_nothing_else() {
        CredentialId id = world.oauth(first, world.now, "none");
        world.agentServers.add("https://o.example/mcp");
        world.session(OPEN, first);
        assertThat(ids(Purpose.SANDBOX)).containsExactly(id);
        assertThat(world.sent).isEmpty();
        world.answers(200, "{'access_token':'access-2','expires_in':3600}");
        assertThat(ids(Purpose.MCP)).containsExactly(id);
        assertThat(world.sent).hasSize(1);
        // A failed refresh leaves the session its old token, which the server refuses: that is told where it happens.
        world.now = world.now.plusSeconds(3600);
        assertThat(ids(Purpose.MCP)).containsExactly(id);
        assertThat(world.sent).hasSize(2);
    }

    private boolean renew(CredentialId id, String refused) {
        HttpUrl server = HttpUrl.parse("https://o.example/mcp").orElseThrow();
        return world.keyring.renew(world.caller(Purpose.MCP), new Key.Bearer(id, server, Secret.of(refused)));
    }

    @Test
    void a_token_that_its_server_refuses_is_exchanged_on_demand() {
        CredentialId id = world.oauth(first, null, "none");
        world.session(OPEN, first);
        assertThat(renew(id, "access-1")).isFalse();
        world.answers(200, "{'access_token':'access-2'}");
        assertThat(renew(id, "access-1")).isFalse();
        world.now = world.now.plus(Tokens.QUIET);
        assertThat(renew(id, "access-1")).isTrue();
        assertThat(world.sent).hasSize(2);
        assertThat(renew(world.bearer(first, "https://m.example/", "t"), "t")).isFalse();
    }

    @Test
    void of_many_who_were_refused_with_one_token_one_exchanges_it() {
        CredentialId id = world.oauth(first, null, "none");
        world.session(OPEN, first);
        world.answers(200, "{'access_token':'access-2'}");
        assertThat(renew(id, "access-1")).isTrue();
        assertThat(renew(id, "access-1")).isTrue();
        assertThat(world.sent).hasSize(1);
    }

    // ---- life

    @Test
    void another_workspace_another_session_and_another_thread_have_nothing() {
        world.session(OPEN, first);
        Outbound.Caller me = world.caller(Purpose.SANDBOX);
        assertThat(closed(me)).isEqualTo("open");
        SessionId other = world.ids.session();
        assertThat(closed(new Outbound.Caller(
                        new WorkspaceId("there"), me.session(), me.thread(), 1, null, Purpose.SANDBOX)))
                .isEqualTo("session_not_found");
        assertThat(closed(new Outbound.Caller(World.HERE, other, me.thread(), 1, null, Purpose.SANDBOX)))
                .isEqualTo("session_not_found");
        assertThat(closed(
                        new Outbound.Caller(World.HERE, me.session(), other.primaryThread(), 1, null, Purpose.SANDBOX)))
                .isEqualTo("session_not_found");
        assertThat(world.keyring.placeholders(new WorkspaceId("there"), me.session()))
                .isEmpty();
    }

    @Test
    void who_has_not_the_lease_any_more_has_nothing() {
        world.session(OPEN, first);
        Head head = world.head();
        Head later = ((Head.Claim.Granted) head.claim("me", world.now)).next();
        world.heads.swap(head, later);
        assertThat(closed(world.caller(Purpose.SANDBOX))).isEqualTo("superseded");
        world.heads.swap(later, later.release(later.snapshot(), world.now));
        assertThat(closed(world.caller(Purpose.SANDBOX))).isEqualTo("superseded");
    }

    @Test
    void while_an_interrupt_waits_nothing_leaves() {
        world.session(OPEN, first);
        Head head = world.head();
        Head interrupted =
                ((Head.Posting.Accepted) head.post(List.of(new Input.Interrupt(world.ids.event())), world.now)).next();
        world.heads.swap(head, interrupted);
        assertThat(closed(world.caller(Purpose.SANDBOX))).isEqualTo("interrupted");
        assertThat(closed(world.caller(Purpose.MCP))).isEqualTo("interrupted");
    }

    @Test
    void an_archived_or_deleted_session_has_nothing() {
        world.session(OPEN, first);
        world.archive("session", world.session.text());
        assertThat(closed(world.caller(Purpose.SANDBOX))).isEqualTo("session_ended");
        world.resources.delete(World.HERE, "session", world.session.text());
        assertThat(closed(world.caller(Purpose.SANDBOX))).isEqualTo("session_not_found");
    }

    @Test
    void a_deleted_environment_allows_nothing() {
        world.session(OPEN, first);
        world.resources.delete(World.HERE, "environment", "env_1");
        assertThat(open(Purpose.SANDBOX).networking()).isEqualTo(new Networking.Limited(List.of(), false, false));
    }

    // ---- placeholders

    @Test
    void a_placeholder_is_another_one_in_each_session_and_for_each_credential() {
        PlaceholderNames names = new PlaceholderNames(world.secrets);
        CredentialId a = new CredentialId(world.ids.next("vcrd_"));
        CredentialId b = new CredentialId(world.ids.next("vcrd_"));
        SessionId other = world.ids.session();
        assertThat(names.of(world.session, a))
                .matches("dmph_[0-9a-f]{48}")
                .isEqualTo(new PlaceholderNames(world.secrets).of(world.session, a))
                .isNotEqualTo(names.of(world.session, b))
                .isNotEqualTo(names.of(other, a));
    }

    @Test
    void the_snapshot_of_a_head_at_rest_has_no_lease() {
        world.session(OPEN, first);
        Head head = world.head();
        world.heads.swap(head, head.release(Snapshot.FRESH, world.now));
        assertThat(closed(world.caller(Purpose.FETCH))).isEqualTo("superseded");
    }
}
