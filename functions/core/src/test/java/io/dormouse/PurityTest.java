package io.dormouse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The core has no clock, no randomness, no I/O and no framework of its own: a simulator owns all of them. */
class PurityTest {
    private static final Path SOURCES = Path.of("src", "main", "java", "io", "dormouse");
    private static final Pattern IMPURE = Pattern.compile(
            "System\\.(currentTimeMillis|nanoTime|getenv|getProperty|exit|out|err)|Instant\\.now|Clock\\.system"
                    + "|InstantSource\\.system|new (Secure)?Random\\(|Math\\.random|ThreadLocalRandom|UUID"
                    + "|Thread\\.|Executor|java\\.net\\.|java\\.nio\\.file|java\\.io\\.File|java\\.sql|ProcessBuilder");
    private static final Pattern IMPORT = Pattern.compile("^import (static )?([a-z0-9.]+)\\.", Pattern.MULTILINE);
    private static final Set<String> LAYERS =
            Set.of("util", "common", "impl", "manager", "service", "helper", "model", "dto", "exception");

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            List<Path> sources =
                    files.filter(file -> file.toString().endsWith(".java")).toList();
            assertThat(sources).hasSizeGreaterThan(50);
            return sources;
        }
    }

    @Test
    void nothing_impure_is_called() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path source : sources()) {
            Matcher matcher = IMPURE.matcher(Files.readString(source));
            while (matcher.find()) found.add(SOURCES.relativize(source) + ": " + matcher.group());
        }
        assertThat(found).isEmpty();
    }

    @Test
    void nothing_but_the_jdk_and_jackson_is_used() throws IOException {
        for (Path source : sources()) {
            Matcher matcher = IMPORT.matcher(Files.readString(source));
            while (matcher.find())
                assertThat(matcher.group(2))
                        .as("%s", source)
                        .matches("java\\..*|com\\.fasterxml\\.jackson\\..*|io\\.dormouse\\..*");
        }
    }

    @Test
    void packages_are_features_and_each_says_what_it_owns() throws IOException {
        try (Stream<Path> folders = Files.walk(SOURCES)) {
            for (Path folder : folders.filter(Files::isDirectory).toList()) {
                if (folder.equals(SOURCES)) continue;
                assertThat(LAYERS).doesNotContain(folder.getFileName().toString());
                Path about = folder.resolve("package-info.java");
                assertThat(about).exists();
                assertThat(Files.readAllLines(about).size()).isLessThanOrEqualTo(10);
            }
        }
    }

    @Test
    void what_decides_does_not_know_what_performs() throws IOException {
        for (String pure : List.of("id", "session", "head", "wire", "prompt"))
            try (Stream<Path> files = Files.list(SOURCES.resolve(pure))) {
                for (Path file : files.toList())
                    assertThat(Files.readString(file))
                            .as("%s", file)
                            .doesNotContain("io.dormouse.harness")
                            .doesNotContain("io.dormouse.hands");
            }
        // A head and a log know no wire format and no prompt.
        for (String inner : List.of("id", "session", "head"))
            try (Stream<Path> files = Files.list(SOURCES.resolve(inner))) {
                for (Path file : files.toList())
                    assertThat(Files.readString(file))
                            .as("%s", file)
                            .doesNotContain("import io.dormouse.wire")
                            .doesNotContain("import io.dormouse.prompt");
            }
    }
}
