package io.dormouse.secrets;

import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import java.nio.file.Path;
import java.security.SecureRandom;

/** Another process that writes into a vault, revision after revision. */
final class OtherWriter {
    static final int WRITES = 40;

    private OtherWriter() {}

    public static void main(String[] args) throws Exception {
        Secrets secrets = FileSecrets.open(Path.of(args[0]), new SecureRandom());
        VaultId vault = new VaultId(args[1]);
        CredentialId credential = new CredentialId(args[2]);
        for (int i = 0; i < WRITES; i++) {
            String name = args[3] + i;
            while (!(secrets.swap(secrets.read(vault).with(credential, name, SecretsContract.material(name)))
                    instanceof Secrets.Swapped.Done)) Thread.onSpinWait();
        }
    }
}
