package io.dormouse.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.Fields;
import io.dormouse.edge.Pages;
import io.dormouse.id.Sha256;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.wire.ApiError;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Environments: what a sandbox has installed and whom it may talk to. A name belongs to one live environment of a workspace;
 * the document {@code environment_name} claims it before the environment is written, and counts only as long as that
 * environment is live and bears the name.
 */
@Singleton
public final class Environments {
    private static final String KIND = "environment";
    private static final String NAME_KIND = "environment_name";
    private static final String PREFIX = "env_";
    private static final int MAX_NAME = 256;
    private static final int MAX_DESCRIPTION = 1024;
    private static final int MAX_HOSTS = 500;
    private static final int MAX_PACKAGES = 500;
    private static final List<String> PACKAGE_LISTS = List.of("apt", "cargo", "gem", "go", "npm", "pip");
    /** For so long a claim counts whose environment is not written yet; after that its writer is taken for dead. */
    private static final Duration CLAIM = Duration.ofSeconds(60);

    private final Resources resources;
    private final InstantSource clock;

    public Environments(Resources resources, InstantSource clock) {
        this.resources = resources;
        this.clock = clock;
    }

    // ---- handlers

    Answer create(Call call) {
        Fields fields = Fields.of(call.body());
        ObjectNode body = Json.object()
                .put("name", fields.text("name", 1, MAX_NAME))
                .put("description", fields.textOrNull("description", MAX_DESCRIPTION));
        body.set("config", config(fields, null));
        body.set("metadata", fields.metadata());
        body.put("scope", fields.oneOf("scope", "organization", List.of("organization", "account")));
        Resource environment = Resource.of(call.workspace(), KIND, call.ids().next(PREFIX), now(), body);
        claim(call.workspace(), environment.id(), name(body));
        return Answer.ok(
                switch (resources.create(environment)) {
                    case Resources.Saved.Done done -> view(done.resource());
                    // An earlier attempt at this request, see Call.ids.
                    case Resources.Saved.Taken taken -> view(taken.current());
                    case Resources.Saved.Gone gone -> throw new IllegalStateException("create found nothing");
                });
    }

    Answer get(Call call) {
        return Answer.ok(view(find(call)));
    }

    Answer list(Call call) {
        boolean archived = call.query().flag("include_archived", false);
        return Answer.ok(Pages.fixed(call, "environments", false, 20, 1000)
                .answer(query -> resources.list(call.workspace(), KIND, query), "", archived, Environments::view));
    }

    Answer update(Call call) {
        Fields patch = Fields.of(call.body());
        for (int attempt = 0; attempt < 5; attempt++) {
            Resource current = find(call);
            if (current.archivedAt() != null)
                throw new Refused(new ApiError.Invalid(
                        "Environment " + current.id() + " is archived and cannot be changed", "environment_archived"));
            ObjectNode before = (ObjectNode) current.body();
            ObjectNode after = before.deepCopy();
            if (patch.given("name")) after.put("name", patch.text("name", 1, MAX_NAME));
            if (patch.has("description")) after.put("description", patch.textOrNull("description", MAX_DESCRIPTION));
            if (patch.given("config")) after.set("config", config(patch, before.get("config")));
            after.set("metadata", patch.metadata((ObjectNode) before.get("metadata"), true));
            after.put("scope", patch.oneOf("scope", before.path("scope").asText(), List.of("organization", "account")));
            if (after.equals(before)) return Answer.ok(view(current));
            boolean renamed = !name(after).equals(name(before));
            if (renamed) claim(call.workspace(), current.id(), name(after));
            if (resources.swap(current, current.with(after, now())) instanceof Resources.Saved.Done done) {
                if (renamed) release(call.workspace(), current.id(), name(before));
                return Answer.ok(view(done.resource()));
            }
        }
        throw busy();
    }

    Answer archive(Call call) {
        for (int attempt = 0; attempt < 5; attempt++) {
            Resource current = find(call);
            if (current.archivedAt() != null) return Answer.ok(view(current));
            if (resources.swap(current, current.archived(now())) instanceof Resources.Saved.Done done)
                return Answer.ok(view(done.resource()));
        }
        throw busy();
    }

