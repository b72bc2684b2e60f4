package io.dormouse.sandbox.room;

import java.util.List;

/** No walls at all: agent code runs as this program's own user. Only for those who ask for it by name. */
public record NoIsolation(Folders folders, Limits limits, Outlet outlet) implements SharedRoot {

    @Override
    public List<String> wrap(View view, List<String> command) {
        return Commands.join(
                List.of("/usr/bin/setsid", "/usr/bin/setpriv", "--pdeathsig", "KILL", "--no-new-privs", "--"),
                limits.prlimit(view == View.SHELL),
                command);
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
}
