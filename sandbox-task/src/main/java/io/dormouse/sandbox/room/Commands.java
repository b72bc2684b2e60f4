package io.dormouse.sandbox.room;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Pieces of command lines that several isolations share. */
final class Commands {

    private Commands() {}

    /** The prefix that drops from root to one unprivileged user for good. */
    static List<String> asUser(long uid) {
        return List.of(
                "/usr/bin/setpriv",
                "--reuid",
                String.valueOf(uid),
                "--regid",
                String.valueOf(uid),
                "--clear-groups",
                "--no-new-privs",
                "--inh-caps=-all",
                "--");
    }

    @SafeVarargs
    static List<String> join(List<String>... parts) {
        List<String> all = new ArrayList<>();
        for (List<String> part : parts) {
            all.addAll(part);
        }
        return List.copyOf(all);
    }

    /** Without a mount namespace the agent's folders keep the names they have outside. */
    static Path outsideNameOf(String agentPath, Folders folders) {
        return switch (agentPath) {
            case Isolation.WORKSPACE -> folders.workspace();
            case Isolation.OUTPUTS -> folders.outputs();
            case Isolation.UPLOADS -> folders.uploads().orElse(Path.of(agentPath));
            default -> Path.of(agentPath);
        };
    }
}
