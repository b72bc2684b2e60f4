package io.dormouse.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.api.SessionFinder.Found;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.Fields;
import io.dormouse.edge.Pages;
import io.dormouse.edge.Query;
import io.dormouse.files.Mounts;
import io.dormouse.harness.Wakes;
import io.dormouse.head.Head;
import io.dormouse.head.Head.Posting;
import io.dormouse.head.Heads;
import io.dormouse.head.Heads.Swapped;
import io.dormouse.id.SessionId;
import io.dormouse.id.VaultId;
import io.dormouse.json.Json;
import io.dormouse.outbound.HostRule;
import io.dormouse.outbound.Networking;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.resource.Spill;
import io.dormouse.session.Budget;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.SessionLog;
import io.dormouse.vault.Auth;
import io.dormouse.vault.Credential;
import io.dormouse.wire.Feed;
import io.dormouse.wire.Refused;
import io.dormouse.wire.UsageView;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * {@code /v1/sessions}. What a session is made with is a stored document; what happens to it is in its log; the head tells
 * its state. A session exists from the moment its head does, which is written last.
 */
@Singleton
public final class Sessions {
    private static final int MAX_TITLE = 500;
    private static final List<String> STATUSES = List.of("idle", "running", "rescheduling", "terminated");

    private final Resources resources;
    private final Heads heads;
    private final SessionLog log;
    private final Spill spill;
    private final Wakes wakes;
    private final Feed feed;
    private final InstantSource clock;
    private final Agents agents;
    private final Environments environments;
    private final Vaults vaults;
    private final SessionFinder finder;
    private final Posts posts;
    private final SessionResources attached;
    private final Budgets budgets;

    Sessions(
            Resources resources,
            Heads heads,
            SessionLog log,
            Spill spill,
            Wakes wakes,
            Feed feed,
            InstantSource clock,
            Agents agents,
            Environments environments,
            Vaults vaults,
            SessionFinder finder,
            Posts posts,
            SessionResources attached,
            Budgets budgets) {
        this.resources = resources;
        this.heads = heads;
        this.log = log;
        this.spill = spill;
        this.wakes = wakes;
        this.feed = feed;
        this.clock = clock;
        this.agents = agents;
        this.environments = environments;
        this.vaults = vaults;
        this.finder = finder;
        this.posts = posts;
        this.attached = attached;
        this.budgets = budgets;
    }

    public Answer create(Call call) {
        Fields body = Fields.of(call.body());
        // In a fixed order: a second attempt of the same request makes the same ids.
        SessionId id = call.ids().session();
        String nonce = call.ids().next();
        List<Input> initial = new Inputs(call.ids(), spill, id.primaryThread()).initial(body);
        ObjectNode agent = agents.resolve(call.workspace(), body, "agent");
        ObjectNode environment = environment(call, body.text("environment_id", 1, 200));
        List<VaultId> vaultIds = vaults.usable(call.workspace(), body);
        Budget budget = budgets.read(body, agent);
        Instant now = clock.instant();
        ObjectNode document = Json.object();
        document.set("agent", agent);
        document.put("environment_id", environment.path("id").asText());
        document.put("title", body.textOrNull("title", MAX_TITLE));
        document.set("metadata", body.metadata());
        // Older documents do not have it, which means none.
        if (!vaultIds.isEmpty()) document.set("vault_ids", Json.MAPPER.valueToTree(vaultIds));

        Head head = started(Head.fresh(call.workspace(), id, budget, now), initial, now);
        // What an attempt that died has stored counts, maybe with an older version of the agent: it has its files and
        // tokens, which nothing that this attempt finds amiss may take away.
        Resource session = (call.again()
                        ? resources.read(call.workspace(), SessionFinder.KIND, id.text())
                        : Optional.<Resource>empty())
                .orElseGet(() -> stored(call, id, body, document, now));
        log.append(
                head.thread(),
                new Entry(
                        1,
                        0,
                        nonce,
                        now,
                        List.of(new Fact.SessionBegan(
                                session.body().get("agent"),
                                unreachable(call, environment.path("config"), vaultIds),
                                budget))));
        if (!heads.create(head)) head = heads.read(head.thread()).orElseThrow(() -> SessionFinder.missing(id.text()));
        if (head.owes()) wakes.send(head);
        return Answer.ok(view(new Found(session, head)));
    }

    /** Nothing is refused after this. */
    private Resource stored(Call call, SessionId id, Fields body, ObjectNode document, Instant now) {
        document.set(Mounts.FIELD, attached.attach(call, id, body));
        return switch (resources.create(Resource.of(call.workspace(), SessionFinder.KIND, id.text(), now, document))) {
            case Resources.Saved.Done done -> done.resource();
            case Resources.Saved.Taken taken -> taken.current();
            case Resources.Saved.Gone gone -> throw new IllegalStateException("a new document is never gone");
        };
    }

