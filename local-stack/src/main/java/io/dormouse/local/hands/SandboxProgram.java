package io.dormouse.local.hands;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How to start a supervisor: the program of the module sandbox-task, which runs beside the suite and never in it.
 *
 * @param command the command line of the JVM with the program
 */
public record SandboxProgram(List<String> command) {
    private static final String MAIN = "io.dormouse.sandbox.Main";

    public SandboxProgram {
        command = List.copyOf(command);
    }

    /**
     * The packaged program: the jar that {@code DORMOUSE_SANDBOX_JAR} names, else the one that the build left below this
     * directory or the one above it. Nothing when there is none.
     *
     * @param archive where the JVM keeps its class data archive, which halves the time of later starts
     */
    public static Optional<SandboxProgram> find(Map<String, String> environment, Path archive) {
        String named = environment.getOrDefault("DORMOUSE_SANDBOX_JAR", "").trim();
        if (!named.isEmpty()) {
            return Optional.of(ofJar(Path.of(named), archive));
        }
        return built().map(jar -> ofJar(jar, archive));
    }

    /** The jar that the build left below this directory or the one above it. */
    public static Optional<Path> built() {
        return Stream.of("sandbox-task/target", "../sandbox-task/target")
                .map(Path::of)
                .flatMap(SandboxProgram::jars)
                .findFirst();
    }

    static SandboxProgram ofJar(Path jar, Path archive) {
        return java(List.of(
                // Written by the first supervisor as it ends; header last, so that half a file is no archive.
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + archive.toAbsolutePath(),
                "-Xlog:disable",
                "-Xlog:all=error:stderr",
                "-jar",
                jar.toAbsolutePath().toString()));
    }

    /** From classes and jars on a class path, as tests have them. */
    static SandboxProgram ofClassPath(String classPath) {
        return java(List.of("-cp", classPath, MAIN));
    }

    private static SandboxProgram java(List<String> more) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx192m", "-Xms8m", "-Xss512k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(more);
        return new SandboxProgram(command);
    }

    private static Stream<Path> jars(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files
                    .filter(file -> file.getFileName().toString().matches("sandbox-task-[0-9.]+(-SNAPSHOT)?\\.jar"))
                    .toList()
                    .stream();
        } catch (IOException absent) {
            return Stream.of();
        }
    }
}
