package io.dormouse.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.api.SessionFinder.Found;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.Fields;
import io.dormouse.edge.Query;
import io.dormouse.files.FileStore;
import io.dormouse.files.Mounts;
import io.dormouse.files.StoredFile;
import io.dormouse.git.Repository;
import io.dormouse.id.FileId;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * {@code /v1/sessions/{id}/resources}. They are a part of the session's document, in the order of their creation. A file is
 * mounted as it was: the session pins its content, and keeps it when the file is deleted.
 */
@Singleton
public final class SessionResources {
    private static final int MAX = 999;
    private static final int MAX_PATH_CHARS = 4096;

    private final SessionFinder finder;
    private final Resources resources;
    private final FileStore files;
    private final SessionRepositories repositories;
    private final InstantSource clock;

    SessionResources(
            SessionFinder finder,
            Resources resources,
            FileStore files,
            SessionRepositories repositories,
            InstantSource clock) {
        this.finder = finder;
        this.resources = resources;
        this.files = files;
        this.repositories = repositories;
        this.clock = clock;
    }

    // ---- with the session

    /** What a new session is to have: its files are pinned, and tokens of its repositories kept, when this returns. */
    ArrayNode attach(Call call, SessionId session, Fields body) {
        List<Fields> wanted = body.objects("resources", MAX);
        Mounts mounts = Mounts.of(Json.array());
        List<Wanted> checked = new ArrayList<>();
        List<Repository> cloned = new ArrayList<>();
        for (Fields each : wanted) {
            Wanted next = wanted(call, each, mounts);
            if (next instanceof Wanted.Clone clone) {
                SessionRepositories.apart(each, clone.wanted().repository(), cloned);
                cloned.add(clone.wanted().repository());
            }
            checked.add(next);
        }
        ArrayNode attached = Json.array();
        Instant now = clock.instant();
        try {
            for (Wanted each : checked) attached.add(taken(call.workspace(), session, each, now));
        } catch (RuntimeException refused) {
            release(call.workspace(), session, attached);
            throw refused;
        }
        return attached;
    }

    /** The session is gone, or never came to be: what it alone had is erased. */
    void release(WorkspaceId workspace, SessionId session, JsonNode attached) {
        for (JsonNode resource : attached) if (isFile(resource)) unpin(workspace, resource);
        end(session, attached);
    }

    /** The session has ended: its tokens go. */
    void end(SessionId session, JsonNode attached) {
        if (!Repository.all(attached).isEmpty()) repositories.forget(session);
    }

    private void drop(WorkspaceId workspace, SessionId session, JsonNode resource) {
        if (isFile(resource)) unpin(workspace, resource);
        else repositories.forget(session, resource);
    }

    private static boolean isFile(JsonNode resource) {
        return resource.path("type").asText().equals("file");
    }

    static ArrayNode view(JsonNode document) {
        ArrayNode view = Json.array();
        for (JsonNode resource : stored(document)) view.add(one(resource));
        return view;
    }

    static JsonNode stored(JsonNode document) {
        return document.path(Mounts.FIELD);
    }

    // ---- routes

    public Answer list(Call call) {
        Found found = finder.find(call);
        ArrayNode all = view(found.document().body());
        int from = place(call.query(), all);
        int limit = call.query().integer("limit", 1000, 1, 1000);
        ObjectNode answer = Json.object();
        ArrayNode data = answer.putArray("data");
        int until = Math.min(all.size(), from + limit);
        for (int i = from; i < until; i++) data.add(all.get(i));
        String next = until < all.size() ? all.get(until - 1).path("id").asText() : null;
        return Answer.ok(answer.put("next_page", next == null ? null : cursor(next)));
    }

