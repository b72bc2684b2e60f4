package io.dormouse.testkit.memory;

import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.Safe;
import io.dormouse.vault.SecretPart;
import io.dormouse.vault.Validation;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A safe whose door a test can look through. Not thread-safe. */
public final class MemorySafe implements Safe {
    /** What a revision holds. */
    public record Held(Map<SecretPart, String> parts, Instant expiresAt) {}

    private final Map<String, Map<String, Held>> credentials = new TreeMap<>();

    /** How large one vault's secrets may be together, in characters. */
    public int capacity = 65_536;

    /** What the next validation says. */
    public Validation validation = new Validation(Validation.Status.VALID, false, null, null);

    /** Happens when a secret has just been stored. */
    public Runnable afterStore = () -> {};

    /** Happens when all secrets of a vault are about to be forgotten. */
    public Runnable beforeForget = () -> {};

    /** By revision, in no particular order. */
    public Map<String, Held> revisions(String vault, String credential) {
        return credentials.getOrDefault(vault + "#" + credential, Map.of());
    }

    @Override
    public Kept store(VaultId vault, CredentialId credential, String revision, NewSecret secret) {
        return put(vault, credential, revision, new Held(Map.of(), null), secret);
    }

    @Override
    public Kept rotate(VaultId vault, CredentialId credential, String from, String to, NewSecret changes) {
        Held before = revisions(vault.text(), credential.text()).get(from);
        return before == null ? new Kept.Gone() : put(vault, credential, to, before, changes);
    }

    private Kept put(VaultId vault, CredentialId credential, String revision, Held before, NewSecret news) {
        Map<SecretPart, String> parts = new EnumMap<>(SecretPart.class);
        parts.putAll(before.parts());
        news.forEach(parts::put);
        Optional<Optional<Instant>> expiry = news.expiry();
        Held held = new Held(parts, expiry.isPresent() ? expiry.get().orElse(null) : before.expiresAt());
        int size = parts.values().stream().mapToInt(String::length).sum();
        for (Map.Entry<String, Map<String, Held>> other : credentials.entrySet())
            if (other.getKey().startsWith(vault + "#"))
                for (Held its : other.getValue().values())
                    size += its.parts().values().stream()
                            .mapToInt(String::length)
                            .sum();
        if (size > capacity) return new Kept.Full(capacity);
        credentials
                .computeIfAbsent(vault + "#" + credential, key -> new TreeMap<>())
                .put(revision, held);
        afterStore.run();
        return new Kept.Done();
    }

    @Override
    public Kept settle(WorkspaceId workspace, VaultId vault, CredentialId credential, String replaced) {
        Map<String, Held> held = credentials.get(vault + "#" + credential);
        if (held == null) return new Kept.Gone();
        if (replaced != null) held.remove(replaced);
        return new Kept.Done();
    }

    /** The tokens of a vault, in no particular order. */
    public List<String> tokens(VaultId vault) {
        return credentials.entrySet().stream()
                .filter(each -> each.getKey().startsWith(vault + "#"))
                .flatMap(each -> each.getValue().values().stream())
                .map(held -> held.parts().get(SecretPart.TOKEN))
                .toList();
    }

    public boolean isEmpty() {
        return credentials.isEmpty();
    }

    @Override
    public void forget(VaultId vault, CredentialId credential, String revision) {
        revisions(vault.text(), credential.text()).remove(revision);
    }

    @Override
    public void forget(VaultId vault, CredentialId credential) {
        credentials.remove(vault + "#" + credential);
    }

    @Override
    public void forget(VaultId vault) {
        beforeForget.run();
        credentials.keySet().removeIf(key -> key.startsWith(vault + "#"));
    }

    @Override
    public Validation validate(WorkspaceId workspace, VaultId vault, CredentialId credential) {
        return validation;
    }
}
