package io.dormouse.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Call;
import io.dormouse.edge.Fields;
import io.dormouse.files.Mounts;
import io.dormouse.git.Repository;
import io.dormouse.id.SessionId;
import io.dormouse.json.Json;
import io.dormouse.outbound.HttpUrl;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.Safe;
import io.dormouse.vault.SecretPart;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Resources of the type {@code github_repository}: what a client may say of one, and the way of its token. */
@Singleton
final class SessionRepositories {
    private static final String WORKSPACE = "/workspace/";
    private static final int MAX_TOKEN_CHARS = 4096;
    private static final int MAX_PATH_CHARS = 4096;

    /** Names of folders that every shell and tool reads as they are written. */
    private static final Pattern FOLDER = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,254}");

    private static final Pattern BRANCH = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._/+@#=-]{0,254}");
    private static final Pattern SHA = Pattern.compile("[0-9a-fA-F]{7,64}");

    private final Safe safe;

    SessionRepositories(Safe safe) {
        this.safe = safe;
    }

    /** A repository that a client wants, and its token on the way to the safe. */
    record Wanted(Repository repository, NewSecret token) {}

    static Wanted wanted(Call call, Fields resource) {
        String id = call.ids().next(Mounts.PREFIX);
        HttpUrl url = url(resource);
        NewSecret token = token(resource);
        String path = mountPath(resource, url);
        String branch = null;
        String commit = null;
        Fields checkout = resource.objectOrNull("checkout");
        if (checkout != null
                && checkout.oneOf("type", List.of("branch", "commit")).equals("branch")) {
            branch = checkout.text("name", 1, 255);
            if (!BRANCH.matcher(branch).matches() || branch.contains("..") || branch.contains("//"))
                throw checkout.refuse("name", "is not the name of a branch");
        } else if (checkout != null) {
            commit = checkout.text("sha", 7, 64);
            if (!SHA.matcher(commit).matches()) throw checkout.refuse("sha", "is not the SHA of a commit");
        }
        return new Wanted(
                new Repository(id, url, path, branch, commit, call.ids().next()), token);
    }

    /** @param others what the session has already, or will have by the same request */
    static void apart(Fields resource, Repository repository, List<Repository> others) {
        String here = repository.mountPath() + "/";
        for (Repository other : others) {
            String there = other.mountPath() + "/";
            if (there.startsWith(here) || here.startsWith(there))
                throw resource.refuse("mount_path", "another repository of this session is mounted there");
        }
    }

    private static HttpUrl url(Fields resource) {
        HttpUrl url = HttpUrl.parse(resource.text("url", 1, 2048))
                .orElseThrow(() -> resource.refuse(
                        "url", "must be a plain https URL, without user, password, fragment or odd characters"));
        if (!url.secure()) throw resource.refuse("url", "must be https");
        if (url.target().contains("?")) throw resource.refuse("url", "must not have a query");
        if (segments(url).isEmpty()) throw resource.refuse("url", "must name a repository");
        for (String segment : segments(url))
            if (!FOLDER.matcher(segment).matches())
                throw resource.refuse("url", "must have a path of plain names, for example /owner/repository");
        return url;
    }

    private static List<String> segments(HttpUrl url) {
        List<String> segments = new ArrayList<>(List.of(url.path().substring(1).split("/", -1)));
        if (segments.getLast().isEmpty()) segments.removeLast();
        return segments;
    }

    private static NewSecret token(Fields resource) {
        String token = resource.text("authorization_token", 1, MAX_TOKEN_CHARS);
        Optional<String> flaw = SecretPart.TOKEN.flaw(token);
        if (flaw.isPresent()) throw resource.refuse("authorization_token", flaw.get());
        return NewSecret.of(new EnumMap<>(Map.of(SecretPart.TOKEN, token)));
    }

    private static String mountPath(Fields resource, HttpUrl url) {
        if (!resource.given("mount_path")) {
            String name = segments(url).getLast();
            return WORKSPACE
                    + (name.endsWith(".git") && name.length() > 4 ? name.substring(0, name.length() - 4) : name);
        }
        String path = resource.text("mount_path", 1, MAX_PATH_CHARS);
        if (path.endsWith("/")) path = path.substring(0, path.length() - 1);
        if (!path.startsWith(WORKSPACE)) throw resource.refuse("mount_path", "must be below /workspace");
        for (String name : path.substring(WORKSPACE.length()).split("/", -1))
            if (!FOLDER.matcher(name).matches())
                throw resource.refuse("mount_path", "must have plain names only, of letters, digits, _, . and -");
        return path;
    }

    /** Hands the token over. The document that names its revision is written after this. */
    void keep(SessionId session, Wanted wanted) {
        Repository repository = wanted.repository();
        switch (safe.store(Repository.vault(session), repository.credential(), repository.revision(), wanted.token())) {
            case Safe.Kept.Done done -> {}
            case Safe.Kept.Full full ->
                throw Refused.invalid(
                        "The tokens of a session's repositories together have at most " + full.maxBytes() + " bytes");
            case Safe.Kept.Gone gone -> throw new IllegalStateException("a new secret is never gone");
        }
    }

    /** The stored resource with a new token. */
    ObjectNode rotated(Call call, SessionId session, JsonNode stored) {
        NewSecret token = token(Fields.of(call.body()));
        ObjectNode after = stored.deepCopy();
        after.put("revision", call.ids().next());
        keep(session, new Wanted(Repository.of(after).orElseThrow(), token));
        return after;
    }

    /** No document names the token before any more. A second attempt finds the new one there already. */
    void replaced(SessionId session, JsonNode before, JsonNode after) {
        if (before.path("revision").equals(after.path("revision"))) return;
        Repository.of(before)
                .ifPresent(old -> safe.forget(Repository.vault(session), old.credential(), old.revision()));
    }

    void forget(SessionId session, JsonNode stored) {
        Repository.of(stored).ifPresent(gone -> safe.forget(Repository.vault(session), gone.credential()));
    }

    /** Nothing of the session's tokens stays. */
    void forget(SessionId session) {
        safe.forget(Repository.vault(session));
    }

    static ObjectNode view(JsonNode stored) {
        ObjectNode view = Json.object();
        for (String field : List.of("id", "type", "url", "mount_path", "created_at", "updated_at"))
            view.set(field, stored.get(field));
        view.set("checkout", stored.get("checkout"));
        return view;
    }
}
