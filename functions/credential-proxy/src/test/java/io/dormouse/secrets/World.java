package io.dormouse.secrets;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.head.Head;
import io.dormouse.id.CredentialId;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Outbound.Header;
import io.dormouse.outbound.Outbound.Purpose;
import io.dormouse.proxy.Courier;
import io.dormouse.proxy.Courier.Reply;
import io.dormouse.resource.Resource;
import io.dormouse.session.Input;
import io.dormouse.session.ToolResult;
import io.dormouse.testkit.memory.MemoryHeads;
import io.dormouse.testkit.memory.MemoryResources;
import io.dormouse.vault.Credential;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.SecretPart;
import io.dormouse.vault.Vault;
import io.dormouse.vault.VaultDocuments;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** A session with vaults, over memory stores, a clock that the test moves and a courier that answers what it is told. */
final class World implements Courier {
    static final WorkspaceId HERE = new WorkspaceId("here");

    /** What the courier was asked to send. */
    record Sent(String to, List<Header> headers, String body) {
        String header(String name) {
            return headers.stream()
                    .filter(h -> h.name().equalsIgnoreCase(name))
                    .map(Header::value)
                    .findFirst()
                    .orElse(null);
        }
    }

    volatile Instant now = Instant.parse("2026-11-24T10:00:00Z");
    final MemoryResources resources = new MemoryResources(() -> now);
    final MemoryHeads heads = new MemoryHeads();
    final MemorySecrets secrets = new MemorySecrets();
    final Ids ids = new Ids(() -> now, new Random(5));
    final List<Sent> sent = new CopyOnWriteArrayList<>();
    final Deque<Supplier<Reply>> replies = new ArrayDeque<>();
    final VaultDocuments documents = new VaultDocuments(resources);
    final SessionId session = ids.session();
    final List<String> agentServers = new ArrayList<>();
    private final AtomicInteger nonces = new AtomicInteger();
    /** How often somebody waited for somebody else's exchange. */
    final AtomicInteger waits = new AtomicInteger();

    final Tokens tokens = tokens();
    final Prober prober = new Prober(secrets, documents, tokens, this);
    final Strongbox safe = new Strongbox(secrets, documents, prober, () -> now);
    final StoredKeyring keyring = new StoredKeyring(heads, resources, secrets, tokens);

    /** As another process has it. */
    Tokens tokens() {
        return new Tokens(
                secrets,
                resources,
                new TokenEndpoint(this),
                () -> now,
                () -> "nonce" + nonces.incrementAndGet(),
                time -> {
                    waits.incrementAndGet();
                    Thread.onSpinWait();
                });
    }

    // ---- documents

    VaultId vault() {
        VaultId id = new VaultId(ids.next("vlt_"));
        ObjectNode body = Json.object().put("display_name", "v");
        body.putObject("metadata");
        resources.create(Resource.of(HERE, Vault.KIND, id.text(), now, body));
        return id;
    }

    /** @param auth JSON, with apostrophes for quotation marks */
    CredentialId credential(VaultId vault, String auth, Map<SecretPart, String> parts, Instant expiresAt) {
        CredentialId id = new CredentialId(ids.next("vcrd_"));
        NewSecret secret = NewSecret.of(parts);
        safe.store(vault, id, "r1", expiresAt == null ? secret : secret.expiring(expiresAt));
        ObjectNode body = Json.object().put("revision", "r1");
        body.set("auth", Json.parse(auth.replace('\'', '"')));
        now = now.plusMillis(1);
        resources.create(Resource.of(HERE, Credential.KIND, Credential.documentId(vault, id), now, body));
        return id;
    }

    CredentialId variable(VaultId vault, String name, String value, String networking) {
        return credential(
                vault,
                "{'type':'environment_variable','secret_name':'" + name + "','networking':" + networking
                        + ",'injection_location':{'header':true,'body':false}}",
                Map.of(SecretPart.SECRET_VALUE, value),
                null);
    }

