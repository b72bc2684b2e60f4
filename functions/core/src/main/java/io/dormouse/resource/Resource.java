package io.dormouse.resource;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.id.WorkspaceId;
import java.time.Instant;

/**
 * One stored document.
 *
 * @param kind what it is, for example {@code agent}; a stored name, never changed
 * @param id unique within workspace and kind; a part of another document starts with that one's id and a {@code #}
 * @param version starts at 1; {@link Resources#swap} writes only over the version that was read
 * @param archivedAt null while it is live
 * @param expiresAt null, or when the store may forget it; a reader never sees an expired document
 */
public record Resource(
        WorkspaceId workspace,
        String kind,
        String id,
        long version,
        Instant createdAt,
        Instant updatedAt,
        Instant archivedAt,
        Instant expiresAt,
        JsonNode body) {

    public static Resource of(WorkspaceId workspace, String kind, String id, Instant now, JsonNode body) {
        return new Resource(workspace, kind, id, 1, now, now, null, null, body);
    }

    /** The next version, with another body. */
    public Resource with(JsonNode newBody, Instant now) {
        return new Resource(workspace, kind, id, version + 1, createdAt, now, archivedAt, expiresAt, newBody);
    }

    /** The next version, archived. */
    public Resource archived(Instant now) {
        return new Resource(workspace, kind, id, version + 1, createdAt, now, now, expiresAt, body);
    }

    public Resource expiring(Instant at) {
        return new Resource(workspace, kind, id, version, createdAt, updatedAt, archivedAt, at, body);
    }
}
