package io.dormouse.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.Fields;
import io.dormouse.edge.Pages;
import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.resource.Resources.Saved;
import io.dormouse.vault.Auth;
import io.dormouse.vault.Credential;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.Safe;
import io.dormouse.vault.Validation;
import io.dormouse.vault.Vault;
import io.dormouse.wire.ApiError;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Locale;

/**
 * {@code /v1/vaults/{id}/credentials}. A secret is in here for one call: it goes to the safe, and is in no document, answer
 * or refusal. The swap of a credential's document is what rotates it: the document names the revision that counts.
 */
@Singleton
public final class Credentials {
    private static final String PREFIX = "vcrd_";
    private static final int MAX_NAME = 255;

    private final Resources resources;
    private final Safe safe;
    private final Vaults vaults;

    public Credentials(Resources resources, Safe safe, Vaults vaults) {
        this.resources = resources;
        this.safe = safe;
        this.vaults = vaults;
    }

    // ---- handlers

    /** Claim, secret, document, in this order: what a crash leaves is a claim that runs out, and what is stored for it. */
    Answer create(Call call) {
        CredentialId id = new CredentialId(call.ids().next(PREFIX));
        String revision = call.ids().next();
        Fields fields = Fields.of(call.body());
        CredentialAuth auth = CredentialAuth.created(fields.object("auth"));
        ObjectNode body = Json.object().put("display_name", fields.textOrNull("display_name", MAX_NAME));
        body.set("metadata", fields.metadata());
        body.set("auth", auth.shown());
        body.put("revision", revision);
        Vault vault = claim(call, id, Auth.of(auth.shown()).key());
        Safe.Kept kept = safe.store(vault.id(), id, revision, auth.secret());
        if (!(kept instanceof Safe.Kept.Done)) {
            release(call, List.of(id));
            throw refusal(kept);
        }
        Resource document = Resource.of(
                call.workspace(), Credential.KIND, Credential.documentId(vault.id(), id), vaults.now(), body);
        Resource saved =
                switch (resources.create(document)) {
                    case Saved.Done done -> done.resource();
                    // An earlier attempt at this request, see Call.ids.
                    case Saved.Taken taken -> taken.current();
                    case Saved.Gone gone -> throw new IllegalStateException("create found nothing");
                };
        // A vault that was archived, or deleted, meanwhile may have been purged before this secret came.
        Vault now = vaults.documents().vault(call.workspace(), vault.id()).orElse(null);
        if (now == null || !now.live()) safe.forget(vault.id(), id);
        if (now == null) {
            resources.delete(call.workspace(), Credential.KIND, saved.id());
            throw Refused.notFound("No vault " + vault.id());
        }
        return Answer.ok(view(new Credential(now, saved)));
    }

    Answer get(Call call) {
        return Answer.ok(view(find(call, vaults.find(call))));
    }

    Answer list(Call call) {
        Vault vault = vaults.find(call);
        boolean archived = call.query().flag("include_archived", false);
        // An archived vault has no other credentials, whatever their documents say so far.
        if (!vault.live() && !archived) {
            ObjectNode none = Json.object();
            none.putArray("data");
            return Answer.ok(none.putNull("next_page"));
        }
        return Answer.ok(Pages.fixed(call, "vaults/" + vault.id() + "/credentials", false, 20, 100)
                .answer(
                        query -> resources.list(call.workspace(), Credential.KIND, query),
                        vault.id() + "#",
                        archived,
                        document -> view(new Credential(vault, document))));
    }

