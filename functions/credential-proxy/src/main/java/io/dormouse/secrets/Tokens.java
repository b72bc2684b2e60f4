package io.dormouse.secrets;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.secrets.TokenEndpoint.Exchanged;
import io.dormouse.vault.Auth;
import io.dormouse.vault.Credential;
import io.dormouse.vault.SecretPart;
import io.dormouse.vault.VaultDocuments;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Keeps access tokens fresh. A refresh token may be good for one exchange only, so one process at a time makes it: who wants
 * to leaves a mark in the stored secret first, and everybody else waits for what comes of it.
 */
final class Tokens {
    /** So long before it expires a token is exchanged: it has a request to last through. */
    static final Duration EARLY = Duration.ofSeconds(60);
    /** Longer than an exchange takes, with all that may go wrong in it. */
    static final Duration PATIENCE = Duration.ofSeconds(45);
    /** After a failure: sessions would else ask the endpoint again with every request. */
    static final Duration QUIET = Duration.ofSeconds(60);

    private static final Duration LOOK = Duration.ofMillis(150);
    private static final System.Logger LOG = System.getLogger("io.dormouse.secrets");

    private final Secrets secrets;
    private final Resources resources;
    private final VaultDocuments documents;
    private final TokenEndpoint endpoint;
    private final InstantSource clock;
    private final Supplier<String> nonces;
    private final Consumer<Duration> pause;
    private final Map<String, ReentrantLock> here = new ConcurrentHashMap<>();

    /** @param pause waits for so long, on this thread */
    Tokens(
            Secrets secrets,
            Resources resources,
            TokenEndpoint endpoint,
            InstantSource clock,
            Supplier<String> nonces,
            Consumer<Duration> pause) {
        this.secrets = secrets;
        this.resources = resources;
        this.documents = new VaultDocuments(resources);
        this.endpoint = endpoint;
        this.clock = clock;
        this.nonces = nonces;
        this.pause = pause;
    }

    /** @param material to be used now, be it stale; @param outcome what came of an exchange, null when none was made */
    record Now(Material material, Exchanged outcome) {}

    /** The material of a credential, exchanged first when it is about to expire. Empty when it is gone. */
    Optional<Material> fresh(Credential credential, Auth.McpOauth auth, Bundle read) {
        Optional<Material> material = read.material(credential.id(), credential.revision());
        if (material.isEmpty() || auth.refresh() == null || !due(material.get())) return material;
        if (quiet(material.get())) return material;
        return exchanged(credential, auth, material.get().part(SecretPart.ACCESS_TOKEN))
                .map(Now::material);
    }

    /** Whether an exchange has failed lately. */
    boolean quiet(Material material) {
        Material.Exchange failed = material.exchange();
        return failed != null && failed.by() == null && clock.instant().isBefore(failed.until());
    }

    private boolean due(Material material) {
        return material.expiresAt() != null
                && !clock.instant().isBefore(material.expiresAt().minus(EARLY));
    }

    /**
     * Another token than this one, which is of no use any more. Empty when the credential is gone.
     *
     * @param refused the access token; when another one is there by now, that is it
     */
    Optional<Now> exchanged(Credential credential, Auth.McpOauth auth, String refused) {
        String name = credential.document().id();
        ReentrantLock lock = here.computeIfAbsent(name, n -> new ReentrantLock());
        lock.lock();
        try {
            return alone(credential, auth, refused);
        } finally {
            if (!lock.hasQueuedThreads()) here.remove(name, lock);
            lock.unlock();
        }
    }

    private Optional<Now> alone(Credential credential, Auth.McpOauth auth, String refused) {
        VaultId vault = credential.vault().id();
        Instant patience = clock.instant().plus(PATIENCE);
        String nonce = nonces.get();
        while (true) {
            Bundle bundle = secrets.read(vault);
            Material material =
                    bundle.material(credential.id(), credential.revision()).orElse(null);
            if (material == null) return Optional.empty();
            boolean another = !material.part(SecretPart.ACCESS_TOKEN).equals(refused);
            if (another || auth.refresh() == null || material.part(SecretPart.REFRESH_TOKEN) == null)
                return Optional.of(new Now(material, null));
            Instant now = clock.instant();
            Material.Exchange theirs = material.exchange();
            if (theirs != null && theirs.by() != null && now.isBefore(theirs.until())) {
                if (now.isAfter(patience)) return Optional.of(new Now(material, null));
                pause.accept(LOOK);
                continue;
            }
            Material marked = material.exchanging(new Material.Exchange(nonce, now.plus(PATIENCE)));
            Bundle claimed = bundle.with(credential.id(), credential.revision(), marked);
            if (secrets.swap(claimed) instanceof Secrets.Swapped.Done)
                return Optional.of(exchange(credential, auth.refresh(), material, nonce));
        }
    }

