package io.dormouse.local.fargate;

import io.dormouse.local.hands.SandboxProgram;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The program of the image as the build left it, with the archive of its classes that the image gets: tests start it often. */
final class HandProgram {
    private static final int PATIENCE_SECONDS = 120;

    private HandProgram() {}

    /** For the JVM; from the classes where nothing is packaged. */
    static List<String> options() {
        return SandboxProgram.built()
                .map(jar -> packaged(jar.toAbsolutePath()))
                .orElse(List.of("-cp", System.getProperty("java.class.path"), "io.dormouse.sandbox.Main"));
    }

    private static synchronized List<String> packaged(Path jar) {
        Path archive = jar.resolveSibling("hand.jsa");
        // The lock goes with the channel.
        try (FileChannel lock = FileChannel.open(
                jar.resolveSibling("hand.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock.lock();
            if (!Files.exists(archive)
                    || Files.getLastModifiedTime(archive).compareTo(Files.getLastModifiedTime(jar)) < 0)
                record(jar, archive);
        } catch (IOException | InterruptedException e) {
            System.err.println("hands start without an archive, which takes longer: " + e);
        }
        return options(jar, "-XX:SharedArchiveFile=" + archive);
    }

    private static List<String> options(Path jar, String archive) {
        return List.of(archive, "-Xlog:disable", "-Xlog:all=error:stderr", "-jar", jar.toString());
    }

    /** One start and end, as where the image is built. */
    private static void record(Path jar, Path archive) throws IOException, InterruptedException {
        Path unfinished = Path.of(archive + ".new");
        Path room = jar.resolveSibling("image-start");
        List<String> command = new ArrayList<>(HandImage.JVM);
        command.addAll(options(jar, "-XX:ArchiveClassesAtExit=" + unfinished));
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        Map<String, String> environment = builder.environment();
        environment.put("DORMOUSE_HAND", "image");
        environment.put("DORMOUSE_SECRET_SHA256", "0".repeat(64));
        environment.put("DORMOUSE_ISOLATION", "user");
        environment.put("DORMOUSE_AGENT_UID", "10001");
        environment.put("DORMOUSE_LISTEN", "127.0.0.1:0");
        environment.put("DORMOUSE_EGRESS_LISTEN", "127.0.0.1:0");
        environment.put("DORMOUSE_IDLE_EXIT_SECONDS", "1");
        for (String folder : List.of("state", "workspace", "outputs", "egress"))
            environment.put(
                    "DORMOUSE_" + folder.toUpperCase(Locale.ROOT) + "_DIR",
                    room.resolve(folder).toString());
        Path uploads = Files.createDirectories(room.resolve("uploads"));
        environment.put("DORMOUSE_UPLOADS_DIR", uploads.toString());
        Process once = builder.start();
        if (!once.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) once.destroyForcibly();
        Files.move(unfinished, archive, StandardCopyOption.ATOMIC_MOVE);
    }
}
