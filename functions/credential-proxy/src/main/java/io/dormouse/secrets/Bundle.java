package io.dormouse.secrets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.json.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The secrets of one vault, which are kept and swapped as one.
 *
 * @param version names what is stored; null when nothing is
 * @param credentials by their ids; of each, the material by its revision
 */
public record Bundle(VaultId vault, String version, Map<CredentialId, Map<String, Material>> credentials) {
    /** Of all of it as JSON: what AWS Secrets Manager keeps in one secret. */
    public static final int MAX_BYTES = 65_536;

    static Bundle empty(VaultId vault) {
        return new Bundle(vault, null, Map.of());
    }

    Optional<Material> material(CredentialId credential, String revision) {
        return Optional.ofNullable(
                credentials.getOrDefault(credential, Map.of()).get(revision));
    }

    Bundle with(CredentialId credential, String revision, Material material) {
        Map<String, Material> revisions = new TreeMap<>(credentials.getOrDefault(credential, Map.of()));
        revisions.put(revision, material);
        return with(credential, revisions);
    }

    /** @param revisions none to forget the credential */
    Bundle with(CredentialId credential, Map<String, Material> revisions) {
        Map<CredentialId, Map<String, Material>> all = new LinkedHashMap<>(credentials);
        if (revisions.isEmpty()) all.remove(credential);
        else all.put(credential, revisions);
        return new Bundle(vault, version, all);
    }

    // ---- in a store

    boolean tooLarge() {
        int bytes = 0;
        for (CredentialId credential : credentials.keySet()) bytes += Json.bytes(toJson(credential)).length + 64;
        return bytes > MAX_BYTES;
    }

    /** All that is secret of one credential. */
    ObjectNode toJson(CredentialId credential) {
        ObjectNode json = Json.object();
        credentials.get(credential).forEach((revision, material) -> json.set(revision, material.toJson()));
        return json;
    }

    static Map<String, Material> revisions(JsonNode json) {
        Map<String, Material> revisions = new TreeMap<>();
        for (Map.Entry<String, JsonNode> revision : json.properties())
            revisions.put(revision.getKey(), Material.of(revision.getValue()));
        return revisions;
    }

    /** Stored bytes, parsed. What is wrong with them is not told: the message of a parser quotes its input. */
    static JsonNode parsed(byte[] bytes) {
        try {
            return Json.read(bytes, JsonNode.class);
        } catch (RuntimeException e) {
            throw new IllegalStateException("stored secrets cannot be read");
        }
    }

    /** Which credentials there are, and nothing of their secrets. */
    @Override
    public String toString() {
        return "Bundle[" + vault + " " + version + " " + credentials.keySet() + "]";
    }
}
