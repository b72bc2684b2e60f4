package io.dormouse.testkit.moto;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.opentest4j.TestAbortedException;

/** moto, installed below this module's {@code target/} when it is first asked for, one process for all tests of a JVM. */
public final class Moto {
    private static final Path FOLDER = root().resolve("functions/testkit/target/moto");
    private static final int INSTALL_MINUTES = 10;

    private sealed interface State {
        record Running(URI endpoint) implements State {}

        record Missing(String why) implements State {}
    }

    private static State state;

    private Moto() {}

    /** Where it listens. Skips the test when there is no moto, and says why; on CI that is a failure. */
    public static URI endpoint() {
        Optional<String> missing = missing();
        if (missing.isEmpty()) return ((State.Running) state()).endpoint();
        throw new TestAbortedException(missing.get());
    }

    /** Why its tests are skipped; nothing when they are not. An {@link AssertionError} on CI, where it must be there. */
    public static Optional<String> missing() {
        return switch (state()) {
            case State.Running running -> Optional.empty();
            case State.Missing(String why) -> {
                if (System.getenv("CI") != null) throw new AssertionError("no moto: " + why);
                yield Optional.of("no moto: " + why);
            }
        };
    }

    private static synchronized State state() {
        if (state == null) state = start();
        return state;
    }

    /** One installation for all modules of a checkout, whichever of them is being tested. */
    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.isDirectory(folder.resolve("functions/testkit"))) folder = folder.getParent();
        if (folder == null) throw new IllegalStateException("not started inside of a checkout");
        return folder;
    }

    private static State start() {
        try {
            Files.createDirectories(FOLDER);
            // Two builds of one checkout take turns; the lock goes with the channel.
            try (FileChannel channel =
                    FileChannel.open(FOLDER.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.lock();
                install();
            }
            Path script = unpack("emulator.py");
            Process process = new ProcessBuilder(python().toString(), script.toString())
                    .redirectError(FOLDER.resolve("moto.log").toFile())
                    .start();
            // It ends with its standard input, so also when this JVM is killed.
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
            BufferedReader out = process.inputReader();
            String port = out.readLine();
            if (port == null) return new State.Missing("it did not start; see " + FOLDER.resolve("moto.log"));
            return new State.Running(URI.create("http://127.0.0.1:" + port));
        } catch (IOException e) {
            System.err.println("moto is not there, and its tests are skipped: " + e.getMessage());
            return new State.Missing(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new State.Missing("interrupted");
        }
    }

    private static void install() throws IOException, InterruptedException {
        Path wanted = unpack("requirements.txt");
        Path installed = FOLDER.resolve("installed.txt");
        if (Files.exists(installed) && Files.mismatch(wanted, installed) == -1) return;
        run("python3", "-m", "venv", "--clear", FOLDER.resolve("venv").toString());
        // No dependency but those that are pinned, and nothing that would have to be compiled.
        run(
                python().toString(),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--only-binary=:all:",
                "-r",
                wanted.toString());
        Files.copy(wanted, installed, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Path log = FOLDER.resolve("install.log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!process.waitFor(INSTALL_MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IOException(List.of(command) + " took too long");
        }
        if (process.exitValue() != 0) throw new IOException(List.of(command) + ": " + Files.readString(log));
    }

    private static Path python() {
        return FOLDER.resolve("venv/bin/python");
    }

    /** Whoever reads it finds it whole: other JVMs start theirs from the same folder. */
    private static Path unpack(String name) throws IOException {
        Path file = FOLDER.resolve(name);
        Path whole = Files.createTempFile(FOLDER, name, null);
        try (InputStream in = Moto.class.getResourceAsStream(name)) {
            Files.copy(in, whole, StandardCopyOption.REPLACE_EXISTING);
        }
        return Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
