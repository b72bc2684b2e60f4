package io.dormouse.secrets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Secrets in files of a folder, one for each vault, encrypted under a key that lies beside them. For the suite on one
 * machine: whoever can read the owner's files can read them, and nobody else; what leaves the machine without the key, a
 * backup or a copied vault, is of no use.
 */
public final class FileSecrets implements Secrets {
    private final PrivateFolder folder;
    private final SealingKey key;
    private final SecureRandom random;

    private FileSecrets(PrivateFolder folder, SealingKey key, SecureRandom random) {
        this.folder = folder;
        this.key = key;
        this.random = random;
    }

    /** Makes folder and key when they are missing. Refuses a key that others may read, and secrets without a key. */
    public static FileSecrets open(Path path, SecureRandom random) throws IOException {
        PrivateFolder folder = PrivateFolder.open(path);
        return new FileSecrets(folder, SealingKey.open(folder, random), random);
    }

    @Override
    public Bundle read(VaultId vault) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file(vault));
        } catch (NoSuchFileException e) {
            return Bundle.empty(vault);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        JsonNode stored = Bundle.parsed(bytes);
        String version = stored.path("version").asText();
        Map<CredentialId, Map<String, Material>> credentials = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> sealed : stored.path("credentials").properties()) {
            CredentialId credential = new CredentialId(sealed.getKey());
            byte[] opened =
                    key.open(Base64.getDecoder().decode(sealed.getValue().asText()), about(vault, credential, version));
            credentials.put(credential, Bundle.revisions(Bundle.parsed(opened)));
        }
        return new Bundle(vault, version, credentials);
    }

    @Override
    public Swapped swap(Bundle after) {
        if (after.tooLarge()) return new Swapped.TooLarge();
        byte[] mark = new byte[16];
        random.nextBytes(mark);
        String version = HexFormat.of().formatHex(mark);
        ObjectNode stored = Json.object().put("format", 1).put("version", version);
        ObjectNode sealed = stored.putObject("credentials");
        for (CredentialId credential : after.credentials().keySet())
            sealed.put(
                    credential.text(),
                    Base64.getEncoder()
                            .encodeToString(key.seal(
                                    Json.bytes(after.toJson(credential)),
                                    about(after.vault(), credential, version),
                                    random)));
        return folder.locked(() -> {
            if (!java.util.Objects.equals(version(after.vault()), after.version())) return new Swapped.Changed();
            folder.write(file(after.vault()), Json.bytes(stored));
            return new Swapped.Done(new Bundle(after.vault(), version, after.credentials()));
        });
    }

    private String version(VaultId vault) throws IOException {
        try {
            return Bundle.parsed(Files.readAllBytes(file(vault)))
                    .path("version")
                    .asText();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** What a sealed text belongs to: at another place it does not open. */
    private static String about(VaultId vault, CredentialId credential, String version) {
        return "dormouse secret\n" + vault + "\n" + credential + "\n" + version;
    }

    @Override
    public void forget(VaultId vault) {
        folder.locked(() -> {
            folder.delete(file(vault));
            return null;
        });
    }

    @Override
    public byte[] namingKey() {
        return key.derived("naming");
    }

    private Path file(VaultId vault) {
        return folder.path().resolve(vault + ".json");
    }

    @Override
    public String toString() {
        return "FileSecrets[" + folder.path() + "]";
    }
}
