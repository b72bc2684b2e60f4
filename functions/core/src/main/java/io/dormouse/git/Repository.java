package io.dormouse.git;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.CredentialId;
import io.dormouse.id.SessionId;
import io.dormouse.id.VaultId;
import io.dormouse.json.Json;
import io.dormouse.outbound.HttpUrl;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A repository that a session has. It is cloned into the session's sandboxes from its plain URL; the token that opens it is
 * kept where secrets are kept and added by the proxy, below this URL only.
 *
 * @param id of the session's resource, {@code sesrsc_…}
 * @param mountPath the folder it is cloned into, below {@code /workspace}
 * @param branch to check out, or null
 * @param commit to check out, or null; without either it is the repository's default branch
 * @param revision of the token that counts
 */
public record Repository(String id, HttpUrl url, String mountPath, String branch, String commit, String revision) {
    /** Of a resource. A stored name. */
    public static final String TYPE = "github_repository";

    private static final String PREFIX = "sesrsc_";

    /** Those among the stored resources of a session. */
    public static List<Repository> all(JsonNode resources) {
        List<Repository> all = new ArrayList<>();
        for (JsonNode resource : resources) of(resource).ifPresent(all::add);
        return all;
    }

    /** Empty for resources of other types. */
    public static Optional<Repository> of(JsonNode resource) {
        if (!resource.path("type").asText().equals(TYPE)) return Optional.empty();
        JsonNode checkout = resource.path("checkout");
        return HttpUrl.parse(resource.path("url").asText())
                .map(url -> new Repository(
                        resource.path("id").asText(),
                        url,
                        resource.path("mount_path").asText(),
                        checkout.path("name").asText(null),
                        checkout.path("sha").asText(null),
                        resource.path("revision").asText()));
    }

    /** As it is stored. */
    public ObjectNode document(Instant now) {
        ObjectNode document = Json.object()
                .put("id", id)
                .put("type", TYPE)
                .put("url", url.toString())
                .put("mount_path", mountPath)
                .put("revision", revision)
                .put("created_at", now.toString())
                .put("updated_at", now.toString());
        if (branch != null) document.putObject("checkout").put("type", "branch").put("name", branch);
        if (commit != null) document.putObject("checkout").put("type", "commit").put("sha", commit);
        return document;
    }

    /** Tokens of a session's repositories are kept together, as if the session had a vault of its own. */
    public static VaultId vault(SessionId session) {
        return new VaultId("vlt_" + session.text().substring(5));
    }

    /** What its token is called, also in the log. */
    public CredentialId credential() {
        return new CredentialId("vcrd_" + id.substring(PREFIX.length()));
    }
}
