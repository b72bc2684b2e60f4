package io.dormouse.secrets;

import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.vault.Credential;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.Safe;
import io.dormouse.vault.Validation;
import io.dormouse.vault.VaultDocuments;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** The safe on a store of secrets. */
public final class Strongbox implements Safe {
    /** A writer that has not named a revision in a document by then is taken for dead, and its revision for rubbish. */
    static final Duration UNNAMED = Duration.ofSeconds(60);

    private final Secrets secrets;
    private final VaultDocuments documents;
    private final Prober prober;
    private final InstantSource clock;

    public Strongbox(Secrets secrets, VaultDocuments documents, Prober prober, InstantSource clock) {
        this.secrets = secrets;
        this.documents = documents;
        this.prober = prober;
        this.clock = clock;
    }

    @Override
    public Kept store(VaultId vault, CredentialId credential, String revision, NewSecret secret) {
        Material material = Material.of(secret, clock.instant());
        return change(vault, bundle -> bundle.with(credential, revision, material));
    }

    @Override
    public Kept rotate(VaultId vault, CredentialId credential, String from, String to, NewSecret changes) {
        Instant now = clock.instant();
        // What the exchange of a refresh token brought meanwhile is in the material that the swap was decided on.
        return change(vault, bundle -> bundle.material(credential, from)
                .map(before -> bundle.with(credential, to, before.with(changes, now)))
                .orElse(null));
    }

    @Override
    public Kept settle(WorkspaceId workspace, VaultId vault, CredentialId credential, String replaced) {
        Instant rubbish = clock.instant().minus(UNNAMED);
        return change(vault, bundle -> {
            // Read after the bundle: a document that names another revision later has it in a later bundle.
            String named = named(workspace, vault, credential).orElse(null);
            if (named == null || bundle.material(credential, named).isEmpty()) return null;
            Map<String, Material> kept = new TreeMap<>(bundle.credentials().get(credential));
            kept.entrySet()
                    .removeIf(revision -> !revision.getKey().equals(named)
                            && (revision.getKey().equals(replaced)
                                    || revision.getValue().storedAt().isBefore(rubbish)));
            return bundle.with(credential, kept);
        });
    }

    private Optional<String> named(WorkspaceId workspace, VaultId vault, CredentialId credential) {
        return documents
                .vault(workspace, vault)
                .flatMap(found -> documents.credential(found, credential))
                .map(Credential::revision);
    }

    @Override
    public void forget(VaultId vault, CredentialId credential, String revision) {
        change(vault, bundle -> {
            Map<String, Material> kept = new TreeMap<>(bundle.credentials().getOrDefault(credential, Map.of()));
            kept.remove(revision);
            return bundle.with(credential, kept);
        });
    }

    @Override
    public void forget(VaultId vault, CredentialId credential) {
        change(vault, bundle -> bundle.with(credential, Map.of()));
    }

    @Override
    public void forget(VaultId vault) {
        secrets.forget(vault);
    }

    @Override
    public Validation validate(WorkspaceId workspace, VaultId vault, CredentialId credential) {
        return prober.validate(workspace, vault, credential);
    }

    /** @param change gives null when there is nothing to change; may be tried several times */
    private Kept change(VaultId vault, UnaryOperator<Bundle> change) {
        // Each round is lost only to somebody who won it.
        while (true) {
            Bundle before = secrets.read(vault);
            Bundle after = change.apply(before);
            if (after == null) return new Kept.Gone();
            if (after.credentials().equals(before.credentials())) return new Kept.Done();
            switch (secrets.swap(after)) {
                case Secrets.Swapped.Done done -> {
                    return new Kept.Done();
                }
                case Secrets.Swapped.TooLarge tooLarge -> {
                    return new Kept.Full(Bundle.MAX_BYTES);
                }
                case Secrets.Swapped.Changed changed -> {}
            }
        }
    }
}
