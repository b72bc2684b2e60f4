package io.dormouse.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.Fields;
import io.dormouse.edge.Pages;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.wire.ApiError;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * Agents and their versions. The document {@code agent} holds the current version. Before an update replaces it, it is
 * copied to {@code agent_version}; so every older version has a copy, and a crash in between leaves one too many, which is
 * equal to the current one and does no harm.
 */
@Singleton
public final class Agents {
    private static final String KIND = "agent";
    private static final String VERSION_KIND = "agent_version";
    private static final String PREFIX = "agent_";
    private static final int MAX_NAME = 256;
    private static final int MAX_DESCRIPTION = 2048;
    private static final int MAX_SYSTEM = 100_000;
    private static final int MAX_SKILLS = 20;
    /** Of one agent's configuration as JSON: what its parts allow together is more than a document may hold. */
    private static final int MAX_BYTES = 2_000_000;

    private final Resources resources;
    private final InstantSource clock;
    private final Models models;

    public Agents(Resources resources, InstantSource clock, Models models) {
        this.resources = resources;
        this.clock = clock;
        this.models = models;
    }

    // ---- handlers

    Answer create(Call call) {
        ObjectNode body = created(Fields.of(call.body()));
        Resource agent = Resource.of(call.workspace(), KIND, call.ids().next(PREFIX), now(), body);
        return Answer.ok(
                switch (resources.create(agent)) {
                    case Resources.Saved.Done done -> view(done.resource());
                    // An earlier attempt at this request, see Call.ids.
                    case Resources.Saved.Taken taken -> view(taken.current());
                    case Resources.Saved.Gone gone -> throw new IllegalStateException("create found nothing");
                });
    }

    Answer get(Call call) {
        int version = call.query().integer("version", 0, 1, Integer.MAX_VALUE);
        return Answer.ok(version(call.workspace(), call.parameter("id"), version));
    }

    Answer list(Call call) {
        boolean archived = call.query().flag("include_archived", false);
        return Answer.ok(Pages.fixed(call, "agents", false, 20, 100)
                .answer(query -> resources.list(call.workspace(), KIND, query), "", archived, Agents::view));
    }

    Answer versions(Call call) {
        Resource agent = find(call.workspace(), call.parameter("id"));
        Resource current = copy(agent);
        Pages.Source newestFirst = query -> {
            List<Resource> older = resources.list(call.workspace(), VERSION_KIND, query);
            if (query.after() != null) return older;
            List<Resource> all = new ArrayList<>(older.size() + 1);
            all.add(current);
            for (Resource version : older) if (!version.id().equals(current.id())) all.add(version);
            return all.size() > query.limit() ? all.subList(0, query.limit()) : all;
        };
        return Answer.ok(Pages.fixed(call, "agents/" + agent.id() + "/versions", false, 20, 100)
                .answer(newestFirst, agent.id() + "#", true, version -> view(agent, version)));
    }

    Answer update(Call call) {
        Fields patch = Fields.of(call.body());
        Integer expected = patch.integerOrNull("version", 1, Integer.MAX_VALUE);
        for (int attempt = 0; attempt < 5; attempt++) {
            Resource current = find(call.workspace(), call.parameter("id"));
            if (current.archivedAt() != null)
                throw Refused.invalid("Agent " + current.id() + " is archived and cannot be changed");
            int version = number(current.body());
            ObjectNode next = patched((ObjectNode) current.body(), patch);
            boolean changes = !next.equals(current.body());
            // A client that did not hear the answer sends the same update again: that is no conflict.
            boolean repeated = !changes && expected != null && expected == version - 1;
            if (expected != null && expected != version && !repeated)
                throw new Refused(
                        new ApiError.Conflict("version: the agent is at version " + version + ", not " + expected));
            if (!changes) return Answer.ok(view(current));
            resources.create(copy(current));
            Instant now = now();
            Resource after = current.with(
                    next.put("version", version + 1), now.isBefore(current.updatedAt()) ? current.updatedAt() : now);
            if (resources.swap(current, after) instanceof Resources.Saved.Done done)
                return Answer.ok(view(done.resource()));
        }
        throw new Refused(new ApiError.Conflict("The agent is being changed by others", null, true));
    }

    Answer archive(Call call) {
        for (int attempt = 0; attempt < 5; attempt++) {
            Resource current = find(call.workspace(), call.parameter("id"));
            if (current.archivedAt() != null) return Answer.ok(view(current));
            if (resources.swap(current, current.archived(now())) instanceof Resources.Saved.Done done)
                return Answer.ok(view(done.resource()));
        }
        throw new Refused(new ApiError.Conflict("The agent is being changed by others", null, true));
    }

    // ---- for sessions

    /**
     * The agent of a new session: resolves the field {@code name} of {@code body}, which is an id, {@code {type:"agent",…}} or
     * {@code {type:"agent_with_overrides",…}}, to the snapshot that the session keeps. Refuses an archived agent.
     */
    public ObjectNode resolve(WorkspaceId workspace, Fields body, String name) {
        JsonNode given = body.raw(name);
        if (given != null && given.isTextual()) return snapshot(usable(workspace, given.textValue(), 0));
        Fields reference = body.object(name);
        String type = reference.oneOf("type", List.of("agent", "agent_with_overrides"));
        Integer version = reference.integerOrNull("version", 1, Integer.MAX_VALUE);
        String id = reference.text("id", 1, 128);
        ObjectNode snapshot = snapshot(usable(workspace, id, version == null ? 0 : version));
        return type.equals("agent") ? snapshot : overridden(snapshot, reference);
    }

