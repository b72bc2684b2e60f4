package io.dormouse.vault;

import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Parts of a secret on their way in, for the length of one call. Neither prints nor serialises them. */
public final class NewSecret {
    private final Map<SecretPart, String> parts;
    private final boolean expiryGiven;
    private final Instant expiresAt;

    private NewSecret(Map<SecretPart, String> parts, boolean expiryGiven, Instant expiresAt) {
        this.parts = parts;
        this.expiryGiven = expiryGiven;
        this.expiresAt = expiresAt;
    }

    public static NewSecret of(Map<SecretPart, String> parts) {
        return new NewSecret(parts.isEmpty() ? Map.of() : new EnumMap<>(parts), false, null);
    }

    /** The same, and since when it is of no use; null for never, or not known. */
    public NewSecret expiring(Instant at) {
        return new NewSecret(parts, true, at);
    }

    /** Whether there is nothing new in it. */
    public boolean empty() {
        return parts.isEmpty() && !expiryGiven;
    }

    public void forEach(BiConsumer<SecretPart, String> each) {
        parts.forEach(each);
    }

    /** Present when it was said; then perhaps as "never". */
    public Optional<Optional<Instant>> expiry() {
        return expiryGiven ? Optional.of(Optional.ofNullable(expiresAt)) : Optional.empty();
    }

    /** Which parts there are, and nothing of them. */
    @Override
    public String toString() {
        return "NewSecret" + parts.keySet();
    }
}
