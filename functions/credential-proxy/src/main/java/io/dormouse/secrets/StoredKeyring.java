package io.dormouse.secrets;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.git.Repository;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.SessionId;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.Networking;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Outbound.Purpose;
import io.dormouse.outbound.Refusal;
import io.dormouse.proxy.Key;
import io.dormouse.proxy.Keyring;
import io.dormouse.proxy.Ring;
import io.dormouse.proxy.Secret;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.session.Lane;
import io.dormouse.vault.Auth;
import io.dormouse.vault.Credential;
import io.dormouse.vault.SecretPart;
import io.dormouse.vault.VaultDocuments;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a session may use, read anew for every request: its head, its document, its environment and its vaults. So a
 * rotation, an archive and an interrupt count from the next request on, in running sessions as well.
 */
public final class StoredKeyring implements Keyring {
    private static final System.Logger LOG = System.getLogger("io.dormouse.secrets");
    /** A document names a revision that is stored before it; so does the next one, if there was a rotation in between. */
    private static final int LOOKS = 3;

    private final Heads heads;
    private final Resources resources;
    private final VaultDocuments documents;
    private final Secrets secrets;
    private final Tokens tokens;
    private final PlaceholderNames names;

    StoredKeyring(Heads heads, Resources resources, Secrets secrets, Tokens tokens) {
        this.heads = heads;
        this.resources = resources;
        this.documents = new VaultDocuments(resources);
        this.secrets = secrets;
        this.tokens = tokens;
        this.names = new PlaceholderNames(secrets);
    }

    @Override
    public Ring of(Outbound.Caller caller) {
        Head head = heads.read(caller.thread()).orElse(null);
        Resource session = session(caller.workspace(), caller.session()).orElse(null);
        Ring.Closed closed = closed(caller, head, session);
        if (closed != null) return closed;
        Attached attached = attached(caller.workspace(), session);
        List<HttpUrl> servers = servers(session);
        List<Key> keys = new ArrayList<>();
        for (Credential credential : attached.variables().values())
            variable(caller.session(), credential).ifPresent(keys::add);
        for (HttpUrl server : servers) {
            Credential credential = attached.servers().get(Auth.serverKey(server.toString()));
            if (credential != null)
                bearer(credential, server, caller.purpose() == Purpose.MCP).ifPresent(keys::add);
        }
        repositories(caller.session(), session, keys);
        return new Ring.Open(networking(session), servers, keys);
    }

    // ---- whether it may do anything

    /** Whether anything may still be done on behalf of this caller: nothing once its turn is over, interrupted or another's. */
    public boolean serves(Outbound.Caller caller) {
        return closed(caller, heads.read(caller.thread()).orElse(null)) == null;
    }

    private static Ring.Closed closed(Outbound.Caller caller, Head head, Resource session) {
        Ring.Closed closed = closed(caller, session == null ? null : head);
        return closed == null && session.archivedAt() != null ? archived() : closed;
    }

    private static Ring.Closed archived() {
        return new Ring.Closed(Refusal.SESSION_ENDED.word(), "the session is archived");
    }

    private static Ring.Closed closed(Outbound.Caller caller, Head head) {
        if (head == null
                || head.deleted()
                || !head.workspace().equals(caller.workspace())
                || !head.session().equals(caller.session()))
            return new Ring.Closed(Refusal.SESSION_NOT_FOUND.word(), "there is no such session");
        if (head.archivedAt() != null || head.status() == Head.Status.TERMINATED) return archived();
        if (!head.heldUnder(caller.epoch()))
            return new Ring.Closed(Refusal.SUPERSEDED.word(), "the session has another owner");
        // The turn that asks is about to be ended: nothing may leave on its behalf any more.
        if (head.pending().stream().anyMatch(posted -> posted.input().lane() == Lane.URGENT))
            return new Ring.Closed(Refusal.INTERRUPTED.word(), "the session was interrupted");
        return null;
    }

    private Optional<Resource> session(WorkspaceId workspace, SessionId session) {
        return resources.read(workspace, "session", session.text());
    }

    /** An environment that is gone allows nothing. */
    private Networking networking(Resource session) {
        return resources
                .read(
                        session.workspace(),
                        "environment",
                        session.body().path("environment_id").asText())
                .map(environment ->
                        Networking.of(environment.body().path("config").path("networking")))
                .orElse(new Networking.Limited(List.of(), false, false));
    }

    private static List<HttpUrl> servers(Resource session) {
        List<HttpUrl> servers = new ArrayList<>();
        for (JsonNode server : session.body().path("agent").path("mcp_servers"))
            HttpUrl.parse(server.path("url").asText()).ifPresent(servers::add);
        return servers;
    }

    // ---- what it may use

    /**
     * Of several credentials for one thing, that of the first vault counts.
     *
     * @param variables by their names
     * @param servers by {@link Auth#serverKey}
     */
    private record Attached(Map<String, Credential> variables, Map<String, Credential> servers) {}

