package io.dormouse.local.lambda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is in the functions' zips: each runs on any processor that Lambda has, and has no other function in it. */
@Tag("first-store-only")
class ZipsIT {
    /** A class that only this function has. */
    private record Own(String function, String type) {}

    private static final List<Own> OWN = List.of(
            new Own("api", "io/dormouse/serve/ApiFunction.class"),
            new Own("harness", "io/dormouse/wake/WakeFunction.class"),
            new Own("credential-proxy", "io/dormouse/proxy/function/ProxyFunction.class"));

    /** A cold start reads it; Lambda would take 50 MB. */
    private static final long LARGEST_HARNESS_BYTES = 20_000_000;

    @ParameterizedTest
    @ValueSource(strings = {"api", "harness", "credential-proxy"})
    void a_zip_has_its_own_function_and_no_machine_code(String function) throws IOException {
        List<String> names = names(zip(function), true);
        assertThat(names).hasSizeGreaterThan(1_000);
        assertThat(names).noneMatch(name -> name.matches(".*\\.(so|dll|dylib|jnilib)"));
        for (Own own : OWN)
            assertThat(names.contains(own.type()))
                    .as(own.type() + " in " + function)
                    .isEqualTo(own.function().equals(function));
    }

    @Test
    void the_harness_is_small() throws IOException {
        assertThat(Files.size(zip("harness"))).isLessThan(LARGEST_HARNESS_BYTES);
    }

    private static Path zip(String function) {
        return Path.of("../functions", function, "target/function.zip");
    }

    /** With the files of its jars, by their names in those. */
    private static List<String> names(Path zip, boolean outer) throws IOException {
        List<String> names = new ArrayList<>();
        try (FileSystem files = FileSystems.newFileSystem(zip);
                Stream<Path> all = Files.walk(files.getPath("/"))) {
            for (Path file : all.toList()) {
                names.add(file.toString().substring(1));
                if (outer && file.toString().endsWith(".jar")) names.addAll(names(file, false));
            }
        }
        return names;
    }
}
