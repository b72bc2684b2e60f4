package io.dormouse.sandbox.room;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A room of its own namespaces: no network, no other process, no host file but the read-only system and the hand's
 * folders, no way to become root or to make a namespace in it. A supervisor that is root first becomes the hand's own
 * user: root inside would see the kernel's settings writable, and process limits count per user.
 *
 * @param outlet the shell's way out
 * @param rootUid the hand's own uid when this program is root, or -1 when it is not and the room runs as its user
 */
public record Bubblewrap(Folders folders, Limits limits, Outlet outlet, long rootUid) implements Isolation {
    static final String BWRAP = "/usr/bin/bwrap";

    /** Who the agent is inside, whatever uid that is outside. */
    static final String AGENT_UID = "1000";

    /** What programs need of /etc. Everything else of it may be a secret of the host. */
    private static final List<String> ETC = List.of(
            "ld.so.cache",
            "ld.so.conf",
            "ld.so.conf.d",
            "alternatives",
            "ssl/certs",
            "ssl/openssl.cnf",
            "pki/tls/certs",
            "pki/ca-trust/extracted",
            "crypto-policies",
            "localtime",
            "timezone",
            "mime.types",
            "services",
            "protocols",
            "os-release",
            "debian_version",
            "fonts",
            "terminfo");

    private static final String PACKAGES = "/var/lib/dpkg/status";

    @Override
    public List<String> wrap(View view, List<String> command) {
        Stage stage = new Stage(rootUid >= 0, folders);
        List<String> walls = walls(view, stage);
        List<String> inside = view == View.SHELL
                ? outlet.relayed(Commands.join(limits.prlimit(true), command))
                : Commands.join(limits.prlimit(false), command);
        List<String> drop = rootUid >= 0 ? Commands.asUser(rootUid) : List.of();
        return Commands.join(stage.prefix(), drop, walls, inside);
    }

    private List<String> walls(View view, Stage stage) {
        List<String> args = new ArrayList<>(List.of(BWRAP, "--unshare-all", "--unshare-user", "--disable-userns"));
        add(args, "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv");
        add(args, "--uid", AGENT_UID, "--gid", AGENT_UID, "--hostname", "hand");
        system(args);
        add(
                args,
                "--proc",
                "/proc",
                "--dev",
                "/dev",
                "--size",
                "67108864",
                "--tmpfs",
                "/dev/shm",
                "--remount-ro",
                "/dev");
        String bind = view == View.USAGE ? "--ro-bind" : "--bind";
        add(args, bind, stage.name(folders.workspace(), "workspace"), WORKSPACE);
        add(args, bind, stage.name(folders.outputs(), "outputs"), OUTPUTS);
        add(args, bind, stage.name(folders.temporary(), "tmp"), "/tmp");
        folders.uploads().ifPresent(uploads -> add(args, "--ro-bind", stage.name(uploads, "uploads"), UPLOADS));
        etc(args, stage);
        if (view == View.FILES) {
            program(args, stage);
        }
        if (view == View.SHELL) {
            outlet(args, stage.name(outlet.folder(), "egress"));
        }
        // Last: until here bubblewrap itself makes mount points in it. Left writable, it would be unbounded memory.
        add(args, "--remount-ro", "/", "--chdir", view == View.SHELL ? WORKSPACE : "/");
        Map<String, String> more = view == View.SHELL ? outlet.variables() : Map.of();
        Isolation.agentEnvironment(WORKSPACE, more).forEach((name, value) -> add(args, "--setenv", name, value));
        args.add("--");
        return args;
    }

    private static void system(List<String> args) {
        add(args, "--ro-bind", "/usr", "/usr");
        for (String name : List.of("bin", "sbin", "lib", "lib32", "lib64", "libx32")) {
            Path path = Path.of("/", name);
            if (Files.isSymbolicLink(path)) {
                add(args, "--symlink", "usr/" + name, "/" + name);
            } else if (Files.isDirectory(path)) {
                add(args, "--ro-bind", "/" + name, "/" + name);
            }
        }
    }

    private void etc(List<String> args, Stage stage) {
        for (String name : ETC) {
            add(args, "--ro-bind-try", "/etc/" + name, "/etc/" + name);
        }
        javaSettings().forEach(folder -> add(args, "--ro-bind-try", folder.toString(), folder.toString()));
        String made = stage.name(folders.etc(), "etc");
        for (String name : EtcFolder.NAMES) {
            add(args, "--ro-bind", made + "/" + name, "/etc/" + name);
        }
        // Which packages the system has: apt asks before it fetches others.
        add(args, "--ro-bind-try", PACKAGES, PACKAGES);
    }

    /** Some distributions keep a JDK's settings in /etc/java-N, behind links; without them no java starts inside. */
    private static List<Path> javaSettings() {
        try (Stream<Path> all = Files.list(Path.of("/etc"))) {
            return all.filter(path -> path.getFileName().toString().startsWith("java-"))
                    .filter(Files::isDirectory)
                    .toList();
        } catch (java.io.IOException unreadable) {
            return List.of();
        }
    }

    /** Its certificates also stand where programs look that know no variable, or have lost them. */
    private static void outlet(List<String> args, String folder) {
        add(args, "--ro-bind", folder, Outlet.INSIDE);
        for (String bundle : Outlet.SYSTEM_BUNDLES) {
            if (Files.isRegularFile(Path.of(bundle), LinkOption.NOFOLLOW_LINKS)) {
                add(args, "--ro-bind", folder + "/" + Outlet.BUNDLE, bundle);
            }
        }
    }

    private static void program(List<String> args, Stage stage) {
        Program program = Program.running();
        for (int i = 0; i < program.classPath().size(); i++) {
            add(args, "--ro-bind", stage.name(program.classPath().get(i), "cp" + i), insideClassPath(i));
        }
        if (!program.javaHome().startsWith("/usr")) {
            add(args, "--ro-bind", stage.name(program.javaHome(), "jdk"), "/run/dormouse/jdk");
        }
    }

    private static String insideClassPath(int index) {
        return "/run/dormouse/cp" + index;
    }

    @Override
    public List<String> workerCommand() {
        Program program = Program.running();
        Path home = program.javaHome().startsWith("/usr") ? program.javaHome() : Path.of("/run/dormouse/jdk");
        List<Path> inside = new ArrayList<>();
        for (int i = 0; i < program.classPath().size(); i++) {
            inside.add(Path.of(insideClassPath(i)));
        }
        return Program.command(home, inside);
    }

    @Override
    public Map<String, String> environment(View view) {
        return Map.of();
    }

    @Override
    public Path workingDirectory() {
        return Path.of("/");
    }

    @Override
    public Path seenAs(String agentPath) {
        return Path.of(agentPath);
    }

    @Override
    public long ownUid() {
        return rootUid;
    }

    @Override
    public List<String> signalPrefix() {
        return rootUid >= 0 ? Commands.asUser(rootUid) : List.of();
    }

    @Override
    public boolean ownsTmp() {
        return true;
    }

    @Override
    public boolean ownProcessNamespace() {
        return true;
    }

    private static void add(List<String> args, String... more) {
        args.addAll(List.of(more));
    }
}
