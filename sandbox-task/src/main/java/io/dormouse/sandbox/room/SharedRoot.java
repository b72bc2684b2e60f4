package io.dormouse.sandbox.room;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What isolations without a mount namespace of their own share: the outside names of folders, the outside Java. */
sealed interface SharedRoot extends Isolation permits NoIsolation, UserOnly {
    Folders folders();

    @Override
    default Map<String, String> environment(View view) {
        // What does not go out need not be told the way, and a JVM would say aloud that it was.
        Map<String, String> more = view == View.SHELL ? outlet().variables() : Map.of();
        return Isolation.agentEnvironment(folders().workspace().toString(), more);
    }

    @Override
    default Path workingDirectory() {
        return folders().workspace();
    }

    @Override
    default Path seenAs(String agentPath) {
        return Commands.outsideNameOf(agentPath, folders());
    }

    @Override
    default List<String> workerCommand() {
        Program program = Program.running();
        return Program.command(program.javaHome(), program.classPath());
    }

    @Override
    default boolean ownProcessNamespace() {
        return false;
    }
}
