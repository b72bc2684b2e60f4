package io.dormouse.vault;

import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds vaults and credentials, as they are now. */
public final class VaultDocuments {
    private final Resources resources;

    public VaultDocuments(Resources resources) {
        this.resources = resources;
    }

    public Optional<Vault> vault(WorkspaceId workspace, VaultId id) {
        return resources.read(workspace, Vault.KIND, id.text()).map(Vault::new);
    }

    public Optional<Credential> credential(Vault vault, CredentialId id) {
        return resources
                .read(vault.document().workspace(), Credential.KIND, Credential.documentId(vault.id(), id))
                .map(document -> new Credential(vault, document));
    }

    /** The live credentials of a vault, oldest first. None, when the vault is archived or gone. */
    public List<Credential> live(WorkspaceId workspace, VaultId id) {
        return vault(workspace, id)
                .filter(Vault::live)
                .map(vault -> all(vault, false))
                .orElse(List.of());
    }

    /** @param archived whether archived ones, too */
    public List<Credential> all(Vault vault, boolean archived) {
        List<Credential> all = new ArrayList<>();
        Resources.Place after = null;
        List<Resource> page;
        do {
            page = resources.list(
                    vault.document().workspace(),
                    Credential.KIND,
                    new Resources.Query(vault.id() + "#", true, after, null, null, archived, 100));
            page.forEach(document -> all.add(new Credential(vault, document)));
            if (!page.isEmpty())
                after = new Resources.Place(
                        page.getLast().createdAt(), page.getLast().id());
        } while (page.size() == 100);
        return all;
    }
}