    Answer update(Call call) {
        String revision = call.ids().next();
        Fields patch = Fields.of(call.body());
        for (int attempt = 0; attempt < 5; attempt++) {
            Vault vault = vaults.live(call);
            Credential current = find(call, vault);
            if (!current.live())
                throw Refused.invalid("Credential " + current.id() + " is archived and cannot be changed");
            Resource document = current.document();
            // What an attempt of this request did that was broken off behind its swap.
            if (revision.equals(current.revision())) return settled(current, null);
            ObjectNode after = document.body().deepCopy();
            if (patch.has("display_name")) after.put("display_name", patch.textOrNull("display_name", MAX_NAME));
            after.set("metadata", patch.metadata((ObjectNode) document.body().get("metadata"), false));
            NewSecret secret = auth(patch, after);
            if (secret != null) {
                Safe.Kept kept = safe.rotate(vault.id(), current.id(), current.revision(), revision, secret);
                if (kept instanceof Safe.Kept.Gone) continue;
                if (!(kept instanceof Safe.Kept.Done)) throw refusal(kept);
                after.put("revision", revision);
            } else if (after.equals(document.body())) {
                return Answer.ok(view(current));
            }
            if (resources.swap(document, document.with(after, vaults.now())) instanceof Saved.Done done)
                return settled(new Credential(vault, done.resource()), secret == null ? null : current.revision());
        }
        throw Vaults.busy();
    }

    /** The secret's news, or null; {@code after} gets what is shown. */
    private static NewSecret auth(Fields patch, ObjectNode after) {
        if (!patch.given("auth")) return null;
        CredentialAuth auth = CredentialAuth.updated(patch.object("auth"), (ObjectNode) after.get("auth"));
        after.set("auth", auth.shown());
        return auth.secret().empty() ? null : auth.secret();
    }

    /** @param replaced the revision that counted before, or null */
    private Answer settled(Credential credential, String replaced) {
        Resource document = credential.document();
        Safe.Kept kept = safe.settle(document.workspace(), credential.vault().id(), credential.id(), replaced);
        // Only a writer that slept for a minute between its two writes can lose what it stored; then it is to be sent
        // again.
        if (kept instanceof Safe.Kept.Gone) throw Vaults.busy();
        return Answer.ok(view(credential));
    }

    Answer archive(Call call) {
        for (int attempt = 0; attempt < 5; attempt++) {
            Vault vault = vaults.find(call);
            Credential current = find(call, vault);
            Resource document = current.document();
            if (document.archivedAt() == null) {
                if (!(resources.swap(document, document.archived(vaults.now())) instanceof Saved.Done done)) continue;
                current = new Credential(vault, done.resource());
            }
            end(call, vault.id(), current.id());
            return Answer.ok(view(current));
        }
        throw Vaults.busy();
    }

    Answer delete(Call call) {
        Vault vault = vaults.find(call);
        Credential current = find(call, vault);
        // Archived first: an interrupted deletion leaves nothing that could still be used.
        archive(call);
        resources.delete(call.workspace(), Credential.KIND, current.document().id());
        return Answer.ok(Json.object().put("id", current.id().text()).put("type", "vault_credential_deleted"));
    }

    private void end(Call call, VaultId vault, CredentialId credential) {
        safe.forget(vault, credential);
        release(call, List.of(credential));
    }

    Answer validate(Call call) {
        Vault vault = vaults.find(call);
        Credential credential = find(call, vault);
        if (!credential.live())
            throw Refused.invalid("Credential " + credential.id() + " is archived and cannot be validated");
        if (!(credential.auth() instanceof Auth.McpOauth))
            throw Refused.invalid("Credential " + credential.id() + " is no mcp_oauth credential");
        Validation validation = safe.validate(call.workspace(), vault.id(), credential.id());
        ObjectNode view = Json.object()
                .put("type", "vault_credential_validation")
                .put("credential_id", credential.id().text())
                .put("vault_id", vault.id().text())
                .put("validated_at", vaults.now().toString())
                .put("has_refresh_token", validation.hasRefreshToken())
                .put("status", wire(validation.status()));
        Validation.Probe probe = validation.probe();
        if (probe == null) view.putNull("mcp_probe");
        else view.putObject("mcp_probe").put("method", probe.method()).set("http_response", heard(probe.answer()));
        Validation.Refresh refresh = validation.refresh();
        if (refresh == null) view.putNull("refresh");
        else
            view.putObject("refresh")
                    .put("status", wire(refresh.status()))
                    .set("http_response", heard(refresh.answer()));
        return Answer.ok(view);
    }

