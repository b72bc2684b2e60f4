package io.dormouse.secrets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.json.Json;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.CreateSecretResponse;
import software.amazon.awssdk.services.secretsmanager.model.GetSecretValueResponse;
import software.amazon.awssdk.services.secretsmanager.model.InvalidParameterException;
import software.amazon.awssdk.services.secretsmanager.model.InvalidRequestException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceExistsException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;
import software.amazon.awssdk.services.secretsmanager.model.SecretsManagerException;

/**
 * Secrets in AWS Secrets Manager, one of its secrets for each vault. A swap puts the new version under {@code AWSPENDING}
 * and then moves {@code AWSCURRENT} from the version that was read to the new one, which the service refuses when somebody
 * moved it before.
 */
public final class SecretsManagerSecrets implements Secrets, AutoCloseable {
    private static final System.Logger LOG = System.getLogger("io.dormouse.secrets");
    private static final String CURRENT = "AWSCURRENT";
    private static final String PENDING = "AWSPENDING";
    private static final String PREVIOUS = "AWSPREVIOUS";
    private static final int KEY_BYTES = 32;

    private final SecretsManagerClient client;
    private final String prefix;
    private final SecureRandom random;
    private volatile byte[] namingKey;

    /** @param prefix of the names of all secrets, for example {@code dormouse/}: a role's rights can be bounded by it */
    SecretsManagerSecrets(SecretsManagerClient client, String prefix, SecureRandom random) {
        this.client = client;
        this.prefix = prefix;
        this.random = random;
    }

    /** In the account, or the emulator, that AWS's usual variables name. */
    public static SecretsManagerSecrets of(Map<String, String> environment, String prefix, SecureRandom random) {
        return new SecretsManagerSecrets(SecretsManagerClients.of(environment), prefix, random);
    }

    private String name(VaultId vault) {
        return prefix + "vaults/" + vault;
    }

    @Override
    public Bundle read(VaultId vault) {
        try {
            GetSecretValueResponse stored =
                    client.getSecretValue(get -> get.secretId(name(vault)).versionStage(CURRENT));
            Map<CredentialId, Map<String, Material>> credentials = new LinkedHashMap<>();
            JsonNode json = Bundle.parsed(stored.secretString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            for (Map.Entry<String, JsonNode> credential : json.properties())
                credentials.put(new CredentialId(credential.getKey()), Bundle.revisions(credential.getValue()));
            return new Bundle(vault, stored.versionId(), credentials);
        } catch (ResourceNotFoundException e) {
            return Bundle.empty(vault);
        } catch (InvalidRequestException e) {
            // It is being deleted.
            return Bundle.empty(vault);
        }
    }

    @Override
    public Swapped swap(Bundle after) {
        if (after.tooLarge()) return new Swapped.TooLarge();
        ObjectNode json = Json.object();
        for (CredentialId credential : after.credentials().keySet())
            json.set(credential.text(), after.toJson(credential));
        // The service takes the same token twice for one request: an answer that was lost is given again.
        String version = UUID.randomUUID().toString();
        boolean won = after.version() == null
                ? created(name(after.vault()), version, Json.text(json))
                : moved(name(after.vault()), after.version(), version, Json.text(json));
        return won ? new Swapped.Done(new Bundle(after.vault(), version, after.credentials())) : new Swapped.Changed();
    }

    private boolean created(String name, String version, String text) {
        try {
            CreateSecretResponse created = client.createSecret(create -> create.name(name)
                    .clientRequestToken(version)
                    .secretString(text)
                    .description("Credentials of a Dormouse vault"));
            return created.versionId().equals(version);
        } catch (ResourceExistsException e) {
            return false;
        }
    }

    private boolean moved(String name, String from, String to, String text) {
        try {
            client.putSecretValue(put ->
                    put.secretId(name).clientRequestToken(to).secretString(text).versionStages(PENDING));
            client.updateSecretVersionStage(update -> update.secretId(name)
                    .versionStage(CURRENT)
                    .moveToVersionId(to)
                    .removeFromVersionId(from));
        } catch (ResourceNotFoundException e) {
            return false;
        } catch (InvalidParameterException | InvalidRequestException e) {
            // Somebody was faster; or it was us, and the answer was lost.
            if (!isCurrent(name, to)) {
                unlabel(name, PENDING, to);
                return false;
            }
        }
        // What was rotated out, or forgotten, is not to be had under a label any more; the service drops it in time.
        unlabel(name, PREVIOUS, from);
        return true;
    }

    private boolean isCurrent(String name, String version) {
        try {
            return client.describeSecret(describe -> describe.secretId(name))
                    .versionIdsToStages()
                    .getOrDefault(version, java.util.List.of())
                    .contains(CURRENT);
        } catch (ResourceNotFoundException e) {
            return false;
        }
    }

    private void unlabel(String name, String label, String version) {
        try {
            client.updateSecretVersionStage(
                    update -> update.secretId(name).versionStage(label).removeFromVersionId(version));
        } catch (SecretsManagerException e) {
            // Another writer moved the label on in the meantime.
            LOG.log(System.Logger.Level.DEBUG, "label {0} of {1} is elsewhere", label, name);
        }
    }

    @Override
    public void forget(VaultId vault) {
        try {
            client.deleteSecret(delete -> delete.secretId(name(vault)).forceDeleteWithoutRecovery(true));
        } catch (ResourceNotFoundException e) {
            // There were none, or they are gone already.
        }
    }

    @Override
    public byte[] namingKey() {
        byte[] known = namingKey;
        if (known == null) namingKey = known = stored(prefix + "naming-key");
        return known;
    }

    /** Made by whoever needs it first; most processes only read it, and may have no right to more. */
    private byte[] stored(String name) {
        try {
            return value(name);
        } catch (ResourceNotFoundException e) {
            byte[] fresh = new byte[KEY_BYTES];
            random.nextBytes(fresh);
            String text = Base64.getEncoder().encodeToString(fresh);
            // Who comes second takes the first one's.
            return created(name, UUID.randomUUID().toString(), text) ? fresh : value(name);
        }
    }

    private byte[] value(String name) {
        return Base64.getDecoder()
                .decode(client.getSecretValue(get -> get.secretId(name)).secretString());
    }

    @Override
    public void close() {
        client.close();
    }

    @Override
    public String toString() {
        return "SecretsManagerSecrets[" + prefix + "]";
    }
}
