package io.dormouse.aws;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.outbound.relay.Errand;
import io.dormouse.outbound.relay.SafeCall;
import io.dormouse.outbound.relay.SafeCall.Handed;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.Safe;
import io.dormouse.vault.Validation;

/** The safe behind the credential proxy's function {@code store}: secrets go in by an invocation each, and none comes out. */
public final class LambdaSafe implements Safe {
    private final StreamedInvocations lambda;
    private final String function;

    public LambdaSafe(StreamedInvocations lambda, String function) {
        this.lambda = lambda;
        this.function = function;
    }

    @Override
    public Kept store(VaultId vault, CredentialId credential, String revision, NewSecret secret) {
        return kept(new SafeCall.Store(vault, credential, revision, Handed.of(secret)));
    }

    @Override
    public Kept rotate(VaultId vault, CredentialId credential, String from, String to, NewSecret changes) {
        return kept(new SafeCall.Rotate(vault, credential, from, to, Handed.of(changes)));
    }

    @Override
    public Kept settle(WorkspaceId workspace, VaultId vault, CredentialId credential, String replaced) {
        return kept(new SafeCall.Settle(workspace, vault, credential, replaced));
    }

    @Override
    public void forget(VaultId vault, CredentialId credential, String revision) {
        kept(new SafeCall.ForgetRevision(vault, credential, revision));
    }

    @Override
    public void forget(VaultId vault, CredentialId credential) {
        kept(new SafeCall.ForgetCredential(vault, credential));
    }

    @Override
    public void forget(VaultId vault) {
        kept(new SafeCall.ForgetVault(vault));
    }

    @Override
    public Validation validate(WorkspaceId workspace, VaultId vault, CredentialId credential) {
        return SafeCall.validation(result(new SafeCall.Validate(workspace, vault, credential)));
    }

    private Kept kept(SafeCall call) {
        return SafeCall.kept(result(call));
    }

    private JsonNode result(SafeCall call) {
        return ResultOf.errand(lambda, function, new Errand.Store(call)).as(JsonNode.class);
    }
}