    private static String wire(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static JsonNode heard(Validation.Heard heard) {
        if (heard == null) return Json.MAPPER.nullNode();
        return Json.object()
                .put("status_code", heard.status())
                .put("content_type", heard.contentType())
                .put("body", heard.body())
                .put("body_truncated", heard.truncated());
    }

    // ---- claims

    private Vault claim(Call call, CredentialId credential, String key) {
        boolean cleared = false;
        for (int attempt = 0; attempt < 8; attempt++) {
            Vault vault = vaults.live(call);
            Resource document = vault.document();
            switch (vault.claim(credential, key, vaults.now())) {
                case Vault.Claiming.Granted granted -> {
                    if (granted.body() == document.body()) return vault;
                    // The claims are no part of the vault that anybody sees: it does not count as updated by them.
                    if (resources.swap(document, document.with(granted.body(), document.updatedAt()))
                            instanceof Saved.Done done) return new Vault(done.resource());
                }
                case Vault.Claiming.Taken taken -> {
                    if (cleared)
                        throw new Refused(new ApiError.Conflict("auth: the credential " + taken.by()
                                + " of this vault is for the same "
                                + (key.startsWith("env ") ? "secret_name" : "mcp_server_url") + " already"));
                    cleared = true;
                    clear(call, vault);
                }
                case Vault.Claiming.Full full -> {
                    if (cleared)
                        throw Refused.invalid(
                                "The vault has " + Vault.MAX_CREDENTIALS + " credentials already; archive one first");
                    cleared = true;
                    clear(call, vault);
                }
            }
        }
        throw Vaults.busy();
    }

    /** Ends the claims of writers that died before they had written a credential, and what they may have stored for it. */
    private void clear(Call call, Vault vault) {
        List<CredentialId> dead = vault.settled(vaults.now()).stream()
                .filter(id -> vaults.documents()
                        .credential(vault, id)
                        .filter(Credential::live)
                        .isEmpty())
                .toList();
        for (CredentialId id : dead) safe.forget(vault.id(), id);
        if (!dead.isEmpty()) release(call, dead);
    }

    private void release(Call call, List<CredentialId> credentials) {
        for (int attempt = 0; attempt < 8; attempt++) {
            Vault vault = vaults.find(call);
            Resource document = vault.document();
            JsonNode body = vault.release(credentials);
            if (body == document.body()) return;
            // An archived document stays archived: the times are its own.
            if (resources.swap(document, document.with(body, document.updatedAt())) instanceof Saved.Done) return;
        }
        throw Vaults.busy();
    }

    // ---- documents

    private Credential find(Call call, Vault vault) {
        String id = call.parameter("credential");
        return CredentialId.parse(id)
                .flatMap(credential -> vaults.documents().credential(vault, credential))
                .orElseThrow(() -> Refused.notFound("No credential " + Lookup.shown(id)));
    }

    private static Refused refusal(Safe.Kept kept) {
        return switch (kept) {
            case Safe.Kept.Full full ->
                Refused.invalid("auth: the secrets of a vault may have " + full.maxBytes()
                        + " bytes together; use another vault");
            case Safe.Kept.Gone gone -> Vaults.busy();
            case Safe.Kept.Done done -> throw new IllegalStateException("nothing was refused");
        };
    }

    private static ObjectNode view(Credential credential) {
        Resource document = credential.document();
        JsonNode body = document.body();
        ObjectNode view = Json.object()
                .put("id", credential.id().text())
                .put("type", Credential.KIND)
                .put("vault_id", credential.vault().id().text());
        view.set("display_name", body.get("display_name"));
        view.set("metadata", body.get("metadata"));
        view.set("auth", body.get("auth"));
        return view.put("created_at", document.createdAt().toString())
                .put("updated_at", document.updatedAt().toString())
                .put(
                        "archived_at",
                        credential.archivedAt() == null
                                ? null
                                : credential.archivedAt().toString());
    }
}
