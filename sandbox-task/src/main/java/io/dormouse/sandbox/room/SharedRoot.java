package io.dormouse.sandbox.room;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What isolations without a mount namespace of their own share: the outside names of folders, the outside Java. */
sealed interface SharedRoot extends Isolation permits NoIsolation, UserOnly {
    Folders folders();

    @Override
    default Map<String, String> environment() {
        return Isolation.agentEnvironment(folders().workspace().toString(), outlet().variables());
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
