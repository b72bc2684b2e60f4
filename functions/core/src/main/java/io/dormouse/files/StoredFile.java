package io.dormouse.files;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.FileId;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import java.time.Instant;

/**
 * A file as it is stored: a description of a content that is there already.
 *
 * @param content its name in the store of contents
 * @param expiresAt null, or when it ends by itself
 * @param scope null, or the session that put it out
 */
public record StoredFile(
        WorkspaceId workspace,
        FileId id,
        String filename,
        String mimeType,
        long sizeBytes,
        String sha256,
        String content,
        Instant createdAt,
        Instant expiresAt,
        SessionId scope) {

    /** A stored name, never changed. */
    public static final String KIND = "file";

    /** The fields below are stored names. */
    Resource document() {
        ObjectNode body = Json.object()
                .put("filename", filename)
                .put("mime_type", mimeType)
                .put("size_bytes", sizeBytes)
                .put("sha256", sha256)
                .put("content", content)
                .put("scope", scope == null ? null : scope.text());
        return Resource.of(workspace, KIND, id.text(), createdAt, body).expiring(expiresAt);
    }

    public static StoredFile of(Resource document) {
        String scope = Json.textOrNull(document.body(), "scope");
        return new StoredFile(
                document.workspace(),
                new FileId(document.id()),
                document.body().path("filename").asText(),
                document.body().path("mime_type").asText(),
                document.body().path("size_bytes").asLong(),
                document.body().path("sha256").asText(),
                document.body().path("content").asText(),
                document.createdAt(),
                document.expiresAt(),
                scope == null ? null : new SessionId(scope));
    }
}