    CredentialId bearer(VaultId vault, String server, String token) {
        return credential(
                vault,
                "{'type':'static_bearer','mcp_server_url':'" + server + "'}",
                Map.of(SecretPart.TOKEN, token),
                null);
    }

    /** At {@code https://o.example/mcp}, with a refresh token. @param client how it shows who it is */
    CredentialId oauth(VaultId vault, Instant expiresAt, String client) {
        return credential(
                vault,
                "{'type':'mcp_oauth','mcp_server_url':'https://o.example/mcp','expires_at':null,'refresh':{'token_endpoint':"
                        + "'https://o.example/token','client_id':'client 1','scope':'a b','resource':null,"
                        + "'token_endpoint_auth':{'type':'" + client + "'}}}",
                Map.of(
                        SecretPart.ACCESS_TOKEN,
                        "access-1",
                        SecretPart.REFRESH_TOKEN,
                        "refresh-1",
                        SecretPart.CLIENT_SECRET,
                        "hush/1"),
                expiresAt);
    }

    Credential found(VaultId vault, CredentialId id) {
        return documents
                .credential(documents.vault(HERE, vault).orElseThrow(), id)
                .orElseThrow();
    }

    void archive(String kind, String id) {
        Resource document = resources.read(HERE, kind, id).orElseThrow();
        resources.swap(document, document.archived(now));
    }

    /** What {@code Credentials} does to rotate. */
    void rotate(VaultId vault, CredentialId id, String to, Map<SecretPart, String> parts) {
        Credential credential = found(vault, id);
        String from = credential.revision();
        safe.rotate(vault, id, from, to, NewSecret.of(parts));
        ObjectNode body = credential.document().body().<ObjectNode>deepCopy().put("revision", to);
        resources.swap(credential.document(), credential.document().with(body, now));
        safe.settle(HERE, vault, id, from);
    }

    // ---- the session

    /** Running, under epoch 1. @param networking of its environment */
    void session(String networking, VaultId... vaults) {
        ObjectNode environment = Json.object();
        environment.putObject("config").set("networking", Json.parse(networking.replace('\'', '"')));
        resources.create(Resource.of(HERE, "environment", "env_1", now, environment));
        ObjectNode body = Json.object().put("environment_id", "env_1");
        ObjectNode agent = body.putObject("agent");
        agentServers.forEach(url -> agent.withArrayProperty("mcp_servers")
                .addObject()
                .put("name", url)
                .put("url", url));
        for (VaultId vault : vaults) body.withArrayProperty("vault_ids").add(vault.text());
        resources.create(Resource.of(HERE, "session", session.text(), now, body));
        Head fresh = Head.fresh(HERE, session, now);
        Head posted = ((Head.Posting.Accepted)
                        fresh.post(List.of(new Input.UserMessage(ids.event(), ToolResult.text("hi"))), now))
                .next();
        heads.create(((Head.Claim.Granted) posted.claim("me", now)).next());
    }

    Head head() {
        return heads.read(session.primaryThread()).orElseThrow();
    }

    Outbound.Caller caller(Purpose purpose) {
        return new Outbound.Caller(HERE, session, session.primaryThread(), 1, null, purpose);
    }

    // ---- the courier

    @Override
    public Reply post(HttpUrl to, List<Header> headers, byte[] body) {
        sent.add(new Sent(to.toString(), headers, new String(body, StandardCharsets.UTF_8)));
        Supplier<Reply> reply;
        synchronized (replies) {
            reply = replies.poll();
        }
        return reply == null ? new Reply.Unreachable("nobody is there") : reply.get();
    }

    World answers(int status, String body) {
        replies.add(() -> new Reply.Answered(
                status,
                List.of(new Header("Content-Type", "application/json")),
                new ByteArrayInputStream(body.replace('\'', '"').getBytes(StandardCharsets.UTF_8))));
        return this;
    }
}
