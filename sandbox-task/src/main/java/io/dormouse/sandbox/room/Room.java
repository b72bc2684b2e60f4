package io.dormouse.sandbox.room;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Starts processes behind the walls. All methods may be called from any thread. */
public final class Room {
    private final Isolation isolation;

    /**
     * One thread starts every process and lives as long as this program. The kernel ends a die-with-parent process when
     * the <i>thread</i> that started it ends, and pools end theirs at will.
     */
    private final ExecutorService starter = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("room-starter").factory());

    private volatile Map<String, String> variables = Map.of();

    public Room(Isolation isolation) {
        this.isolation = isolation;
    }

    public Isolation isolation() {
        return isolation;
    }

    /** Further variables for shells that start from now on. They are kept in memory and on no command line. */
    public void variables(Map<String, String> further) {
        variables = Map.copyOf(further);
    }

    /** The same as a command for bash. */
    String exports() {
        StringBuilder exports = new StringBuilder();
        variables.forEach((name, value) -> exports.append("export ")
                .append(name)
                .append('=')
                .append(Shell.quoted(value))
                .append("; "));
        return exports.toString();
    }

    /** Starts {@code command} inside, with pipes for its three streams. */
    public Process start(View view, List<String> command) throws IOException {
        try {
            if (view == View.SHELL) {
                isolation.outlet().ready().get();
            }
            return launch(view, command);
        } catch (ExecutionException failed) {
            throw new IOException("the way out is broken: " + failed.getCause().getMessage(), failed);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("stopped while starting a process in the room", stopped);
        }
    }

    private Process launch(View view, List<String> command) throws IOException {
        try {
            return starter.submit(() -> {
                        ProcessBuilder builder = new ProcessBuilder(isolation.wrap(view, command));
                        builder.environment().clear();
                        builder.environment().putAll(isolation.environment(view));
                        builder.directory(isolation.workingDirectory().toFile());
                        return builder.start();
                    })
                    .get();
        } catch (ExecutionException failed) {
            throw new IOException(
                    "cannot start a process in the room: " + failed.getCause().getMessage(), failed);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("stopped while starting a process in the room", stopped);
        }
    }

    /** Tries the walls with a command that does nothing. Answers why they do not stand, or nothing when they do. */
    public Optional<String> problem() {
        try {
            Process probe = launch(View.SHELL, List.of("/bin/true"));
            probe.getOutputStream().close();
            if (!probe.waitFor(10, TimeUnit.SECONDS)) {
                probe.destroyForcibly();
                return Optional.of("the room did not start within 10 seconds");
            }
            if (probe.exitValue() == 0) {
                return Optional.empty();
            }
            String said = new String(probe.getErrorStream().readNBytes(2000), StandardCharsets.UTF_8).strip();
            return Optional.of("starting a room failed with exit code " + probe.exitValue() + ": " + said);
        } catch (IOException broken) {
            return Optional.of(broken.getMessage());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return Optional.of("stopped while trying the room");
        }
    }
}
