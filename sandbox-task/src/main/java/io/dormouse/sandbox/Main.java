package io.dormouse.sandbox;

import io.dormouse.sandbox.egress.Egress;
import io.dormouse.sandbox.exchange.Outputs;
import io.dormouse.sandbox.exchange.Uploads;
import io.dormouse.sandbox.exchange.Workspace;
import io.dormouse.sandbox.room.Bubblewrap;
import io.dormouse.sandbox.room.EtcFolder;
import io.dormouse.sandbox.room.Folders;
import io.dormouse.sandbox.room.Isolation;
import io.dormouse.sandbox.room.NoIsolation;
import io.dormouse.sandbox.room.Outlet;
import io.dormouse.sandbox.room.Room;
import io.dormouse.sandbox.room.UserOnly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Starts the supervisor of one hand and stays until it is told to stop, or nobody called for too long. */
public final class Main {
    /** Exit codes besides 0. */
    static final int BAD_SETTINGS = 2;

    static final int NO_ISOLATION = 3;
    static final int ALREADY_RUNNING = 4;
    static final int BROKEN = 5;

    private Main() {}

    /** Takes no arguments; see the README for the environment variables and exit codes. */
    public static void main(String[] arguments) throws InterruptedException {
        switch (Settings.of(System.getenv())) {
            case Settings.Parsed.Bad(String why) -> fail(BAD_SETTINGS, why);
            case Settings.Parsed.Good(Settings settings) -> {
                try {
                    run(settings);
                } catch (IOException broken) {
                    fail(BROKEN, broken.toString());
                }
            }
        }
    }

    private static void run(Settings settings) throws IOException, InterruptedException {
        boolean root = "0".equals(String.valueOf(Files.getAttribute(Path.of("/proc/self"), "unix:uid")));
        Optional<String> mismatch = mismatch(settings, root);
        if (mismatch.isPresent()) {
            fail(BAD_SETTINGS, mismatch.get());
        }
        Optional<StateFolder> opened = StateFolder.open(settings.state());
        if (opened.isEmpty()) {
            fail(ALREADY_RUNNING, "another supervisor holds " + settings.state());
        }
        StateFolder state = opened.get();
        Folders folders = folders(settings, state, root);
        boolean ownNetwork = settings.walls() == Settings.Walls.BUBBLEWRAP;
        Egress egress = Egress.open(
                settings.hand(),
                settings.egress().orElse(state.egress()),
                ownNetwork,
                settings.egressListen(),
                settings.secret()::isIt);
        Room room = new Room(isolation(settings, folders, egress.outlet(), root));
        CompletableFuture<Optional<String>> problem = CompletableFuture.supplyAsync(room::problem);

        CountDownLatch stop = new CountDownLatch(1);
        HttpApi.Activity activity = new HttpApi.Activity();
        Toolbox tools = new Toolbox(room, settings.limits(), state.installed());
        // A call was told to the journal before it ran.
        boolean used = Files.exists(state.journal()) && Files.size(state.journal()) > 0;
        Workspace workspace = new Workspace(room, settings.limits(), state.installed(), state.restored(), used);
        Calls calls = new Calls(state.journal(), InstantSource.system(), tools);
        Routes routes = new Routes(settings.hand(), calls, workspace, egress.port(), tools::prepare, stop::countDown);
        Optional<Uploads> uploads = settings.uploads().isEmpty()
                ? Optional.empty()
                : Optional.of(new Uploads(
                        settings.uploads().get(),
                        settings.state(),
                        settings.limits().diskBytes()));
        FileRoutes files = new FileRoutes(uploads, new Outputs(room), workspace);
        problem.join().ifPresent(why -> fail(NO_ISOLATION, why));
        HttpApi api = HttpApi.listen(settings.listen(), settings.secret(), routes, files, activity);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(api, calls, tools, egress, state)));
        state.announce(settings.hand(), api.address(), settings.walls().settingName());
        System.out.println(
                "hand " + settings.hand() + " listens on " + api.address().getPort());

        long look = Math.max(1, Math.min(10, settings.idleExit().toSeconds() / 4));
        while (!stop.await(look, TimeUnit.SECONDS)) {
            if (activity.idleSeconds() >= settings.idleExit().toSeconds()) {
                System.out.println("nobody called for " + activity.idleSeconds() + " s");
                break;
            }
        }
        System.exit(0);
    }

    private static void close(HttpApi api, Calls calls, Toolbox tools, Egress egress, StateFolder state) {
        try {
            api.close();
            calls.close(); // first, so that what the end of the rooms looks like to a call is not taken for its result
            tools.close();
            egress.close();
            state.close();
        } catch (IOException unclosed) {
            System.err.println("while stopping: " + unclosed.getMessage());
        }
    }

    private static Optional<String> mismatch(Settings settings, boolean root) {
        boolean uid = settings.agentUid() > 0;
        return switch (settings.walls()) {
            case BUBBLEWRAP -> root && !uid ? Optional.of("as root, DORMOUSE_AGENT_UID is required") : Optional.empty();
            // The state folder is closed to the agent, and nothing is bound to where it could read it.
            case USER ->
                root && uid && settings.egress().isPresent()
                        ? Optional.empty()
                        : Optional.of("isolation `user` needs root, DORMOUSE_AGENT_UID and DORMOUSE_EGRESS_DIR");
            case NONE -> Optional.empty();
        };
    }

    private static Isolation isolation(Settings settings, Folders folders, Outlet outlet, boolean root) {
        return switch (settings.walls()) {
            case BUBBLEWRAP -> new Bubblewrap(folders, settings.limits(), outlet, root ? settings.agentUid() : -1);
            case USER -> new UserOnly(folders, settings.limits(), outlet, settings.agentUid());
            case NONE -> new NoIsolation(folders, settings.limits(), outlet);
        };
    }

    /** Makes the folders and gives those that agent code writes to its user. Their parents stay out of its reach. */
    private static Folders folders(Settings settings, StateFolder state, boolean root) throws IOException {
        Folders folders = new Folders(
                settings.workspace(), settings.outputs(), state.temporary(), settings.uploads(), state.etc());
        EtcFolder.writeTo(folders.etc());
        for (Path folder : new Path[] {folders.workspace(), folders.outputs(), folders.temporary()}) {
            Files.createDirectories(folder);
            if (root && settings.walls() != Settings.Walls.NONE) {
                Files.setAttribute(folder, "unix:uid", (int) settings.agentUid(), LinkOption.NOFOLLOW_LINKS);
                Files.setAttribute(folder, "unix:gid", (int) settings.agentUid(), LinkOption.NOFOLLOW_LINKS);
            }
        }
        Files.setAttribute(folders.temporary(), "unix:mode", 01777); // as programs expect of a /tmp
        return folders;
    }

    /** Says why on standard error and ends the program. Never returns. */
    private static void fail(int code, String why) {
        System.err.println("sandbox: " + why);
        Runtime.getRuntime().halt(code);
    }
}
