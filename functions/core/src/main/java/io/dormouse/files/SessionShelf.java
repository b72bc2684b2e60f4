package io.dormouse.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.hands.HandFiles;
import io.dormouse.hands.HandFiles.Output;
import io.dormouse.hands.Mount;
import io.dormouse.hands.Shelf;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.FileId;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.resource.Contents;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.resource.Resources.Saved;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The files of sessions. What a session put out is remembered by path, so that only what has changed is read again, and a
 * file that a client has deleted does not come back.
 */
public final class SessionShelf implements Shelf {
    /** Bounds of one look; what is beyond them waits for the next. */
    static final int MAX_NEW_FILES = 200;

    static final long MAX_FILE_BYTES = 500L * 1024 * 1024;
    static final long MAX_NEW_BYTES = 2L * 1024 * 1024 * 1024;
    static final Duration LONGEST = Duration.ofMinutes(2);

    /** Stored names, never changed. */
    private static final String SESSION = "session";

    static final String KEPT = "session_outputs";
    private static final int MAX_FILENAME = 500;
    private static final System.Logger LOG = System.getLogger("io.dormouse.files");

    private final Heads heads;
    private final Resources resources;
    private final FileStore store;
    private final InstantSource clock;

    public SessionShelf(Heads heads, Resources resources, FileStore store, InstantSource clock) {
        this.heads = heads;
        this.resources = resources;
        this.store = store;
        this.clock = clock;
    }

    @Override
    public List<Mount> mounts(ThreadId thread) {
        List<Mount> mounts = new ArrayList<>();
        Optional<Resource> document = heads.read(thread)
                .flatMap(head ->
                        resources.read(head.workspace(), SESSION, head.session().text()));
        if (document.isEmpty()) return mounts;
        for (JsonNode resource : document.get().body().path(Mounts.FIELD))
            if (resource.path("type").asText().equals("file"))
                mounts.add(new Mount(
                        resource.path("path").asText(),
                        resource.path("sha256").asText(),
                        resource.path("size_bytes").asLong(),
                        resource.path("content").asText()));
        return mounts;
    }

    @Override
    public Contents.Content open(Mount mount) throws IOException {
        return store.open(mount.content())
                .orElseThrow(() -> new IOException("the content of " + mount.path() + " is gone"));
    }

    @Override
    public void forget(ThreadId thread) {
        heads.read(thread)
                .ifPresent(head ->
                        resources.delete(head.workspace(), KEPT, head.session().text()));
    }

    @Override
    public void take(ThreadId thread, HandFiles files) throws IOException {
        Optional<Head> head = heads.read(thread);
        if (head.isPresent() && !head.get().deleted()) new Look(head.get(), files).look();
    }

    /** A new content that its file may still change under. */
    private record Read(Output output, FileStore.Staged staged) {}

    /** One look at the outputs of a session. */
    private final class Look {
        private final Head head;
        private final HandFiles files;
        private final Instant end = clock.instant().plus(LONGEST);
        private final Resource before;
        private final ObjectNode kept;
        private final List<Read> read = new ArrayList<>();
        private final Map<String, Integer> skipped = new HashMap<>();
        private long bytes;

        Look(Head head, HandFiles files) {
            this.head = head;
            this.files = files;
            this.before = resources
                    .read(head.workspace(), KEPT, head.session().text())
                    .orElse(null);
            this.kept = before == null ? Json.object() : before.body().deepCopy();
        }

        void look() throws IOException {
            HandFiles.Outputs outputs = files.outputs();
            if (!outputs.complete()) skip("there are too many, or their names are not text");
            if (outputs.complete()) forgetMissing(outputs.files());
            try {
                for (Output output : outputs.files()) if (changed(output)) read(output);
                Set<Output> still = read.isEmpty()
                        ? Set.of()
                        : new HashSet<>(files.outputs().files());
                while (!read.isEmpty()) {
                    // Out of the list first: one that is half kept must not be discarded.
                    Read next = read.removeFirst();
                    if (still.contains(next.output())) {
                        keep(next);
                    } else {
                        skip("they changed while they were read");
                        store.discard(next.staged());
                    }
                }
            } finally {
                for (Read left : read) store.discard(left.staged());
                remember();
                if (!skipped.isEmpty())
                    LOG.log(
                            System.Logger.Level.WARNING,
                            "outputs of {0} were passed over until the next look: {1}",
                            head.session(),
                            skipped);
            }
        }

        private void skip(String why) {
            skipped.merge(why, 1, Integer::sum);
        }

        private boolean changed(Output output) {
            JsonNode known = kept.path(output.path());
            return !known.path("state").asText().equals(output.state())
                    || known.path("size_bytes").asLong(-1) != output.sizeBytes();
        }

        private void read(Output output) throws IOException {
            if (output.sizeBytes() > MAX_FILE_BYTES) skip("they have more than " + MAX_FILE_BYTES + " bytes");
            else if (read.size() >= MAX_NEW_FILES) skip("more than " + MAX_NEW_FILES + " at once");
            else if (bytes + output.sizeBytes() > MAX_NEW_BYTES) skip("more than " + MAX_NEW_BYTES + " bytes at once");
            else if (clock.instant().isAfter(end)) skip("out of time");
            else {
                try (var stream = files.read(output)) {
                    FileStore.Staged staged = store.stage(stream);
                    read.add(new Read(output, staged));
                    bytes += output.sizeBytes();
                } catch (IOException unreadable) {
                    skip("they could not be read");
                }
            }
        }

        private void keep(Read read) {
            String sha256 = read.staged().stored().sha256();
            String path = read.output().path();
            if (sha256.equals(kept.path(path).path("sha256").asText())) {
                store.discard(read.staged());
            } else {
                String filename = filename(path);
                store.keep(
                        new StoredFile(
                                head.workspace(),
                                FileId.output(head.session(), path, sha256),
                                filename,
                                MediaTypes.of(filename),
                                read.staged().stored().sizeBytes(),
                                sha256,
                                read.staged().content(),
                                clock.instant().truncatedTo(java.time.temporal.ChronoUnit.MILLIS),
                                null,
                                head.session()),
                        read.staged());
            }
            kept.putObject(path)
                    .put("state", read.output().state())
                    .put("size_bytes", read.output().sizeBytes())
                    .put("sha256", sha256);
        }

        private void forgetMissing(List<Output> there) {
            Set<String> paths = new HashSet<>();
            for (Output output : there) paths.add(output.path());
            List<String> gone = new ArrayList<>();
            kept.fieldNames().forEachRemaining(path -> {
                if (!paths.contains(path)) gone.add(path);
            });
            kept.remove(gone);
        }

        /** When two look at once, each keeps the same files under the same ids: whoever is last may have it. */
        private void remember() {
            if (before == null ? kept.isEmpty() : kept.equals(before.body())) return;
            Instant now = clock.instant();
            Saved saved = before == null
                    ? resources.create(
                            Resource.of(head.workspace(), KEPT, head.session().text(), now, kept))
                    : resources.swap(before, before.with(kept, now));
            if (saved instanceof Saved.Taken taken)
                resources.swap(taken.current(), taken.current().with(kept, now));
        }
    }

    /** The path below the folder of outputs, made harmless for whoever prints it. */
    private static String filename(String path) {
        String name = path.length() <= MAX_FILENAME ? path : path.substring(path.lastIndexOf('/') + 1);
        StringBuilder harmless = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            harmless.append(c < ' ' || c == 127 ? '_' : c);
        }
        return harmless.toString();
    }
}
