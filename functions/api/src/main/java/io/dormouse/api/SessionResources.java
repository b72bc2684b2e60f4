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
    private final InstantSource clock;

    SessionResources(SessionFinder finder, Resources resources, FileStore files, InstantSource clock) {
        this.finder = finder;
        this.resources = resources;
        this.files = files;
        this.clock = clock;
    }

    // ---- with the session

    /** What a new session is to have: its files are pinned when this returns. */
    ArrayNode attach(Call call, SessionId session, Fields body) {
        List<Fields> wanted = body.objects("resources", MAX);
        Mounts mounts = Mounts.of(Json.array());
        List<Wanted> files = new ArrayList<>();
        for (Fields each : wanted) files.add(wanted(call, each, mounts));
        ArrayNode attached = Json.array();
        Instant now = clock.instant();
        try {
            for (Wanted each : files) attached.add(pinned(call.workspace(), session, each, now));
        } catch (RuntimeException refused) {
            release(call.workspace(), attached);
            throw refused;
        }
        return attached;
    }

    /** The session is gone, or never came to be: what it alone had is erased. */
    void release(WorkspaceId workspace, JsonNode attached) {
        for (JsonNode resource : attached) unpin(workspace, resource);
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
        body.oneOf("type", List.of("file"));
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
                mount(body, Mounts.of(stored(document.body())), wanted.mountPath());
                if (added == null) added = pinned(call.workspace(), session, wanted, clock.instant());
            } catch (Refused refused) {
                if (added != null) unpin(call.workspace(), added);
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
                    unpin(call.workspace(), added);
                    throw SessionFinder.missing(call);
                }
            }
        }
    }

    /** Only the token of a repository could be changed, and there are none yet. */
    public Answer update(Call call) {
        Found found = finder.find(call);
        find(found.document(), call);
        Fields.of(call.body()).text("authorization_token", 1, 4096);
        throw Refused.invalid("Only resources of the type github_repository can be updated, and this one is a file");
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
                    unpin(call.workspace(), removed);
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

    // ---- files

    /** @param field where the file was named */
    private record Wanted(String id, FileId file, String mountPath, Fields field) {}

    /** Checked, but for whether the file exists. The id is made here, in the order of the request. */
    private static Wanted wanted(Call call, Fields resource, Mounts mounts) {
        String type = resource.oneOf("type", List.of("file", "github_repository", "memory_store"));
        if (!type.equals("file"))
            throw resource.refuse("type", "this kind of resource is not supported by this server yet");
        String id = call.ids().next(Mounts.PREFIX);
        String named = resource.text("file_id", 1, 128);
        FileId file = FileId.parse(named).orElseThrow(() -> noFile(resource, named));
        String mountPath =
                resource.given("mount_path") ? resource.text("mount_path", 1, MAX_PATH_CHARS) : Mounts.byDefault(file);
        mount(resource, mounts, mountPath);
        return new Wanted(id, file, mountPath, resource);
    }

    private static void mount(Fields resource, Mounts mounts, String mountPath) {
        switch (mounts.mount(mountPath)) {
            case Mounts.Mounted.Refused refused -> throw resource.refuse("mount_path", refused.why());
            case Mounts.Mounted.At at -> {}
        }
    }

    private static Refused noFile(Fields resource, String id) {
        return resource.refuse("file_id", "there is no file " + Lookup.shown(id));
    }

    private ObjectNode pinned(WorkspaceId workspace, SessionId session, Wanted wanted, Instant now) {
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
        ObjectNode view = Json.object();
        for (String field : List.of("id", "type", "file_id", "mount_path", "created_at", "updated_at"))
            view.set(field, stored.get(field));
        return view;
    }
}