    private Attached attached(WorkspaceId workspace, Resource session) {
        Attached attached = new Attached(new LinkedHashMap<>(), new LinkedHashMap<>());
        for (JsonNode vault : session.body().path("vault_ids"))
            for (Credential credential : documents.live(workspace, new VaultId(vault.asText()))) {
                Auth auth = credential.auth();
                switch (auth) {
                    case Auth.EnvironmentVariable a -> attached.variables().putIfAbsent(a.name(), credential);
                    case Auth.StaticBearer a -> attached.servers().putIfAbsent(a.key(), credential);
                    case Auth.McpOauth a -> attached.servers().putIfAbsent(a.key(), credential);
                }
            }
        return attached;
    }

    private Optional<Key> variable(SessionId session, Credential found) {
        return stored(found).map(held -> {
            Auth.EnvironmentVariable auth =
                    (Auth.EnvironmentVariable) held.credential().auth();
            return new Key.Variable(
                    found.id(),
                    names.of(session, found.id()),
                    auth.hosts().rules(),
                    auth.hosts().any(),
                    auth.header(),
                    auth.body(),
                    Secret.of(held.material().part(SecretPart.SECRET_VALUE)));
        });
    }

    /** @param used whether the token is about to be used, and has to be fresh; else it is only looked for in answers */
    private Optional<Key> bearer(Credential found, HttpUrl server, boolean used) {
        return stored(found)
                .flatMap(held -> switch (held.credential().auth()) {
                    case Auth.StaticBearer a ->
                        Optional.ofNullable(held.material().part(SecretPart.TOKEN));
                    case Auth.McpOauth a ->
                        (used ? tokens.fresh(held.credential(), a, held.bundle()) : Optional.of(held.material()))
                                .map(material -> material.part(SecretPart.ACCESS_TOKEN));
                    case Auth.EnvironmentVariable a -> Optional.<String>empty();
                })
                .map(token -> new Key.Bearer(found.id(), server, Secret.of(token)));
    }

    private void repositories(SessionId id, Resource session, List<Key> keys) {
        List<Repository> repositories = Repository.all(session.body().path("resources"));
        if (repositories.isEmpty()) return;
        Bundle bundle = secrets.read(Repository.vault(id));
        for (Repository repository : repositories)
            bundle.material(repository.credential(), repository.revision())
                    .map(material -> material.part(SecretPart.TOKEN))
                    .ifPresent(token ->
                            keys.add(new Key.Repository(repository.credential(), repository.url(), Secret.of(token))));
    }

    /** A credential with the secret that its document names. */
    private record Held(Credential credential, Bundle bundle, Material material) {}

    /** Empty when it is gone by now. */
    private Optional<Held> stored(Credential found) {
        Credential credential = found;
        for (int look = 0; look < LOOKS; look++) {
            Bundle bundle = secrets.read(credential.vault().id());
            Optional<Material> material = bundle.material(credential.id(), credential.revision());
            if (material.isPresent()) return Optional.of(new Held(credential, bundle, material.get()));
            Credential now = again(credential).orElse(null);
            if (now == null) return Optional.empty();
            credential = now;
        }
        LOG.log(System.Logger.Level.WARNING, "the secret of {0} is not there", credential.id());
        return Optional.empty();
    }

    private Optional<Credential> again(Credential credential) {
        return documents
                .vault(credential.document().workspace(), credential.vault().id())
                .flatMap(vault -> documents.credential(vault, credential.id()))
                .filter(Credential::live);
    }

    /**
     * Exchanges a token that did not look stale. Whoever was refused with an older one than is stored by now only has to
     * ask again.
     */
    @Override
    public boolean renew(Outbound.Caller caller, Key.Bearer refused) {
        Resource session = session(caller.workspace(), caller.session()).orElse(null);
        if (session == null) return false;
        for (Credential credential :
                attached(caller.workspace(), session).servers().values())
            if (credential.id().equals(refused.id()) && credential.auth() instanceof Auth.McpOauth auth)
                return stored(credential)
                        .map(held -> renewed(held, auth, refused.secret()))
                        .orElse(false);
        return false;
    }

    private boolean renewed(Held held, Auth.McpOauth auth, Secret refused) {
        String now = held.material().part(SecretPart.ACCESS_TOKEN);
        if (!refused.is(now)) return true;
        // What has just failed is not tried with every request that is refused.
        return !tokens.quiet(held.material())
                && tokens.exchanged(held.credential(), auth, now)
                        .map(after -> !refused.is(after.material().part(SecretPart.ACCESS_TOKEN)))
                        .orElse(false);
    }

    /**
     * What a sandbox of a session has in its environment: the name of each variable, and what stands there for its secret.
     * No secret is read for it.
     */
    public Map<String, String> placeholders(WorkspaceId workspace, SessionId session) {
        Map<String, String> placeholders = new LinkedHashMap<>();
        session(workspace, session).ifPresent(document -> attached(workspace, document)
                .variables()
                .forEach((name, credential) -> placeholders.put(name, names.of(session, credential.id()))));
        return placeholders;
    }
}
