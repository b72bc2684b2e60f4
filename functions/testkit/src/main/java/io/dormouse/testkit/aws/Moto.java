package io.dormouse.testkit.aws;

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
import java.util.concurrent.TimeUnit;
import org.opentest4j.TestAbortedException;

/** moto, installed below {@code target/} when it is first asked for, one process for all tests of a JVM. */
public final class Moto {
    private static final Path FOLDER = Path.of("target/moto").toAbsolutePath();
    private static final int INSTALL_MINUTES = 10;

    private sealed interface State {
        record Running(URI endpoint) implements State {}

        record Missing(String why) implements State {}
    }

    private static State state;

    private Moto() {}

    /** Where it listens. Skips the test when there is no moto, and says why; on CI that is a failure. */
    public static synchronized URI endpoint() {
        if (state == null) state = start();
        return switch (state) {
            case State.Running running -> running.endpoint();
            case State.Missing missing -> {
                if (System.getenv("CI") != null) throw new AssertionError("no moto: " + missing.why());
                throw new TestAbortedException("no moto: " + missing.why());
            }
        };
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

    private static Path unpack(String name) throws IOException {
        Path file = FOLDER.resolve(name);
        try (InputStream in = Moto.class.getResourceAsStream(name)) {
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        }
        return file;
    }
}
