package io.dormouse.vault;

import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import java.time.Instant;

/**
 * A credential as it stands: its document, and that of its vault, which ends it as well. Its secret is elsewhere, under the
 * revision that the document names.
 */
public record Credential(Vault vault, Resource document) {
    public static final String KIND = "vault_credential";

    /** Credentials are parts of their vault's document, so that they are listed by it. */
    public static String documentId(VaultId vault, CredentialId credential) {
        return vault + "#" + credential;
    }

    public CredentialId id() {
        return new CredentialId(document.id().substring(document.id().indexOf('#') + 1));
    }

    public boolean live() {
        return archivedAt() == null;
    }

    /** Null while it is live. A vault that was archived has ended its credentials, also those whose documents lag behind. */
    public Instant archivedAt() {
        return document.archivedAt() != null
                ? document.archivedAt()
                : vault.document().archivedAt();
    }

    public Auth auth() {
        return Auth.of(document.body().path("auth"));
    }

    /** Which secret counts. */
    public String revision() {
        return Json.textOrNull(document.body(), "revision");
    }
}