    Answer delete(Call call) {
        Resource current = find(call);
        resources.delete(call.workspace(), KIND, current.id());
        release(call.workspace(), current.id(), name(current.body()));
        return Answer.ok(Json.object().put("id", current.id()).put("type", "environment_deleted"));
    }

    /** The environment of a new session, as {@code GET} shows it. Refuses an archived one. */
    public ObjectNode usable(WorkspaceId workspace, String id) {
        Resource environment = Lookup.find(resources, workspace, KIND, PREFIX, id);
        if (environment.archivedAt() != null)
            throw new Refused(new ApiError.Invalid(
                    "environment_id: " + environment.id() + " is archived", "environment_archived"));
        return view(environment);
    }

    // ---- names

    private void claim(WorkspaceId workspace, String environment, String name) {
        Instant now = now();
        ObjectNode body = Json.object().put("environment", environment);
        Resource fresh = Resource.of(workspace, NAME_KIND, Sha256.hex(name), now, body);
        Resources.Saved saved = resources.create(fresh);
        for (int round = 0; round < 8; round++) {
            switch (saved) {
                case Resources.Saved.Done done -> {
                    return;
                }
                case Resources.Saved.Gone gone -> saved = resources.create(fresh);
                case Resources.Saved.Taken taken -> {
                    Resource claim = taken.current();
                    String holder = Json.textOrNull(claim.body(), "environment");
                    if (environment.equals(holder)) return;
                    if (holder != null && holds(workspace, holder, name, claim, now))
                        throw new Refused(new ApiError.Conflict("name: an environment with this name exists already"));
                    saved = resources.swap(claim, claim.with(body, now));
                }
            }
        }
        throw busy();
    }

    private boolean holds(WorkspaceId workspace, String holder, String name, Resource claim, Instant now) {
        Resource environment = resources.read(workspace, KIND, holder).orElse(null);
        if (environment != null && environment.archivedAt() != null) return false;
        boolean bearsIt = environment != null && name(environment.body()).equals(name);
        return bearsIt || claim.updatedAt().plus(CLAIM).isAfter(now);
    }

    /** Frees a name at once that would else be free a minute after its claim. */
    private void release(WorkspaceId workspace, String environment, String name) {
        resources
                .read(workspace, NAME_KIND, Sha256.hex(name))
                .filter(claim -> environment.equals(Json.textOrNull(claim.body(), "environment")))
                .ifPresent(
                        claim -> resources.swap(claim, claim.with(Json.object().putNull("environment"), now())));
    }

    // ---- rules

    /** @param before null for a new environment; else what is absent stays as it was */
    private static ObjectNode config(Fields fields, JsonNode before) {
        Fields config = fields.objectOrNull("config");
        String type = config == null ? "cloud" : config.oneOf("type", List.of("cloud", "self_hosted"));
        if (before != null && !type.equals(before.path("type").asText()))
            throw new Refused(new ApiError.Invalid("config.type: cannot be changed", "invalid_config_type_change"));
        ObjectNode after = Json.object().put("type", type);
        if (type.equals("self_hosted")) {
            // Silence here would leave somebody with a fence that is not there.
            for (String field : List.of("networking", "packages"))
                if (config.given(field)) throw config.refuse(field, "is the host's own affair under self_hosted");
            return after;
        }
        Fields networking = config == null ? null : config.objectOrNull("networking");
        Fields packages = config == null ? null : config.objectOrNull("packages");
        after.set("networking", networking(networking, before == null ? null : before.get("networking")));
        after.set("packages", packages(packages, before == null ? null : before.get("packages")));
        boolean limited = after.path("networking").path("type").asText().equals("limited");
        if (limited && !after.path("networking").path("allow_package_managers").asBoolean())
            for (JsonNode list : after.path("packages"))
                if (list.isArray() && !list.isEmpty())
                    throw Refused.invalid(
                            "config.packages: need networking.allow_package_managers under limited networking");
        return after;
    }

