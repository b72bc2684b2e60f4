package io.dormouse.local.hands;

import io.dormouse.hands.remote.Endpoint;
import io.dormouse.hands.remote.SupervisorClient;
import io.dormouse.id.Sha256;
import io.dormouse.local.hands.HandFolder.Kept;
import io.dormouse.local.hands.HandFolder.Run;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Finds, starts and stops the supervisor of a hand. One thread at a time for one hand. */
final class Launcher {
    private static final Duration HEALTH = Duration.ofSeconds(2);
    private static final Duration SILENCE = Duration.ofSeconds(10);
    private static final Duration START = Duration.ofSeconds(30);
    private static final Duration STOP = Duration.ofSeconds(8);

    /** The supervisor's own exit codes. */
    private static final int ALREADY_RUNNING = 4;

    sealed interface Launched {
        record Up(Endpoint endpoint) implements Launched {}

        record Down(String why) implements Launched {}
    }

    private final SandboxProgram program;
    private final boolean unsafe;
    private final Map<String, String> settings;
    private final SupervisorClient client;

    /** @param settings further environment variables for the supervisors: limits and the like */
    Launcher(SandboxProgram program, boolean unsafe, Map<String, String> settings, SupervisorClient client) {
        this.program = program;
        this.unsafe = unsafe;
        this.settings = Map.copyOf(settings);
        this.client = client;
    }

    /** The living supervisor of the hand, if it has one. One that lives and stays silent is killed: it helps nobody. */
    Optional<Endpoint> find(HandFolder folder, Kept kept) {
        Optional<Run> run = folder.run().filter(Run::alive);
        if (run.isEmpty()) {
            return Optional.empty();
        }
        if (!run.get().isolation().equals(isolation())) {
            stop(folder, kept); // left by a suite that was told otherwise
            return Optional.empty();
        }
        Endpoint endpoint = run.get().endpoint(kept.secret());
        long giveUp = System.nanoTime() + SILENCE.toNanos();
        while (run.get().alive()) {
            if (client.healthy(endpoint, folder.id().text(), HEALTH)) {
                return Optional.of(endpoint);
            }
            if (System.nanoTime() > giveUp) {
                run.get().kill();
            }
            pause(Duration.ofMillis(50));
        }
        return Optional.empty();
    }

    /** Starts a supervisor and waits until it listens. */
    Launched start(HandFolder folder, Kept kept) throws IOException {
        long logged = Files.exists(folder.log()) ? Files.size(folder.log()) : 0;
        Files.createDirectories(folder.uploads());
        Process process = launch(folder, kept);
        long giveUp = System.nanoTime() + START.toNanos();
        while (System.nanoTime() < giveUp) {
            // A record of a process that is not alive is an old one.
            Optional<Endpoint> found = find(folder, kept);
            if (found.isPresent()) {
                return new Launched.Up(found.get());
            }
            // Another supervisor that holds the lock is about to say where it listens.
            if (!process.isAlive() && process.exitValue() != ALREADY_RUNNING) {
                return new Launched.Down(reason(folder, logged, process.exitValue()));
            }
            pause(Duration.ofMillis(5));
        }
        process.destroyForcibly();
        return new Launched.Down("the sandbox did not start within " + START.toSeconds() + " s");
    }

    /** Ends the supervisor, in order if it listens, and waits until it is gone. */
    void stop(HandFolder folder, Kept kept) {
        Optional<Run> run = folder.run().filter(Run::alive);
        if (run.isEmpty()) {
            return;
        }
        client.stop(run.get().endpoint(kept.secret()));
        long giveUp = System.nanoTime() + STOP.toNanos();
        while (run.get().alive() && System.nanoTime() < giveUp) {
            pause(Duration.ofMillis(10));
        }
        run.get().kill();
        while (run.get().alive() && System.nanoTime() < giveUp + STOP.toNanos()) {
            pause(Duration.ofMillis(10));
        }
    }

    /** In a session of its own and without any of our files, so that neither Ctrl-C nor our death ends it. */
    private Process launch(HandFolder folder, Kept kept) throws IOException {
        List<String> command = new ArrayList<>(List.of("/usr/bin/setsid"));
        command.addAll(program.command());
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(Path.of("/").toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.log().toFile()));
        Map<String, String> environment = builder.environment();
        environment.clear(); // the suite's own holds keys
        environment.put("LANG", "C.UTF-8");
        environment.putAll(settings);
        environment.put("DORMOUSE_HAND", folder.id().text());
        environment.put("DORMOUSE_SECRET_SHA256", Sha256.hex(kept.secret()));
        environment.put("DORMOUSE_STATE_DIR", folder.state().toString());
        environment.put("DORMOUSE_WORKSPACE_DIR", folder.workspace().toString());
        environment.put("DORMOUSE_OUTPUTS_DIR", folder.outputs().toString());
        environment.put("DORMOUSE_UPLOADS_DIR", folder.uploads().toString());
        environment.put("DORMOUSE_ISOLATION", isolation());
        environment.put("DORMOUSE_AGENT_UID", String.valueOf(kept.uid()));
        return builder.start();
    }

    private String isolation() {
        return unsafe ? "none" : "bubblewrap";
    }

    private static String reason(HandFolder folder, long from, int exitCode) throws IOException {
        byte[] all = Files.readAllBytes(folder.log());
        int start = (int) Math.min(from, all.length);
        String said = new String(all, start, Math.min(all.length - start, 2_000), StandardCharsets.UTF_8).strip();
        return said.isEmpty() ? "the sandbox ended at once, with exit code " + exitCode : said;
    }

    private static void pause(Duration time) {
        try {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
