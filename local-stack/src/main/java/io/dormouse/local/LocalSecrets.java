package io.dormouse.local;

import io.dormouse.id.Ids;
import io.dormouse.proxy.GuardedCourier;
import io.dormouse.proxy.ProxySettings;
import io.dormouse.secrets.Custody;
import io.dormouse.secrets.FileSecrets;
import io.dormouse.secrets.Secrets;
import io.dormouse.secrets.SecretsManagerSecrets;
import io.dormouse.secrets.StoredKeyring;
import io.dormouse.vault.Safe;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;

/** The secrets of vaults: what the API hands them to, and what the proxy asks. */
record LocalSecrets(Safe safe, StoredKeyring keyring, Runnable closing) implements AutoCloseable {
    /** @param environment where AWS's own variables are */
    static LocalSecrets open(
            Settings settings,
            ProxySettings way,
            Map<String, String> environment,
            Stores stores,
            InstantSource clock,
            SecureRandom random)
            throws IOException {
        GuardedCourier courier = GuardedCourier.of(way);
        return switch (settings.vaults()) {
            case Settings.Vaults.Files files ->
                of(FileSecrets.open(Home.secrets(settings.home()), random), stores, courier, clock, random, () -> {});
            case Settings.Vaults.Account account -> {
                SecretsManagerSecrets secrets = SecretsManagerSecrets.of(environment, account.prefix(), random);
                yield of(secrets, stores, courier, clock, random, secrets::close);
            }
        };
    }

    private static LocalSecrets of(
            Secrets secrets,
            Stores stores,
            GuardedCourier courier,
            InstantSource clock,
            SecureRandom random,
            Runnable closing) {
        Ids nonces = new Ids(clock, random);
        Custody custody = Custody.of(secrets, stores.heads(), stores.resources(), courier, clock, nonces::next);
        return new LocalSecrets(custody.safe(), custody.keyring(), () -> {
            courier.close();
            closing.run();
        });
    }

    @Override
    public void close() {
        closing.run();
    }
}
