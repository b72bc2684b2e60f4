package io.dormouse.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.Pages;
import io.dormouse.edge.Query;
import io.dormouse.edge.Route;
import io.dormouse.edge.Upload;
import io.dormouse.files.FileStore;
import io.dormouse.files.MediaTypes;
import io.dormouse.files.StoredFile;
import io.dormouse.id.FileId;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/** {@code /v1/files}. The content is stored before the document that tells of it: an upload that breaks off was none. */
@Singleton
public final class Files {
    private static final int MAX_NAME = 255;
    private static final int MAX_MIME_TYPE = 255;
    /** As the hosted service has it; a slash would be a folder at whoever saves the file. */
    private static final Pattern FORBIDDEN = Pattern.compile("[<>:\"|?*\\\\/\\x00-\\x1f\\x7f]");

    private static final Pattern MIME_TYPE = Pattern.compile("[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *;[ -~]*)?");
    private static final int MIN_EXPIRY_SECONDS = 3600;
    private static final int MAX_EXPIRY_SECONDS = 7_776_000;
    private static final int MAX_IDS = 100;
    private static final List<String> PAGING = List.of("limit", "page", "after_id", "before_id", "scope_id");

    private final FileStore store;
    private final InstantSource clock;

    Files(FileStore store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    // ---- upload

    public Route.Received receive(WorkspaceId workspace, Upload upload) throws IOException {
        String filename = filename(upload.filename());
        String mimeType = mimeType(upload.mimeType(), filename);
        FileStore.Staged staged = store.stage(upload.stream());
        try {
            Integer expiry = expiry(upload.fields());
            return new Uploaded(workspace, filename, mimeType, expiry, staged);
        } catch (IOException | RuntimeException broken) {
            store.discard(staged);
            throw broken;
        }
    }

    private static String filename(String given) {
        if (given.isEmpty() || given.codePointCount(0, given.length()) > MAX_NAME)
            throw Refused.invalid("file: its filename must have 1 to " + MAX_NAME + " characters");
        if (FORBIDDEN.matcher(given).find() || given.equals(".") || given.equals(".."))
            throw Refused.invalid("file: its filename must not have any of < > : \" | ? * \\ / or a control character");
        if (given.chars().anyMatch(c -> c == 0xfffd || Character.isSurrogate((char) c)) && !wellFormed(given))
            throw Refused.invalid("file: its filename is not valid UTF-8");
        return given;
    }

    private static boolean wellFormed(String text) {
        return text.indexOf(0xfffd) < 0
                && text.codePoints().noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }

    private static String mimeType(String given, String filename) {
        if (given == null) return MediaTypes.of(filename);
        String type = given.trim();
        if (type.length() > MAX_MIME_TYPE || !MIME_TYPE.matcher(type).matches())
            throw Refused.invalid("file: its content type must look like text/plain and have at most " + MAX_MIME_TYPE
                    + " characters");
        return type;
    }

    private static Integer expiry(Map<String, String> fields) {
        String text = fields.get("expires_in_seconds");
        if (text == null || text.isEmpty()) return null;
        try {
            int seconds = Integer.parseInt(text.trim());
            if (seconds >= MIN_EXPIRY_SECONDS && seconds <= MAX_EXPIRY_SECONDS) return seconds;
        } catch (NumberFormatException e) {
            // Refused below.
        }
        throw Refused.invalid(
                "expires_in_seconds: must be an integer between " + MIN_EXPIRY_SECONDS + " and " + MAX_EXPIRY_SECONDS);
    }

    private final class Uploaded implements Route.Received {
        private final WorkspaceId workspace;
        private final String filename;
        private final String mimeType;
        private final Integer expiry;
        private final FileStore.Staged staged;

        Uploaded(WorkspaceId workspace, String filename, String mimeType, Integer expiry, FileStore.Staged staged) {
            this.workspace = workspace;
            this.filename = filename;
            this.mimeType = mimeType;
            this.expiry = expiry;
            this.staged = staged;
        }

        @Override
        public String fingerprint() {
            return String.join(
                    "\n",
                    filename,
                    mimeType,
                    String.valueOf(expiry),
                    staged.stored().sha256());
        }

        @Override
        public Answer answer(Call call) {
            Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
            StoredFile file = new StoredFile(
                    workspace,
                    new FileId(call.ids().next("file_")),
                    filename,
                    mimeType,
                    staged.stored().sizeBytes(),
                    staged.stored().sha256(),
                    staged.content(),
                    now,
                    expiry == null ? null : now.plusSeconds(expiry),
                    null);
            return Answer.ok(view(store.keep(file, staged)));
        }

        @Override
        public void discard() {
            store.discard(staged);
        }
    }

    // ---- the rest

    public Answer get(Call call) {
        return Answer.ok(view(find(call)));
    }

    public Answer content(Call call) {
        StoredFile file = find(call);
        return store.open(file.content())
                .<Answer>map(content -> new Answer.File(file.filename(), content))
                .orElseThrow(() -> missing(call.parameter("id")));
    }

    public Answer delete(Call call) {
        StoredFile file = find(call);
        if (!store.delete(call.workspace(), file.id())) throw missing(file.id().text());
        return Answer.ok(Json.object().put("id", file.id().text()).put("type", "file_deleted"));
    }

    /** Newest first. Serves both ways in which clients turn pages: by a cursor, and by the ids of the files around. */
    public Answer list(Call call) {
        Query query = call.query();
        if (!query.texts("ids").isEmpty()) return byIds(call, query.texts("ids"));
        String scopeId = query.text("scope_id");
        Optional<SessionId> scope = scopeId == null ? Optional.empty() : SessionId.parse(scopeId);
        String list = "files/" + (scopeId == null ? "" : Lookup.shown(scopeId));
        Pages pages = pages(call, list);
        boolean nothing = scopeId != null && scope.isEmpty();
        ObjectNode answer = pages.answer(
                q -> nothing ? List.of() : store.list(call.workspace(), q),
                scope.map(FileId::outputs).orElse(""),
                false,
                document -> scope.isEmpty()
                        || scope.get().equals(StoredFile.of(document).scope()),
                document -> view(StoredFile.of(document)),
                true);
        boolean backwards = query.text("before_id") != null;
        boolean more = answer.hasNonNull(backwards ? "prev_page" : "next_page");
        answer.remove("prev_page");
        return Answer.ok(edges(answer).put("has_more", more));
    }

    private Pages pages(Call call, String list) {
        String after = call.query().text("after_id");
        String before = call.query().text("before_id");
        if (after == null && before == null) return Pages.fixed(call, list, false, 20, 1000);
        if (after != null && before != null || call.query().text("page") != null)
            throw Refused.invalid("after_id, before_id and page: only one of them can say where a page begins");
        String name = after == null ? "before_id" : "after_id";
        Function<String, Refused> no = id -> Refused.invalid(name + ": there is no file " + Lookup.shown(id));
        String id = after == null ? before : after;
        StoredFile file = FileId.parse(id)
                .flatMap(parsed -> store.find(call.workspace(), parsed))
                .orElseThrow(() -> no.apply(id));
        return Pages.beside(call, list, file.createdAt(), id, before != null, false, 20, 1000);
    }

    private Answer byIds(Call call, List<String> ids) {
        if (ids.size() > MAX_IDS) throw Refused.invalid("ids: at most " + MAX_IDS + " are allowed");
        for (String other : PAGING)
            if (call.query().text(other) != null) throw Refused.invalid("ids: cannot be given together with " + other);
        ArrayNode data = Json.array();
        for (String id : ids.stream().distinct().toList())
            FileId.parse(id)
                    .flatMap(parsed -> store.find(call.workspace(), parsed))
                    .ifPresent(file -> data.add(view(file)));
        ObjectNode answer = Json.object();
        answer.set("data", data);
        answer.putNull("next_page");
        return Answer.ok(edges(answer).put("has_more", false));
    }

    private static ObjectNode edges(ObjectNode answer) {
        ArrayNode data = (ArrayNode) answer.get("data");
        int size = data.size();
        answer.put("first_id", size == 0 ? null : data.get(0).path("id").asText());
        return answer.put(
                "last_id", size == 0 ? null : data.get(size - 1).path("id").asText());
    }

    private StoredFile find(Call call) {
        String id = call.parameter("id");
        return FileId.parse(id)
                .flatMap(parsed -> store.find(call.workspace(), parsed))
                .orElseThrow(() -> missing(id));
    }

    static Refused missing(String id) {
        return Refused.notFound("No file " + Lookup.shown(id));
    }

    private static ObjectNode view(StoredFile file) {
        ObjectNode view = Json.object()
                .put("id", file.id().text())
                .put("type", "file")
                .put("filename", file.filename())
                .put("mime_type", file.mimeType())
                .put("size_bytes", file.sizeBytes())
                .put("created_at", file.createdAt().toString())
                .put("downloadable", true)
                .put(
                        "expires_at",
                        file.expiresAt() == null ? null : file.expiresAt().toString());
        if (file.scope() == null) return view.putNull("scope");
        view.putObject("scope").put("type", "session").put("id", file.scope().text());
        return view;
    }
}
