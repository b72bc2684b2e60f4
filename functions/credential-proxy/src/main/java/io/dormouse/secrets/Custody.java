package io.dormouse.secrets;

import io.dormouse.head.Heads;
import io.dormouse.proxy.Courier;
import io.dormouse.resource.Resources;
import io.dormouse.vault.Safe;
import io.dormouse.vault.VaultDocuments;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * All that is done with the secrets of one store.
 *
 * @param safe where new ones are handed in
 * @param keyring what the proxy asks
 */
public record Custody(Safe safe, StoredKeyring keyring) {
    /** @param nonces makes texts that nobody else makes */
    public static Custody of(
            Secrets secrets,
            Heads heads,
            Resources resources,
            Courier courier,
            InstantSource clock,
            Supplier<String> nonces) {
        Tokens tokens = new Tokens(secrets, resources, new TokenEndpoint(courier), clock, nonces, Custody::pause);
        VaultDocuments documents = new VaultDocuments(resources);
        Prober prober = new Prober(secrets, documents, tokens, courier);
        return new Custody(
                new Strongbox(secrets, documents, prober, clock), new StoredKeyring(heads, resources, secrets, tokens));
    }

    private static void pause(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }
}
