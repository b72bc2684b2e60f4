package io.dormouse.files;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.FileId;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Contents;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.resource.Resources.Saved;
import java.io.IOException;
import java.io.InputStream;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Files, and who has them. A content has a name of its own, which one file's document tells; sessions that have the file
 * mounted pin the content, each by a document. It is erased when its file is gone and no pin is left:
 *
 * <ul>
 *   <li>whoever deletes a file first marks its document, and then looks for pins;
 *   <li>whoever pins first writes the pin, and then looks whether the file is still there, and unmarked.
 * </ul>
 *
 * One of the two sees the other, since a read sees every write that returned before. And before anything is begun that may
 * have to be cleaned up, {@link Erasures} is told when to look.
 */
public final class FileStore {
    /** A stored name, never changed. Ids are the file's, {@code #}, the session resource's. */
    static final String PIN = "file_pin";

    private final Resources resources;
    private final Contents contents;
    private final Erasures erasures;
    private final InstantSource clock;
    private final Ids ids;

    /** @param live whether a session exists, for pins whose session never came to be */
    public FileStore(
            Resources resources, Contents contents, Function<SessionId, Boolean> live, InstantSource clock, Ids ids) {
        this.resources = resources;
        this.contents = contents;
        this.erasures = new Erasures(resources, contents, live, clock);
        this.clock = clock;
        this.ids = ids;
    }

    /** A content that no file tells of yet. If nothing comes of it, it goes within a day. */
    public record Staged(String content, Contents.Stored stored, Resource intent) {}

    public Staged stage(InputStream stream) throws IOException {
        String content = ids.next();
        Resource intent = erasures.intend(content);
        boolean there = false;
        try {
            Contents.Stored stored = contents.put(content, stream);
            there = true;
            return new Staged(content, stored, intent);
        } finally {
            if (!there) erasures.forget(intent);
        }
    }

    /** The file that nobody can see yet becomes one. When the id is taken, the other one stays and this content goes. */
    public StoredFile keep(StoredFile file, Staged staged) {
        Resource intent = erasures.intendFor(staged.intent(), file);
        if (file.expiresAt() != null) erasures.at(file, file.expiresAt());
        StoredFile kept =
                switch (resources.create(file.document())) {
                    case Saved.Done done -> file;
                    case Saved.Taken taken -> StoredFile.of(taken.current());
                    case Saved.Gone gone -> throw new IllegalStateException("a new document is never gone");
                };
        if (!kept.content().equals(staged.content())) contents.delete(staged.content());
        erasures.forget(intent);
        return kept;
    }

    public void discard(Staged staged) {
        contents.delete(staged.content());
        erasures.forget(staged.intent());
    }

    /** Neither deleted nor expired, and of this workspace. */
    public Optional<StoredFile> find(WorkspaceId workspace, FileId id) {
        return document(workspace, id).map(StoredFile::of);
    }

    private Optional<Resource> document(WorkspaceId workspace, FileId id) {
        return resources.read(workspace, StoredFile.KIND, id.text()).filter(document -> document.archivedAt() == null);
    }

    public List<Resource> list(WorkspaceId workspace, Resources.Query query) {
        return resources.list(workspace, StoredFile.KIND, query);
    }

    /** To be closed by the caller. Also of a file that is gone, as long as it is pinned. */
    public Optional<Contents.Content> open(String content) {
        return contents.open(content);
    }

    /** Whether there was such a file. Its content goes at once, or with the last session that has it. */
    public boolean delete(WorkspaceId workspace, FileId id) {
        while (true) {
            Optional<Resource> found = document(workspace, id);
            if (found.isEmpty()) return false;
            StoredFile file = StoredFile.of(found.get());
            // Not before this is through: who looks earlier finds the file still there.
            Resource erasure = erasures.at(file, clock.instant().plus(Erasures.PATIENCE));
            // Of several at once one marks it, and only that one removes the document: the id may be used again.
            switch (resources.swap(found.get(), found.get().archived(clock.instant()))) {
                case Saved.Done done -> {
                    resources.delete(workspace, StoredFile.KIND, id.text());
                    erasures.look(erasure);
                    return true;
                }
                case Saved.Taken taken -> {}
                case Saved.Gone gone -> {
                    return false;
                }
            }
        }
    }

    /**
     * Keeps the file's content for a session's resource. Empty when there is no such file.
     *
     * @param resource a pin that it has already becomes this one
     */
    public Optional<StoredFile> pin(WorkspaceId workspace, FileId id, SessionId session, String resource) {
        Optional<StoredFile> file = find(workspace, id);
        if (file.isEmpty()) return file;
        String content = file.get().content();
        ObjectNode body = Json.object().put("session", session.text()).put("content", content);
        Resource pin = Resource.of(workspace, PIN, id + "#" + resource, clock.instant(), body);
        Saved saved = resources.create(pin);
        while (saved instanceof Saved.Taken taken)
            saved = resources.swap(taken.current(), taken.current().with(body, clock.instant()));
        if (find(workspace, id).filter(again -> again.content().equals(content)).isPresent()) return file;
        unpin(workspace, id, content, resource);
        return Optional.empty();
    }

    /** Erases the content if nobody else has it. Safe to repeat. */
    public void unpin(WorkspaceId workspace, FileId id, String content, String resource) {
        resources.delete(workspace, PIN, id + "#" + resource);
        erasures.eraseIfOrphaned(workspace, id.text(), content);
    }

    /** Erases what has expired, what was begun and came to nothing, and what a crash kept from being erased. */
    public void sweep() {
        erasures.sweep();
    }
}
