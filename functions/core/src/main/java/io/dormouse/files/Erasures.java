package io.dormouse.files;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Contents;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;

/**
 * Contents that may have to go, and when to look: a document each, which belongs to no tenant and whose time of creation is
 * the time to look. It is written before the content can become an orphan and goes after the content is gone, or has a file.
 */
final class Erasures {
    /** A stored name, never changed. */
    static final String KIND = "erasure";
    /** No upload takes as long; and so often a content is looked at whose file is gone, and which sessions still have. */
    static final Duration LATER = Duration.ofDays(1);
    /** A session is there as soon as its pins are, or never. */
    static final Duration PATIENCE = Duration.ofHours(1);

    private static final int BATCH = 100;

    private final Resources resources;
    private final Contents contents;
    private final Function<SessionId, Boolean> live;
    private final InstantSource clock;

    Erasures(Resources resources, Contents contents, Function<SessionId, Boolean> live, InstantSource clock) {
        this.resources = resources;
        this.contents = contents;
        this.live = live;
        this.clock = clock;
    }

    /** For a content that comes now. */
    Resource intend(String content) {
        return write(Json.object().put("content", content), clock.instant().plus(LATER));
    }

    /** Now it is known which file will tell of it. */
    Resource intendFor(Resource intent, StoredFile file) {
        Resource after = intent.with(body(file), clock.instant());
        if (resources.swap(intent, after) instanceof Resources.Saved.Done) return after;
        throw new IllegalStateException("nobody else writes an upload's intent: it took more than a day");
    }

    Resource at(StoredFile file, Instant due) {
        return write(body(file), due);
    }

    private static ObjectNode body(StoredFile file) {
        return Json.object()
                .put("content", file.content())
                .put("workspace", file.workspace().text())
                .put("file", file.id().text());
    }

    private Resource write(ObjectNode body, Instant due) {
        String id = body.path("content").asText() + "#" + due.toEpochMilli();
        Resource erasure = Resource.of(WorkspaceId.SYSTEM, KIND, id, due, body);
        resources.create(erasure);
        return erasure;
    }

    void forget(Resource erasure) {
        resources.delete(WorkspaceId.SYSTEM, KIND, erasure.id());
    }

    /** Erases the content if it is an orphan; looks again later if a session has it. */
    void look(Resource erasure) {
        String content = erasure.body().path("content").asText();
        String file = Json.textOrNull(erasure.body(), "file");
        if (file == null) {
            contents.delete(content);
        } else {
            WorkspaceId workspace =
                    new WorkspaceId(erasure.body().path("workspace").asText());
            if (!hasFile(workspace, file, content) && !eraseIfOrphaned(workspace, file, content))
                write((ObjectNode) erasure.body(), clock.instant().plus(LATER));
        }
        forget(erasure);
    }

    private boolean hasFile(WorkspaceId workspace, String file, String content) {
        return resources
                .read(workspace, StoredFile.KIND, file)
                .filter(document -> document.archivedAt() == null)
                .filter(document -> StoredFile.of(document).content().equals(content))
                .isPresent();
    }

    /** Whether the content is gone. */
    boolean eraseIfOrphaned(WorkspaceId workspace, String file, String content) {
        // In this order: a file that is gone stays gone, and after that no pin holds that comes.
        if (hasFile(workspace, file, content) || pinned(workspace, file, content)) return false;
        // Whoever marked it may have died before he removed it.
        resources
                .read(workspace, StoredFile.KIND, file)
                .filter(document -> document.archivedAt() != null)
                .filter(document -> document.archivedAt().plus(PATIENCE).isBefore(clock.instant()))
                .ifPresent(document -> resources.delete(workspace, StoredFile.KIND, file));
        contents.delete(content);
        return true;
    }

    private boolean pinned(WorkspaceId workspace, String file, String content) {
        boolean pinned = false;
        Resources.Place after = null;
        List<Resource> pins;
        do {
            pins = resources.list(
                    workspace, FileStore.PIN, new Resources.Query(file + "#", true, after, null, null, true, BATCH));
            for (Resource pin : pins)
                if (content.equals(pin.body().path("content").asText())) pinned |= holds(pin);
            if (!pins.isEmpty())
                after = new Resources.Place(
                        pins.getLast().createdAt(), pins.getLast().id());
        } while (pins.size() == BATCH && !pinned);
        return pinned;
    }

    /** A pin whose session was never made, or is gone, goes too. */
    private boolean holds(Resource pin) {
        if (pin.updatedAt().plus(PATIENCE).isAfter(clock.instant())) return true;
        if (live.apply(new SessionId(pin.body().path("session").asText()))) return true;
        resources.delete(pin.workspace(), FileStore.PIN, pin.id());
        return false;
    }

    void sweep() {
        Instant now = clock.instant();
        List<Resource> due;
        do {
            due = resources.list(WorkspaceId.SYSTEM, KIND, new Resources.Query("", true, null, null, now, true, BATCH));
            due.forEach(this::look);
        } while (due.size() == BATCH);
    }
}