    private static Head started(Head fresh, List<Input> initial, Instant now) {
        if (initial.isEmpty()) return fresh;
        return switch (fresh.post(initial, now)) {
            case Posting.Accepted accepted -> accepted.next();
            case Posting.Ignored ignored -> fresh;
            case Posting.Refused refused -> throw Posts.refusal(refused);
        };
    }

    private ObjectNode environment(Call call, String id) {
        ObjectNode environment = environments.usable(call.workspace(), id);
        if (environment.path("config").path("type").asText().equals("self_hosted"))
            throw Refused.invalid("environment_id: self_hosted environments are not supported by this server yet");
        return environment;
    }

    /** Variables that are meant for hosts which the environment does not allow: the session is told, and goes on. */
    private List<Fact.Unreachable> unreachable(Call call, JsonNode config, List<VaultId> attached) {
        Networking networking = Networking.of(config.path("networking"));
        List<Fact.Unreachable> unreachable = new ArrayList<>();
        for (VaultId vault : attached)
            for (Credential credential : vaults.documents().live(call.workspace(), vault))
                if (credential.auth() instanceof Auth.EnvironmentVariable variable) {
                    List<HostRule> out = variable.hosts().outOf(networking);
                    if (!out.isEmpty())
                        unreachable.add(new Fact.Unreachable(
                                vault,
                                credential.id(),
                                "The environment's networking does not allow "
                                        + String.join(
                                                ", ",
                                                out.stream()
                                                        .map(HostRule::toString)
                                                        .toList())
                                        + ", for which " + variable.name() + " is meant."));
                }
        return unreachable;
    }

    public Answer get(Call call) {
        return Answer.ok(view(finder.find(call)));
    }

    public Answer list(Call call) {
        Query query = call.query();
        Pages pages = Pages.ordered(call, "sessions", false, 20, 1000);
        boolean archived = query.flag("include_archived", false);
        List<String> statuses = query.texts("statuses", STATUSES);
        String agent = query.text("agent_id");
        int version = query.integer("agent_version", 0, 1, Integer.MAX_VALUE);
        // There are neither deployments nor memory stores, so nothing is of one.
        boolean none = query.text("deployment_id") != null || query.text("memory_store_id") != null;
        Map<String, Head> seen = new HashMap<>();
        Predicate<Resource> wanted = document -> {
            JsonNode snapshot = document.body().path("agent");
            boolean agents = agent == null
                    || agent.equals(snapshot.path("id").asText())
                            && (version == 0
                                    || version == snapshot.path("version").asInt());
            if (!agents) return false;
            Optional<Head> head = heads.read(new SessionId(document.id()).primaryThread());
            if (head.isEmpty()
                    || head.get().deleted()
                    || !archived && head.get().archivedAt() != null) return false;
            if (!statuses.isEmpty() && !statuses.contains(status(head.get()))) return false;
            seen.put(document.id(), head.get());
            return true;
        };
        return Answer.ok(pages.answer(
                q -> none ? List.of() : resources.list(call.workspace(), SessionFinder.KIND, q),
                "",
                archived,
                wanted,
                document -> view(new Found(document, seen.get(document.id()))),
                true));
    }

    public Answer update(Call call) {
        Found found = finder.find(call);
        if (found.head().archivedAt() != null)
            throw Refused.invalid("The session " + found.document().id() + " is archived and cannot be changed");
        Fields body = Fields.of(call.body());
        if (body.given("vault_ids")) throw body.refuse("vault_ids", "cannot be changed after a session is made");
        Budget budget = budgets.read(body, found.document().body().get("agent"));
        Resource before = found.document();
        Head head = found.head();
        while (true) {
            ObjectNode after = before.body().deepCopy();
            ObjectNode changes = changes(body, before.body(), after);
            // What a session may spend is in its head, which decides about it.
            if (body.has("budget") && !Objects.equals(budget, head.budget()))
                changes.set("budget", budget == null ? null : budget.wire());
            if (changes.isEmpty()) return Answer.ok(view(new Found(before, head)));
            posts.post(call, head, List.of(new Input.Updated(call.ids().event(), changes)));
            if (after.equals(before.body())) return get(call);
            switch (resources.swap(before, before.with(after, clock.instant()))) {
                case Resources.Saved.Done done -> {
                    return get(call);
                }
                case Resources.Saved.Taken taken -> {
                    before = taken.current();
                    head = finder.head(call);
                }
                case Resources.Saved.Gone gone -> throw SessionFinder.missing(call);
            }
        }
    }

