package io.dormouse.local;

import io.dormouse.messages.Offer;
import io.dormouse.messages.Provider;
import io.dormouse.messages.Signing;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;

/**
 * What the environment says. Empty variables count as absent.
 *
 * @param home holds all data
 * @param apiKey null, or a key that shall be valid
 * @param model who is behind the Messages API; null for the offline model
 * @param unsafeHands let commands run without isolation
 * @param clockRate how fast time runs: 1, but for tests that cannot wait for a lease to go stale
 */
record Settings(
        Path home,
        String apiKey,
        Provider model,
        Offer offer,
        boolean unsafeHands,
        int clockRate,
        Store store,
        Vaults vaults) {
    /** Where logs, heads and documents are kept. */
    sealed interface Store {
        /** All in the home folder. */
        record Embedded() implements Store {}

        /**
         * In a table of the account, or the emulator, that AWS's own variables name.
         *
         * @param bucket for large content; null to leave that in the home folder
         */
        record Dynamo(String table, String bucket) implements Store {}
    }

    /** Where the secrets of vaults are kept. */
    sealed interface Vaults {
        /** Encrypted, in the home folder. */
        record Files() implements Vaults {}

        /** In AWS Secrets Manager, in the account, or the emulator, that AWS's own variables name. */
        record Account(String prefix) implements Vaults {}
    }

    private static final URI ANTHROPIC = URI.create("https://api.anthropic.com");

    static Settings of(Map<String, String> environment) {
        String home = text(environment, "DORMOUSE_HOME");
        String apiKey = text(environment, "DORMOUSE_API_KEY");
        if (apiKey != null && apiKey.length() < 16)
            throw new IllegalArgumentException("DORMOUSE_API_KEY must have 16 characters or more");
        Provider model = Provider.of(environment).orElseGet(() -> anthropic(environment));
        return new Settings(
                home == null
                        ? Path.of(System.getProperty("user.home"), ".dormouse")
                        : Path.of(home).toAbsolutePath().normalize(),
                apiKey,
                model,
                Offer.of(environment, model),
                "1".equals(text(environment, "DORMOUSE_UNSAFE_HANDS")),
                clockRate(environment),
                store(environment),
                vaults(environment));
    }

    /** {@code ANTHROPIC_API_KEY} and {@code ANTHROPIC_BASE_URL}; null without either. */
    private static Provider anthropic(Map<String, String> environment) {
        String key = text(environment, "ANTHROPIC_API_KEY");
        String url = text(environment, "ANTHROPIC_BASE_URL");
        if (key == null && url == null) return null;
        return Provider.of(
                url == null ? ANTHROPIC : uri(url), key == null ? new Signing.Unsigned() : new Signing.ApiKey(key));
    }

    /**
     * {@code DORMOUSE_TEST_CLOCK}: so many seconds pass in one. For tests only, and refused without {@code DORMOUSE_TEST=1}:
     * every time that is stored or told lies in the future, and data written under one rate is wrong under another.
     */
    private static int clockRate(Map<String, String> environment) {
        String text = text(environment, "DORMOUSE_TEST_CLOCK");
        if (text == null) return 1;
        if (!"1".equals(text(environment, "DORMOUSE_TEST")))
            throw new IllegalArgumentException("DORMOUSE_TEST_CLOCK is for tests, and needs DORMOUSE_TEST=1");
        if (!text.matches("[1-9][0-9]?"))
            throw new IllegalArgumentException("DORMOUSE_TEST_CLOCK must be a number from 1 to 99");
        return Integer.parseInt(text);
    }

    private static Store store(Map<String, String> environment) {
        String store = text(environment, "DORMOUSE_STORE");
        String table = text(environment, "DORMOUSE_TABLE");
        if (store == null || store.equals("sqlite")) return new Store.Embedded();
        if (!store.equals("dynamodb")) throw new IllegalArgumentException("DORMOUSE_STORE must be sqlite or dynamodb");
        if (text(environment, "AWS_REGION") == null && text(environment, "AWS_DEFAULT_REGION") == null)
            throw new IllegalArgumentException("DORMOUSE_STORE=dynamodb needs AWS_REGION");
        return new Store.Dynamo(table == null ? "dormouse" : table, text(environment, "DORMOUSE_BUCKET"));
    }

    private static Vaults vaults(Map<String, String> environment) {
        String secrets = text(environment, "DORMOUSE_SECRETS");
        if (secrets == null || secrets.equals("file")) return new Vaults.Files();
        if (!secrets.equals("secretsmanager"))
            throw new IllegalArgumentException("DORMOUSE_SECRETS must be file or secretsmanager");
        if (text(environment, "AWS_REGION") == null && text(environment, "AWS_DEFAULT_REGION") == null)
            throw new IllegalArgumentException("DORMOUSE_SECRETS=secretsmanager needs AWS_REGION");
        String prefix = text(environment, "DORMOUSE_SECRETS_PREFIX");
        return new Vaults.Account(prefix == null ? "dormouse/" : prefix);
    }

    private static URI uri(String text) {
        try {
            URI uri = URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
            if (("http".equals(uri.getScheme()) || "https".equals(uri.getScheme())) && uri.getHost() != null)
                return uri;
        } catch (IllegalArgumentException e) {
            // Refused below.
        }
        throw new IllegalArgumentException("ANTHROPIC_BASE_URL must be an http or https URL");
    }

    private static String text(Map<String, String> environment, String name) {
        String value = environment.get(name);
        return value == null || value.isBlank() ? null : value.trim();
    }

    /** Without the keys. */
    @Override
    public String toString() {
        return "Settings[home=" + home + ", model=" + model + ", offer=" + offer + ", unsafeHands=" + unsafeHands
                + ", store=" + store + ", vaults=" + vaults + "]";
    }
}
