package io.dormouse.hands.fargate;

import io.dormouse.hands.Hand;
import io.dormouse.hands.Workspace;
import io.dormouse.hands.fargate.HandRecord.Checkpoint;
import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import io.dormouse.resource.Contents;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;

/** Workspaces of hands that rest, in a store of large contents: streamed, whole or not there. */
final class Checkpoints {
    private static final System.Logger LOG = System.getLogger("io.dormouse.hands.fargate");

    /** For one save. An invocation of Lambda has fifteen. */
    static final Duration LIMIT = Duration.ofMinutes(10);

    private final Contents contents;
    private final Pace pace;

    Checkpoints(Contents contents, Pace pace) {
        this.contents = contents;
        this.pace = pace;
    }

    /** Nothing when it could not be saved within the limit. */
    @SuppressWarnings("try") // the beat only has to end
    Optional<Checkpoint> save(Hand hand, String name) {
        try (InputStream archive = hand.workspace().orElseThrow().save();
                Pace.Beat limit = pace.every(LIMIT, () -> close(archive))) {
            Contents.Stored stored = contents.put(name, archive);
            return Optional.of(new Checkpoint(name, stored.sha256(), stored.sizeBytes(), pace.now()));
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "a workspace could not be saved", e);
            return Optional.empty();
        }
    }

    private static void close(InputStream archive) {
        try {
            archive.close();
        } catch (IOException e) {
            // Whoever reads it notices.
        }
    }

    sealed interface Restored {
        /** @param problem null, or what is not as it was */
        record Done(String problem) implements Restored {}

        /** It never will be. */
        record Lost(String why) implements Restored {}

        /** It may be tried again. */
        record Failed(String why) implements Restored {}
    }

    Restored restore(Checkpoint checkpoint, Hand hand, Cancellation cancellation) {
        try {
            Optional<Contents.Content> found = contents.open(checkpoint.content());
            if (found.isEmpty()) return new Restored.Lost("its saved files are no more");
            try (Contents.Content content = found.get()) {
                if (content.sizeBytes() != checkpoint.sizeBytes())
                    return new Restored.Lost("its saved files are damaged");
                Workspace workspace = hand.workspace().orElseThrow();
                return switch (workspace.restore(
                        checkpoint.sha256(), checkpoint.sizeBytes(), content.stream(), cancellation)) {
                    case Workspace.Restored.Done(String problem) -> new Restored.Done(problem);
                    case Workspace.Restored.Refused(String why) ->
                        new Restored.Lost("its saved files could not be restored: " + why);
                };
            }
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "a workspace could not be restored", e);
            return new Restored.Failed("its saved files cannot be fetched");
        }
    }

    /** Those that are not there are deleted already. Throws what the store throws. */
    void delete(Collection<String> names) {
        names.forEach(contents::delete);
    }
}
