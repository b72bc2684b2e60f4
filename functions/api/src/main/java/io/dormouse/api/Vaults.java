package io.dormouse.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.Fields;
import io.dormouse.edge.Pages;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.vault.Credential;
import io.dormouse.vault.Safe;
import io.dormouse.vault.Vault;
import io.dormouse.vault.VaultDocuments;
import io.dormouse.wire.ApiError;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * {@code /v1/vaults}. The swap that archives a vault ends its credentials with it; what follows, the purge of the secrets
 * and the marks on the credentials, may be interrupted and is then brought to its end by the next archive or delete.
 */
@Singleton
public final class Vaults {
    private static final String PREFIX = "vlt_";
    private static final int MAX_NAME = 255;
    private static final int MAX_OF_SESSION = 50;

    private final Resources resources;
    private final Safe safe;
    private final InstantSource clock;
    private final VaultDocuments documents;

    public Vaults(Resources resources, Safe safe, InstantSource clock) {
        this.resources = resources;
        this.safe = safe;
        this.clock = clock;
        this.documents = new VaultDocuments(resources);
    }

    // ---- handlers

    Answer create(Call call) {
        Fields fields = Fields.of(call.body());
        ObjectNode body = Json.object().put("display_name", fields.text("display_name", 1, MAX_NAME));
        body.set("metadata", fields.metadata());
        Resource vault = Resource.of(call.workspace(), Vault.KIND, call.ids().next(PREFIX), now(), body);
        return Answer.ok(
                switch (resources.create(vault)) {
                    case Resources.Saved.Done done -> view(done.resource());
                    // An earlier attempt at this request, see Call.ids.
                    case Resources.Saved.Taken taken -> view(taken.current());
                    case Resources.Saved.Gone gone -> throw new IllegalStateException("create found nothing");
                });
    }

    Answer get(Call call) {
        return Answer.ok(view(find(call).document()));
    }

    Answer list(Call call) {
        boolean archived = call.query().flag("include_archived", false);
        return Answer.ok(Pages.fixed(call, "vaults", false, 20, 100)
                .answer(query -> resources.list(call.workspace(), Vault.KIND, query), "", archived, Vaults::view));
    }

    Answer update(Call call) {
        Fields patch = Fields.of(call.body());
        for (int attempt = 0; attempt < 5; attempt++) {
            Resource current = live(call).document();
            ObjectNode after = current.body().deepCopy();
            if (patch.given("display_name")) after.put("display_name", patch.text("display_name", 1, MAX_NAME));
            after.set("metadata", patch.metadata((ObjectNode) current.body().get("metadata"), false));
            if (after.equals(current.body())) return Answer.ok(view(current));
            if (resources.swap(current, current.with(after, now())) instanceof Resources.Saved.Done done)
                return Answer.ok(view(done.resource()));
        }
        throw busy();
    }

    Answer archive(Call call) {
        Vault archived = archived(call);
        safe.forget(archived.id());
        for (Credential credential : documents.all(archived, false)) mark(credential.document());
        return Answer.ok(view(archived.document()));
    }

    /** An interrupted deletion leaves an archived vault, whose deletion can be asked for again. */
    Answer delete(Call call) {
        Vault archived = archived(call);
        safe.forget(archived.id());
        for (Credential credential : documents.all(archived, true))
            resources.delete(
                    call.workspace(), Credential.KIND, credential.document().id());
        resources.delete(call.workspace(), Vault.KIND, archived.id().text());
        return Answer.ok(Json.object().put("id", archived.id().text()).put("type", "vault_deleted"));
    }

    private Vault archived(Call call) {
        for (int attempt = 0; attempt < 5; attempt++) {
            Resource current = find(call).document();
            if (current.archivedAt() != null) return new Vault(current);
            if (resources.swap(current, current.archived(now())) instanceof Resources.Saved.Done done)
                return new Vault(done.resource());
        }
        throw busy();
    }

    private void mark(Resource credential) {
        Resource current = credential;
        while (current.archivedAt() == null) {
            switch (resources.swap(current, current.archived(now()))) {
                case Resources.Saved.Done done -> {
                    return;
                }
                case Resources.Saved.Taken taken -> current = taken.current();
                case Resources.Saved.Gone gone -> {
                    return;
                }
            }
        }
    }

    // ---- for credentials and sessions

    Vault find(Call call) {
        return new Vault(Lookup.find(resources, call.workspace(), Vault.KIND, PREFIX, call.parameter("id")));
    }

    Vault live(Call call) {
        Vault vault = find(call);
        if (!vault.live()) throw Refused.invalid("Vault " + vault.id() + " is archived and cannot be changed");
        return vault;
    }

    VaultDocuments documents() {
        return documents;
    }

    /** The vaults of a new session, in the order in which they are searched. Refuses what is not there, or archived. */
    List<VaultId> usable(WorkspaceId workspace, Fields body) {
        List<VaultId> vaults = new ArrayList<>();
        for (String id : new LinkedHashSet<>(body.texts("vault_ids", MAX_OF_SESSION, 200))) {
            Vault vault = new Vault(Lookup.find(resources, workspace, Vault.KIND, PREFIX, id));
            if (!vault.live()) throw body.refuse("vault_ids", vault.id() + " is archived");
            vaults.add(vault.id());
        }
        return vaults;
    }

    static ObjectNode view(Resource vault) {
        JsonNode body = vault.body();
        ObjectNode view = Json.object().put("id", vault.id()).put("type", Vault.KIND);
        view.set("display_name", body.get("display_name"));
        view.set("metadata", body.get("metadata"));
        return view.put("created_at", vault.createdAt().toString())
                .put("updated_at", vault.updatedAt().toString())
                .put(
                        "archived_at",
                        vault.archivedAt() == null ? null : vault.archivedAt().toString());
    }

    static Refused busy() {
        return new Refused(new ApiError.Conflict("The vault is being changed by others", null, true));
    }

    Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
