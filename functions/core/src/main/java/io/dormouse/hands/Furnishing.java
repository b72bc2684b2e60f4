package io.dormouse.hands;

import io.dormouse.id.ThreadId;
import io.dormouse.resource.Contents;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Brings what is mounted into a hand, and takes out what is not any more. */
record Furnishing(Shelf shelf, ThreadId thread) {
    /** Returns why it could not. */
    Optional<String> furnish(Hand hand) {
        if (shelf == Shelf.NONE) return Optional.empty();
        try {
            List<Mount> mounts = shelf.mounts(thread);
            Optional<HandFiles> files = hand.files();
            if (files.isEmpty())
                return mounts.isEmpty() ? Optional.empty() : Optional.of("this kind of sandbox takes none");
            Map<String, String> placed = placed(files.get(), mounts.isEmpty());
            Map<String, Mount> wanted = new LinkedHashMap<>();
            for (Mount mount : mounts) wanted.put(mount.path(), mount);
            // First what has to go: it may be where a folder has to be.
            for (String path : placed.keySet())
                if (!wanted.containsKey(path)) files.get().remove(path);
            for (Mount mount : mounts) {
                if (mount.sha256().equals(placed.get(mount.path()))) continue;
                try (Contents.Content content = shelf.open(mount)) {
                    files.get().place(mount, content.stream());
                }
            }
            return Optional.empty();
        } catch (IOException | RuntimeException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** @param optional where nothing is to be there, a hand that cannot say what is there is good enough */
    private static Map<String, String> placed(HandFiles files, boolean optional) throws IOException {
        try {
            return files.placed();
        } catch (IOException e) {
            if (optional) return Map.of();
            throw e;
        }
    }
}
