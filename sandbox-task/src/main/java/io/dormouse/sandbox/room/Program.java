package io.dormouse.sandbox.room;

import java.io.File;
import java.net.URI;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The files of this program that a second JVM needs: its class path entries and its JDK. */
record Program(List<Path> classPath, Path javaHome) {
    static final String WORKER = "io.dormouse.sandbox.files.Worker";

    /** Finds them from where the running classes came from; so it works from a jar and from a build's classes alike. */
    static Program running() {
        List<Path> entries = new ArrayList<>();
        for (Class<?> each : List.of(
                Program.class,
                com.fasterxml.jackson.databind.ObjectMapper.class,
                com.fasterxml.jackson.core.JsonFactory.class,
                com.fasterxml.jackson.annotation.JsonProperty.class)) {
            CodeSource source = each.getProtectionDomain().getCodeSource();
            Path path = Path.of(URI.create(source.getLocation().toString())).toAbsolutePath();
            if (!entries.contains(path)) {
                entries.add(path);
            }
        }
        return new Program(List.copyOf(entries), Path.of(System.getProperty("java.home")));
    }

    /** A small JVM: it starts quickly, and nobody can attach to it. */
    static List<String> command(Path javaHome, List<Path> classPath) {
        String joined = classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
        return List.of(
                javaHome.resolve("bin/java").toString(),
                "-Xmx256m",
                "-Xms8m",
                "-Xss512k",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-XX:-UsePerfData",
                "-XX:+DisableAttachMechanism",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:ErrorFile=/dev/null",
                "-cp",
                joined,
                WORKER);
    }
}
