package io.dormouse.sandbox.room;

import static java.util.Map.entry;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The walls around agent code. */
public sealed interface Isolation permits Bubblewrap, SharedRoot {

    /** Where the agent finds its folders, by the names it knows them by. */
    String WORKSPACE = "/workspace";

    String OUTPUTS = "/mnt/session/outputs";
    String UPLOADS = "/mnt/session/uploads";

    /** The way out of the shell's room. */
    Outlet outlet();

    /** The full command line that runs {@code command} behind the walls. */
    List<String> wrap(View view, List<String> command);

    /** The environment of the wrapped process. For bubblewrap it is empty: its own environment is readable inside. */
    Map<String, String> environment(View view);

    /** The working directory to start in, or null when the walls see to it. */
    Path workingDirectory();

    /** What a path that the agent knows is called where the wrapped process runs. */
    Path seenAs(String agentPath);

    /** The command line of the file worker, without its arguments. */
    List<String> workerCommand();

    /** The user whose processes these are, when it is the agent's alone; -1 when shared with others. */
    long ownUid();

    /** The prefix that sends a signal with the agent's own rights, so that a reused pid can hit nothing else. */
    List<String> signalPrefix();

    /** Whether /tmp is this hand's alone. */
    boolean ownsTmp();

    /** Whether the room is a pid namespace, whose first process takes all others with it. */
    boolean ownProcessNamespace();

    /**
     * What programs find in their environment. HOME is the workspace, so that what they keep there outlives a stop; what
     * is installed for the user goes to {@code ~/.local}, and Debian packages to {@code ~/.local/apt}.
     */
    static Map<String, String> agentEnvironment(String home, Map<String, String> more) {
        String local = home + "/.local";
        String debian = local + "/apt";
        String architecture = System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x86_64";
        String path = String.join(
                ":",
                local + "/bin",
                home + "/go/bin",
                home + "/.cargo/bin",
                debian + "/usr/bin",
                debian + "/usr/sbin",
                debian + "/usr/games",
                debian + "/bin",
                debian + "/sbin",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/go/bin");
        String libraries = String.join(
                ":",
                debian + "/usr/lib/" + architecture + "-linux-gnu",
                debian + "/usr/lib",
                debian + "/lib/" + architecture + "-linux-gnu");
        Map<String, String> environment = new TreeMap<>(Map.ofEntries(
                entry("PATH", path),
                entry("LD_LIBRARY_PATH", libraries),
                entry("LIBRARY_PATH", libraries),
                entry("CPATH", debian + "/usr/include"),
                entry("PYTHONPATH", debian + "/usr/lib/python3/dist-packages"),
                entry("PERL5LIB", debian + "/usr/share/perl5"),
                entry("NODE_PATH", local + "/lib/node_modules"),
                entry("HOME", home),
                entry("USER", "agent"),
                entry("LOGNAME", "agent"),
                entry("SHELL", "/bin/bash"),
                entry("LANG", "C.UTF-8"),
                entry("TERM", "dumb"),
                entry("PAGER", "cat")));
        environment.putAll(more);
        return environment;
    }
}