    private ObjectNode usable(WorkspaceId workspace, String id, int version) {
        ObjectNode agent = version(workspace, id, version);
        if (!agent.path("archived_at").isNull()) throw Refused.invalid("agent: " + id + " is archived");
        return agent;
    }

    /** What a session keeps of an agent. @param agent as {@code GET /v1/agents/{id}} shows it */
    static ObjectNode snapshot(ObjectNode agent) {
        ObjectNode snapshot = Json.object().put("type", KIND);
        for (String field : List.of(
                "id",
                "version",
                "name",
                "description",
                "model",
                "system",
                "tools",
                "mcp_servers",
                "skills",
                "multiagent",
                "execution_identity")) snapshot.set(field, agent.get(field));
        return snapshot;
    }

    /** Overrides replace, they never merge; null or an empty list clears, but there is no agent without a model. */
    ObjectNode overridden(ObjectNode snapshot, Fields overrides) {
        ObjectNode after = snapshot.deepCopy();
        configure(after, overrides);
        if (after.path("tools").isEmpty() && !after.path("skills").isEmpty())
            throw overrides.refuse("tools", "cannot be empty while there are skills");
        check(after);
        return after;
    }

    // ---- rules

    private ObjectNode created(Fields fields) {
        ObjectNode agent = Json.object().put("version", 1);
        agent.put("name", fields.text("name", 1, MAX_NAME))
                .putNull("description")
                .putNull("system");
        agent.set("model", models.resolve(fields));
        agent.putArray("tools");
        agent.putArray("mcp_servers");
        agent.putArray("skills");
        agent.putNull("multiagent");
        agent.putObject("execution_identity").put("type", "service_account");
        agent.putObject("metadata");
        return patched(agent, fields);
    }

    /** The configuration after a patch: what is absent stays, null clears what can be cleared. */
    private ObjectNode patched(ObjectNode before, Fields patch) {
        ObjectNode after = before.deepCopy();
        if (patch.has("name")) after.put("name", patch.text("name", 1, MAX_NAME));
        if (patch.has("description")) after.put("description", patch.textOrNull("description", MAX_DESCRIPTION));
        configure(after, patch);
        Fields identity = patch.objectOrNull("execution_identity");
        if (identity != null
                && identity.oneOf("type", List.of("service_account", "aws_role"))
                        .equals("aws_role"))
            throw identity.refuse("type", "aws_role is not supported yet; use service_account");
        after.set("metadata", patch.metadata((ObjectNode) before.get("metadata"), false));
        check(after);
        return after;
    }

    /** The fields that an update and a session's overrides have in common. */
    private void configure(ObjectNode agent, Fields fields) {
        if (fields.has("system")) agent.put("system", fields.textOrNull("system", MAX_SYSTEM));
        if (fields.has("model")) agent.set("model", models.resolve(fields));
        if (fields.has("tools")) agent.set("tools", Tools.resolve(fields.objects("tools", Tools.MAX_TOOLS)));
        if (fields.has("mcp_servers"))
            agent.set("mcp_servers", Tools.servers(fields.objects("mcp_servers", Tools.MAX_SERVERS)));
        for (Fields skill : fields.objects("skills", MAX_SKILLS)) {
            skill.oneOf("type", List.of("anthropic", "custom"));
            skill.text("skill_id", 1, 64);
            throw fields.refuse("skills", "are not supported yet");
        }
        if (fields.objectOrNull("multiagent") != null) throw fields.refuse("multiagent", "is not supported yet");
    }

    static void check(ObjectNode agent) {
        Tools.check(agent.path("tools"), agent.path("mcp_servers"));
        if (Json.bytes(agent).length > MAX_BYTES)
            throw Refused.invalid("The agent's configuration has more than " + MAX_BYTES + " bytes");
    }

    // ---- documents

    private Resource find(WorkspaceId workspace, String id) {
        return Lookup.find(resources, workspace, KIND, PREFIX, id);
    }

    /** @param version 0 for the current one */
    private ObjectNode version(WorkspaceId workspace, String id, int version) {
        Resource agent = find(workspace, id);
        int current = number(agent.body());
        if (version == 0 || version == current) return view(agent);
        if (version < current)
            return view(
                    agent,
                    resources
                            .read(workspace, VERSION_KIND, versionId(id, version))
                            .orElseThrow(() -> new IllegalStateException(id + " has lost version " + version)));
        throw Refused.notFound("Agent " + id + " has no version " + version);
    }

    /** The document of a version. It was made when the agent came to it, so that versions list in their order. */
    private static Resource copy(Resource agent) {
        return Resource.of(
                agent.workspace(),
                VERSION_KIND,
                versionId(agent.id(), number(agent.body())),
                agent.updatedAt(),
                agent.body());
    }

    private static String versionId(String agent, int version) {
        String digits = Integer.toString(version);
        return agent + "#v" + "0".repeat(10 - digits.length()) + digits;
    }

    private static int number(JsonNode body) {
        return body.path("version").asInt();
    }

    private static ObjectNode view(Resource agent) {
        return view(agent, agent.body(), agent.updatedAt());
    }

    private static ObjectNode view(Resource agent, Resource version) {
        return view(agent, version.body(), version.createdAt());
    }

    private static ObjectNode view(Resource agent, JsonNode body, Instant updatedAt) {
        ObjectNode view = Json.object().put("id", agent.id()).put("type", KIND);
        view.setAll((ObjectNode) body);
        return view.put("created_at", agent.createdAt().toString())
                .put("updated_at", updatedAt.toString())
                .put(
                        "archived_at",
                        agent.archivedAt() == null ? null : agent.archivedAt().toString());
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