    private static ObjectNode networking(Fields given, JsonNode before) {
        if (given == null) return before == null ? Json.object().put("type", "unrestricted") : before.deepCopy();
        String type = given.oneOf("type", List.of("unrestricted", "limited"));
        ObjectNode after = Json.object().put("type", type);
        if (type.equals("unrestricted")) return after;
        JsonNode kept = before != null && before.path("type").asText().equals("limited") ? before : Json.object();
        if (given.given("allowed_hosts")) {
            List<String> hosts = given.texts("allowed_hosts", MAX_HOSTS, 255);
            ArrayNode list = after.putArray("allowed_hosts");
            for (int i = 0; i < hosts.size(); i++) {
                if (!isHost(hosts.get(i)))
                    throw given.refuse("allowed_hosts." + i, "must be a host name, or *. and a host name");
                list.add(hosts.get(i));
            }
        } else {
            after.set("allowed_hosts", kept.path("allowed_hosts").isArray() ? kept.get("allowed_hosts") : Json.array());
        }
        for (String flag : List.of("allow_mcp_servers", "allow_package_managers"))
            after.put(flag, given.flag(flag, kept.path(flag).asBoolean()));
        return after;
    }

    /** Letters, digits, dots, dashes, perhaps after {@code *.}, perhaps with a port; an IPv4 address looks like that too. */
    private static boolean isHost(String text) {
        int colon = text.indexOf(':');
        if (colon >= 0 && !isPort(text.substring(colon + 1))) return false;
        String host = text.substring(text.startsWith("*.") ? 2 : 0, colon < 0 ? text.length() : colon);
        if (host.isEmpty() || host.startsWith(".") || host.endsWith(".") || host.startsWith("-")) return false;
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (!(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || ".-_".indexOf(c) >= 0))
                return false;
        }
        return !host.contains("..");
    }

    private static boolean isPort(String text) {
        if (text.isEmpty() || text.length() > 5) return false;
        for (int i = 0; i < text.length(); i++) if (text.charAt(i) < '0' || text.charAt(i) > '9') return false;
        return true;
    }

    private static ObjectNode packages(Fields given, JsonNode before) {
        ObjectNode after = Json.object().put("type", "packages");
        if (given != null) given.oneOf("type", "packages", List.of("packages"));
        for (String list : PACKAGE_LISTS) {
            if (given == null || !given.given(list)) {
                after.set(list, before == null ? Json.array() : before.get(list));
                continue;
            }
            List<String> names = given.texts(list, MAX_PACKAGES, 255);
            ArrayNode kept = after.putArray(list);
            for (int i = 0; i < names.size(); i++) {
                if (!isPackage(names.get(i)))
                    throw given.refuse(list + "." + i, "must be a package name, without spaces or options");
                kept.add(names.get(i));
            }
        }
        return after;
    }

    /** A package manager gets these as arguments: none may look like an option. */
    private static boolean isPackage(String name) {
        if (name.startsWith("-")) return false;
        for (int i = 0; i < name.length(); i++) if (name.charAt(i) <= ' ' || name.charAt(i) == 127) return false;
        return true;
    }

    // ---- documents

    private Resource find(Call call) {
        return Lookup.find(resources, call.workspace(), KIND, PREFIX, call.parameter("id"));
    }

    private static ObjectNode view(Resource environment) {
        ObjectNode view = Json.object().put("id", environment.id()).put("type", KIND);
        view.setAll((ObjectNode) environment.body());
        return view.put("created_at", environment.createdAt().toString())
                .put("updated_at", environment.updatedAt().toString())
                .put(
                        "archived_at",
                        environment.archivedAt() == null
                                ? null
                                : environment.archivedAt().toString());
    }

    private static String name(JsonNode body) {
        return body.path("name").asText();
    }

    private static Refused busy() {
        return new Refused(new ApiError.Conflict("The environment is being changed by others", null, true));
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
