package io.dormouse.serve;

import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.Safe;
import io.dormouse.vault.Validation;
import io.dormouse.wire.Refused;

/** For a deployment without a credential proxy: it keeps no secret, and so there is none to forget. */
final class NoSafe implements Safe {
    private static Refused none() {
        return Refused.invalid("This deployment has no credential proxy, and keeps no secrets");
    }

    @Override
    public Kept store(VaultId vault, CredentialId credential, String revision, NewSecret secret) {
        throw none();
    }

    @Override
    public Kept rotate(VaultId vault, CredentialId credential, String from, String to, NewSecret changes) {
        throw none();
    }

    @Override
    public Kept settle(WorkspaceId workspace, VaultId vault, CredentialId credential, String replaced) {
        return new Kept.Done();
    }

    @Override
    public void forget(VaultId vault, CredentialId credential, String revision) {}

    @Override
    public void forget(VaultId vault, CredentialId credential) {}

    @Override
    public void forget(VaultId vault) {}

    @Override
    public Validation validate(WorkspaceId workspace, VaultId vault, CredentialId credential) {
        throw none();
    }
}