    /** What the request changes, as {@code session.updated} tells it; {@code after} gets the same changes. */
    private static ObjectNode changes(Fields body, JsonNode before, ObjectNode after) {
        ObjectNode changes = Json.object();
        if (body.has("title")) {
            String title = body.textOrNull("title", MAX_TITLE);
            after.put("title", title);
            if (!after.get("title").equals(before.get("title"))) changes.put("title", title);
        }
        ObjectNode metadata = body.metadata((ObjectNode) before.get("metadata"), false);
        if (!metadata.equals(before.get("metadata"))) {
            after.set("metadata", metadata);
            changes.set("metadata", metadata);
        }
        Fields patch = body.objectOrNull("agent");
        if (patch == null) return changes;
        for (String fixed : List.of("name", "description", "model", "system", "skills", "multiagent"))
            if (patch.given(fixed))
                throw patch.refuse(fixed, "cannot be changed in a session; only tools and mcp_servers can");
        ObjectNode agent = ((ObjectNode) before.get("agent")).deepCopy();
        if (patch.has("tools")) agent.set("tools", Tools.resolve(patch.objects("tools", Tools.MAX_TOOLS)));
        if (patch.has("mcp_servers"))
            agent.set("mcp_servers", Tools.servers(patch.objects("mcp_servers", Tools.MAX_SERVERS)));
        Agents.check(agent);
        if (!agent.equals(before.get("agent"))) {
            after.set("agent", agent);
            changes.set("agent", agent);
        }
        return changes;
    }

    public Answer archive(Call call) {
        Found found = finder.find(call);
        if (found.head().archivedAt() == null) {
            try {
                posts.post(
                        call,
                        found.head(),
                        List.of(new Input.Archived(call.ids().event())));
            } catch (Refused refused) {
                // Somebody else was faster: that is what was wanted.
                if (finder.head(call).archivedAt() == null) throw refused;
            }
        }
        // The document knows it too, so that lists pass over it cheaply; the head is what counts.
        Resource document = found.document();
        while (document.archivedAt() == null) {
            switch (resources.swap(document, document.archived(clock.instant()))) {
                case Resources.Saved.Done done -> document = done.resource();
                case Resources.Saved.Taken taken -> document = taken.current();
                case Resources.Saved.Gone gone -> throw SessionFinder.missing(call);
            }
        }
        // Nothing may leave on behalf of an archived session: what opens its repositories is not needed any more.
        attached.end(new SessionId(document.id()), SessionResources.stored(document.body()));
        return get(call);
    }

    public Answer delete(Call call) {
        Head head = finder.remains(call);
        boolean deletedBefore = head.deleted();
        while (!head.deleted()) {
            Optional<Head> deleted = head.delete(clock.instant());
            if (deleted.isEmpty())
                throw Refused.invalid(
                        "The session " + head.session() + " is running. Interrupt it, or wait until it is idle.");
            switch (heads.swap(head, deleted.get())) {
                case Swapped.Done done -> head = deleted.get();
                case Swapped.Changed changed -> head = changed.current();
            }
        }
        Optional<Resource> document = resources.read(
                call.workspace(), SessionFinder.KIND, head.session().text());
        // Before the document goes: it alone says what there is to release. An attempt that died after its swap
        // left the document, and this one brings the deletion to its end.
        document.ifPresent(gone ->
                attached.release(call.workspace(), new SessionId(gone.id()), SessionResources.stored(gone.body())));
        boolean there = resources.delete(
                call.workspace(), SessionFinder.KIND, head.session().text());
        if (deletedBefore && !there) throw SessionFinder.missing(call);
        feed.appended(head.thread());
        // The log and the hand with its files go by a wake, so that a crash here leaves nothing behind.
        wakes.send(head);
        return Answer.ok(Json.object().put("id", head.session().text()).put("type", "session_deleted"));
    }

    private ObjectNode view(Found found) {
        Resource document = found.document();
        Head head = found.head();
        Instant now = clock.instant();
        long active = head.active(now).toMillis();
        ObjectNode view = Json.object().put("id", document.id()).put("type", "session");
        view.set("agent", document.body().get("agent"));
        view.put("environment_id", document.body().path("environment_id").asText());
        view.put("status", status(head));
        view.set("title", document.body().get("title"));
        view.set("metadata", document.body().get("metadata"));
        view.set("resources", SessionResources.view(document.body()));
        JsonNode vaultIds = document.body().path("vault_ids");
        view.set("vault_ids", vaultIds.isArray() ? vaultIds : Json.array());
        view.putNull("deployment_id");
        view.set("budget", head.budget() == null ? null : head.budget().wire());
        view.putArray("outcome_evaluations");
        view.putObject("stats")
                .put("active_seconds", UsageView.seconds(active))
                .put("duration_seconds", UsageView.seconds(lived(head, now)));
        view.set("usage", UsageView.of(head.snapshot().usage(), active));
        Instant updated = head.updatedAt().isAfter(document.updatedAt()) ? head.updatedAt() : document.updatedAt();
        return view.put("created_at", document.createdAt().toString())
                .put("updated_at", updated.toString())
                .put(
                        "archived_at",
                        head.archivedAt() == null ? null : head.archivedAt().toString());
    }

    private static String status(Head head) {
        return head.status().name().toLowerCase(Locale.ROOT);
    }

    /** Milliseconds from a session's beginning to its end, or to now. */
    static long lived(Head head, Instant now) {
        Instant end = head.archivedAt() == null ? now : head.archivedAt();
        return Math.max(0, Duration.between(head.createdAt(), end).toMillis());
    }
}
