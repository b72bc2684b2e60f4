package io.dormouse.vault;

import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;

/**
 * Takes secrets in, and gives none out: all that the rest of the system can do with one. A secret is kept under a revision,
 * and the credential's document names the revision that counts, so that the swap of the document is what rotates. Every
 * call may be repeated.
 */
public interface Safe {
    /** Keeps the secret of a new credential. */
    Kept store(VaultId vault, CredentialId credential, String revision, NewSecret secret);

    /** Keeps what revision {@code from} has, with the parts that are new, as revision {@code to}; {@code from} stays. */
    Kept rotate(VaultId vault, CredentialId credential, String from, String to, NewSecret changes);

    /**
     * Forgets what a swap of the credential's document has ended: the revision that it {@code replaced} (null when that is not
     * known), and others that no document came to name. {@link Kept.Gone} when the one that the document names is missing.
     */
    Kept settle(WorkspaceId workspace, VaultId vault, CredentialId credential, String replaced);

    /** Forgets one revision of a credential that has no document of its own. */
    void forget(VaultId vault, CredentialId credential, String revision);

    /** Forgets all of a credential. */
    void forget(VaultId vault, CredentialId credential);

    /** Forgets all of a vault. */
    void forget(VaultId vault);

    /** Tries an {@code mcp_oauth} credential on its server, and refreshes it where that is asked for. */
    Validation validate(WorkspaceId workspace, VaultId vault, CredentialId credential);

    sealed interface Kept {
        record Done() implements Kept {}

        /** There is nothing to rotate: the revision is not there any more. */
        record Gone() implements Kept {}

        /** The secrets of one vault together are larger than what is kept in one piece. */
        record Full(int maxBytes) implements Kept {}
    }
}
