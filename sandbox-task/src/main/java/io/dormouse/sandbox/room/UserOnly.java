package io.dormouse.sandbox.room;

import java.util.List;

/**
 * Agent code runs as its own unprivileged user, and nothing more. For a container that holds this hand alone, where the
 * container is the wall. Needs a supervisor that is root.
 */
public record UserOnly(Folders folders, Limits limits, Outlet outlet, long uid) implements SharedRoot {

    @Override
    public List<String> wrap(View view, List<String> command) {
        List<String> drop = Commands.join(
                List.of("/usr/bin/setsid"),
                Commands.asUser(uid),
                List.of("/usr/bin/setpriv", "--pdeathsig", "KILL", "--"));
        return Commands.join(drop, limits.prlimit(view == View.SHELL), command);
    }

    @Override
    public long ownUid() {
        return uid;
    }

    @Override
    public List<String> signalPrefix() {
        return Commands.asUser(uid);
    }

    @Override
    public boolean ownsTmp() {
        return true;
    }
}
