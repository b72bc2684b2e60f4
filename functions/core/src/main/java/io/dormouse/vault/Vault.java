package io.dormouse.vault;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.resource.Resource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A vault's document. Beside what the wire shows it has the claims of its live credentials: a credential is claimed here,
 * in one swap, before it is written, so that two can neither have one key nor be one too many.
 */
public record Vault(Resource document) {
    public static final String KIND = "vault";
    public static final int MAX_CREDENTIALS = 20;

    /** For so long a claim counts whose credential is not written yet; after that its writer is taken for dead. */
    public static final Duration CLAIM = Duration.ofSeconds(60);

    private static final String CLAIMS = "claims";

    public VaultId id() {
        return new VaultId(document.id());
    }

    public boolean live() {
        return document.archivedAt() == null;
    }

    public sealed interface Claiming {
        /** @param body of the vault with the claim in it; the same object when it had it before */
        record Granted(JsonNode body) implements Claiming {}

        /** A live credential has this key. */
        record Taken(CredentialId by) implements Claiming {}

        record Full() implements Claiming {}
    }

    public Claiming claim(CredentialId credential, String key, Instant now) {
        JsonNode claims = document.body().path(CLAIMS);
        if (claims.has(credential.text())) return new Claiming.Granted(document.body());
        for (Map.Entry<String, JsonNode> claim : claims.properties())
            if (claim.getValue().path("key").asText().equals(key))
                return new Claiming.Taken(new CredentialId(claim.getKey()));
        if (claims.size() >= MAX_CREDENTIALS) return new Claiming.Full();
        ObjectNode body = document.body().deepCopy();
        body.withObjectProperty(CLAIMS)
                .putObject(credential.text())
                .put("key", key)
                .put("at", now.toString());
        return new Claiming.Granted(body);
    }

    /** The body without these claims; the same object when it has none of them. */
    public JsonNode release(List<CredentialId> credentials) {
        ObjectNode body = document.body().deepCopy();
        ObjectNode claims = body.withObjectProperty(CLAIMS);
        credentials.forEach(credential -> claims.remove(credential.text()));
        return claims.size() == document.body().path(CLAIMS).size() ? document.body() : body;
    }

    /** Claims so old that their credentials are written by now, or never will be. */
    public List<CredentialId> settled(Instant now) {
        List<CredentialId> old = new ArrayList<>();
        for (Map.Entry<String, JsonNode> claim : document.body().path(CLAIMS).properties())
            if (!Instant.parse(claim.getValue().path("at").asText()).plus(CLAIM).isAfter(now))
                old.add(new CredentialId(claim.getKey()));
        return old;
    }
}