    private Now exchange(Credential credential, Auth.Refresh refresh, Material before, String nonce) {
        Exchanged outcome = endpoint.exchange(refresh, before, clock.instant());
        return switch (outcome) {
            case Exchanged.Fresh fresh -> {
                LOG.log(System.Logger.Level.INFO, "the access token of {0} was refreshed", credential.id());
                Material stored = arrived(
                        credential,
                        nonce,
                        before,
                        before.exchanged(fresh.accessToken(), fresh.refreshToken(), fresh.expiresAt()));
                try {
                    show(credential, stored.expiresAt());
                } catch (RuntimeException e) {
                    // A store that is away: the token is good all the same.
                    LOG.log(System.Logger.Level.WARNING, "{0} does not show when it expires", credential.id());
                }
                yield new Now(stored, fresh);
            }
            case Exchanged.Rejected rejected ->
                failed(
                        credential,
                        nonce,
                        before,
                        rejected,
                        "it answered " + rejected.answer().status());
            case Exchanged.Unusable unusable -> failed(credential, nonce, before, unusable, unusable.why());
            case Exchanged.Unreachable none -> failed(credential, nonce, before, none, none.why());
        };
    }

    /** The tokens that came are the only ones that are good now: they are stored whatever else is changed meanwhile. */
    private Material arrived(Credential credential, String nonce, Material before, Material after) {
        while (true) {
            Bundle bundle = secrets.read(credential.vault().id());
            Map<String, Material> revisions = bundle.credentials().getOrDefault(credential.id(), Map.of());
            Material current = revisions.get(credential.revision());
            // Who took our exchange for lost may have come to the end of his; then his tokens are the later ones.
            boolean wanted =
                    current != null && (marked(current, nonce) || same(current, before, SecretPart.REFRESH_TOKEN));
            if (!wanted) return current == null ? after : current;
            Bundle next = bundle.with(credential.id(), credential.revision(), after);
            // A rotation that began meanwhile has a copy of the refresh token that is used up now.
            for (Map.Entry<String, Material> other : revisions.entrySet())
                if (!other.getKey().equals(credential.revision())
                        && same(other.getValue(), before, SecretPart.REFRESH_TOKEN))
                    next = next.with(credential.id(), other.getKey(), carried(other.getValue(), before, after));
            if (secrets.swap(next) instanceof Secrets.Swapped.Done) return after;
        }
    }

    private Now failed(Credential credential, String nonce, Material before, Exchanged outcome, String why) {
        // Under the name that the wire API gives to this event.
        LOG.log(
                System.Logger.Level.WARNING,
                "vault_credential.refresh_failed: {0} of {1}: {2}",
                credential.id(),
                credential.vault().id(),
                why);
        while (true) {
            Bundle bundle = secrets.read(credential.vault().id());
            Material current =
                    bundle.material(credential.id(), credential.revision()).orElse(null);
            if (current == null || !marked(current, nonce)) return new Now(current == null ? before : current, outcome);
            Material quiet = current.exchanging(
                    new Material.Exchange(null, clock.instant().plus(QUIET)));
            if (secrets.swap(bundle.with(credential.id(), credential.revision(), quiet))
                    instanceof Secrets.Swapped.Done) return new Now(quiet, outcome);
        }
    }

    private static boolean marked(Material material, String nonce) {
        return material.exchange() != null && nonce.equals(material.exchange().by());
    }

    private static Material carried(Material other, Material before, Material after) {
        boolean sameAccess = same(other, before, SecretPart.ACCESS_TOKEN);
        return other.exchanged(
                (sameAccess ? after : other).part(SecretPart.ACCESS_TOKEN),
                after.part(SecretPart.REFRESH_TOKEN),
                (sameAccess ? after : other).expiresAt());
    }

    private static boolean same(Material one, Material other, SecretPart part) {
        return one.part(part) != null && one.part(part).equals(other.part(part));
    }

    /** The document shows when the token expires; the secret is what counts, so that this may fail. */
    private void show(Credential credential, Instant expiresAt) {
        CredentialId id = credential.id();
        for (int attempt = 0; attempt < 3; attempt++) {
            Resource document = documents
                    .credential(credential.vault(), id)
                    .map(Credential::document)
                    .orElse(null);
            if (document == null || document.archivedAt() != null) return;
            if (!credential.revision().equals(document.body().path("revision").asText())) return;
            ObjectNode body = document.body().deepCopy();
            if (!(body.path("auth") instanceof ObjectNode shown)) return;
            shown.put("expires_at", expiresAt == null ? null : expiresAt.toString());
            if (resources.swap(document, document.with(body, clock.instant().truncatedTo(ChronoUnit.MILLIS)))
                    instanceof Resources.Saved.Done) return;
        }
    }
}
