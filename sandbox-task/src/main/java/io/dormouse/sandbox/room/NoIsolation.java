package io.dormouse.sandbox.room;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** No walls at all: agent code runs as this program's own user. Only for those who ask for it by name. */
public record NoIsolation(Folders folders, Limits limits) implements Isolation {

    @Override
    public List<String> wrap(View view, List<String> command) {
        return Commands.join(
                List.of("/usr/bin/setsid", "/usr/bin/setpriv", "--pdeathsig", "KILL", "--no-new-privs", "--"),
                limits.prlimit(view == View.SHELL),
                command);
    }

    @Override
    public Map<String, String> environment() {
        return Isolation.agentEnvironment(folders.workspace().toString());
    }

    @Override
    public Path workingDirectory() {
        return folders.workspace();
    }

    @Override
    public Path seenAs(String agentPath) {
        return Commands.outsideNameOf(agentPath, folders);
    }

    @Override
    public List<String> workerCommand() {
        Program program = Program.running();
        return Program.command(program.javaHome(), program.classPath());
    }

    @Override
    public long ownUid() {
        return -1;
    }

    @Override
    public List<String> signalPrefix() {
        return List.of();
    }

    @Override
    public boolean ownsTmp() {
        return false;
    }

    @Override
    public boolean ownProcessNamespace() {
        return false;
    }
}
