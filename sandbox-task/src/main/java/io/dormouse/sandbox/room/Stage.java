package io.dormouse.sandbox.room;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Brings the hand's folders to where the unprivileged user can reach them. bubblewrap runs as that user and resolves
 * its sources with that user's rights, so a home directory of mode 700 on the way would stop it. Root therefore binds
 * them first, in a mount namespace of this one process, under a folder that the hand does not use otherwise.
 * Without root the names are used as they are.
 */
final class Stage {
    private static final String SCRIPT = """
            stage=$1; shift
            mount -t tmpfs -o mode=0755,size=1m,nosuid,nodev dormouse "$stage" || exit 97
            while [ "$1" != -- ]; do
              if [ -d "$1" ]; then mkdir "$stage/$2"; else : > "$stage/$2"; fi
              mount --bind "$1" "$stage/$2" || exit 97
              shift 2
            done
            shift
            exec env -i "$@"
            """;

    private final boolean root;
    private final Path at;
    private final Map<String, Path> bound = new LinkedHashMap<>();

    Stage(boolean root, Folders folders) {
        this.root = root;
        List<Path> sources = Stream.concat(
                        Stream.of(folders.workspace(), folders.outputs(), folders.temporary(), folders.etc()),
                        Stream.concat(folders.uploads().stream(), Program.running().classPath().stream()))
                .toList();
        this.at = Stream.of("/mnt", "/media", "/srv", "/opt")
                .map(Path::of)
                .filter(Files::isDirectory)
                .filter(path -> sources.stream().noneMatch(source -> source.startsWith(path)))
                .filter(path -> !Program.running().javaHome().startsWith(path))
                .findFirst()
                .orElse(Path.of("/mnt"));
    }

    /** What {@code source} is called after {@link #prefix()} has run; {@code label} is a plain, unique file name. */
    String name(Path source, String label) {
        if (!root) {
            return source.toString();
        }
        bound.put(label, source);
        return at.resolve(label).toString();
    }

    /** The command that does the binding and then becomes what follows it. Ask for it after all the names. */
    List<String> prefix() {
        if (!root) {
            return List.of();
        }
        List<String> command =
                new ArrayList<>(List.of("/usr/bin/unshare", "--mount", "--propagation", "private", "--"));
        command.addAll(List.of("/bin/sh", "-c", SCRIPT, "sh", at.toString()));
        bound.forEach((label, source) -> command.addAll(List.of(source.toString(), label)));
        command.add("--");
        return command;
    }
}