    private static String cursor(String after) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(after.getBytes(StandardCharsets.UTF_8));
    }

    private static int place(Query query, ArrayNode all) {
        String page = query.text("page");
        if (page == null) return 0;
        // Ids sort by time, and so does the list: also what was removed meanwhile says where the next page begins.
        for (int i = 0; i <= all.size(); i++) {
            try {
                String after = new String(Base64.getUrlDecoder().decode(page), StandardCharsets.UTF_8);
                if (!Lookup.plausible(Mounts.PREFIX, after)) break;
                if (i == all.size() || all.get(i).path("id").asText().compareTo(after) > 0) return i;
            } catch (IllegalArgumentException e) {
                break;
            }
        }
        throw Refused.invalid("page: is not a cursor of this list");
    }

    public Answer get(Call call) {
        return Answer.ok(one(find(finder.find(call).document(), call)));
    }

    public Answer add(Call call) {
        Found found = finder.find(call);
        refuseArchived(found);
        Fields body = Fields.of(call.body());
        body.oneOf("type", List.of("file", Repository.TYPE));
        Resource document = found.document();
        Wanted wanted = wanted(call, body, Mounts.of(Json.array()));
        SessionId session = new SessionId(document.id());
        ObjectNode added = null;
        while (true) {
            // A first attempt that died may have come this far.
            for (JsonNode there : stored(document.body()))
                if (there.path("id").asText().equals(wanted.id())) return Answer.ok(one(there));
            try {
                if (stored(document.body()).size() >= MAX)
                    throw Refused.invalid("The session has " + MAX + " resources, and can have no more");
                switch (wanted) {
                    case Wanted.Mount file -> mount(body, Mounts.of(stored(document.body())), file.mountPath());
                    case Wanted.Clone clone ->
                        SessionRepositories.apart(
                                body, clone.wanted().repository(), Repository.all(stored(document.body())));
                }
                if (added == null) added = taken(call.workspace(), session, wanted, clock.instant());
            } catch (Refused refused) {
                if (added != null) drop(call.workspace(), session, added);
                throw refused;
            }
            ObjectNode after = document.body().deepCopy();
            after.withArray("/" + Mounts.FIELD).add(added);
            switch (resources.swap(document, document.with(after, clock.instant()))) {
                case Resources.Saved.Done done -> {
                    return Answer.ok(one(added));
                }
                case Resources.Saved.Taken taken -> document = taken.current();
                case Resources.Saved.Gone gone -> {
                    drop(call.workspace(), session, added);
                    throw SessionFinder.missing(call);
                }
            }
        }
    }

    /** Only the token of a repository can be changed. */
    public Answer update(Call call) {
        Found found = finder.find(call);
        refuseArchived(found);
        Resource document = found.document();
        SessionId session = new SessionId(document.id());
        if (isFile(find(document, call)))
            throw Refused.invalid(
                    "Only resources of the type github_repository can be updated, and this one is a file");
        JsonNode rotated = repositories.rotated(call, session, find(document, call));
        while (true) {
            JsonNode before = find(document, call);
            Instant now = clock.instant();
            ObjectNode after = document.body().deepCopy();
            for (JsonNode each : after.path(Mounts.FIELD))
                if (each.path("id").equals(rotated.path("id")))
                    ((ObjectNode) each)
                            .put("revision", rotated.path("revision").asText())
                            .put("updated_at", now.toString());
            switch (resources.swap(document, document.with(after, now))) {
                case Resources.Saved.Done done -> {
                    repositories.replaced(session, before, rotated);
                    return Answer.ok(one(find(done.resource(), call)));
                }
                case Resources.Saved.Taken taken -> document = taken.current();
                case Resources.Saved.Gone gone -> throw SessionFinder.missing(call);
            }
        }
    }

    public Answer delete(Call call) {
        Found found = finder.find(call);
        refuseArchived(found);
        Resource document = found.document();
        while (true) {
            JsonNode removed = find(document, call);
            ObjectNode after = document.body().deepCopy();
            ArrayNode left = after.putArray(Mounts.FIELD);
            for (JsonNode each : stored(document.body())) if (!each.equals(removed)) left.add(each);
            switch (resources.swap(document, document.with(after, clock.instant()))) {
                case Resources.Saved.Done done -> {
                    drop(call.workspace(), new SessionId(document.id()), removed);
                    return Answer.ok(Json.object()
                            .put("id", call.parameter("resource"))
                            .put("type", "session_resource_deleted"));
                }
                case Resources.Saved.Taken taken -> document = taken.current();
                case Resources.Saved.Gone gone -> throw SessionFinder.missing(call);
            }
        }
    }

    private static void refuseArchived(Found found) {
        if (found.head().archivedAt() != null)
            throw Refused.invalid("The session " + found.document().id() + " is archived and cannot be changed");
    }

    private static JsonNode find(Resource document, Call call) {
        for (JsonNode resource : stored(document.body()))
            if (resource.path("id").asText().equals(call.parameter("resource"))) return resource;
        throw Refused.notFound("No resource " + Lookup.shown(call.parameter("resource")));
    }

    // ---- what is wanted

    private sealed interface Wanted {
        String id();

        /** @param field where the file was named */
        record Mount(String id, FileId file, String mountPath, Fields field) implements Wanted {}

        record Clone(SessionRepositories.Wanted wanted) implements Wanted {
            @Override
            public String id() {
                return wanted.repository().id();
            }
        }
    }

    /** Checked, but for whether the file exists. The id is made here, in the order of the request. */
    private static Wanted wanted(Call call, Fields resource, Mounts mounts) {
        String type = resource.oneOf("type", List.of("file", Repository.TYPE, "memory_store"));
        if (type.equals(Repository.TYPE)) return new Wanted.Clone(SessionRepositories.wanted(call, resource));
        if (!type.equals("file"))
            throw resource.refuse("type", "this kind of resource is not supported by this server yet");
        String id = call.ids().next(Mounts.PREFIX);
        String named = resource.text("file_id", 1, 128);
        FileId file = FileId.parse(named).orElseThrow(() -> noFile(resource, named));
        String mountPath =
                resource.given("mount_path") ? resource.text("mount_path", 1, MAX_PATH_CHARS) : Mounts.byDefault(file);
        mount(resource, mounts, mountPath);
        return new Wanted.Mount(id, file, mountPath, resource);
    }

    /** What is stored of it, once its file is pinned or its token kept. */
    private ObjectNode taken(WorkspaceId workspace, SessionId session, Wanted wanted, Instant now) {
        return switch (wanted) {
            case Wanted.Mount file -> pinned(workspace, session, file, now);
            case Wanted.Clone clone -> {
                repositories.keep(session, clone.wanted());
                yield clone.wanted().repository().document(now);
            }
        };
    }

    // ---- files

    private static void mount(Fields resource, Mounts mounts, String mountPath) {
        switch (mounts.mount(mountPath)) {
            case Mounts.Mounted.Refused refused -> throw resource.refuse("mount_path", refused.why());
            case Mounts.Mounted.At at -> {}
        }
    }

    private static Refused noFile(Fields resource, String id) {
        return resource.refuse("file_id", "there is no file " + Lookup.shown(id));
    }

    private ObjectNode pinned(WorkspaceId workspace, SessionId session, Wanted.Mount wanted, Instant now) {
        StoredFile file = files.pin(workspace, wanted.file(), session, wanted.id())
                .orElseThrow(() -> noFile(wanted.field(), wanted.file().text()));
        return Mounts.document(wanted.id(), file, wanted.mountPath(), now);
    }

    private void unpin(WorkspaceId workspace, JsonNode resource) {
        files.unpin(
                workspace,
                new FileId(resource.path("file_id").asText()),
                resource.path("content").asText(),
                resource.path("id").asText());
    }

    private static ObjectNode one(JsonNode stored) {
        if (!isFile(stored)) return SessionRepositories.view(stored);
        ObjectNode view = Json.object();
        for (String field : List.of("id", "type", "file_id", "mount_path", "created_at", "updated_at"))
            view.set(field, stored.get(field));
        return view;
    }
}
