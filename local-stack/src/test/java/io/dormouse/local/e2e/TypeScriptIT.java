package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Runs the tests of {@code src/test/ts}, which use the official TypeScript SDK, against a suite with its offline model. */
@FirstStoreOnly("another language on the same wire; the tests with the Java SDK run on both")
class TypeScriptIT {
    private static final Path SOURCES = RunningSuite.ROOT.resolve("local-stack/src/test/ts");
    private static final Path BUILD = RunningSuite.ROOT.resolve("local-stack/target/ts");

    @Test
    void the_official_typescript_sdk_works_unchanged() throws Exception {
        String missing = missing();
        if (missing != null && System.getenv("CI") != null) throw new AssertionError(missing);
        if (missing != null) System.err.println("TypeScriptIT is skipped: " + missing);
        Assumptions.assumeTrue(missing == null, missing);
        Files.createDirectories(BUILD);
        for (String file : List.of("package.json", "package-lock.json", "dormouse.test.mjs"))
            Files.writeString(BUILD.resolve(file), Files.readString(SOURCES.resolve(file)));
        Files.writeString(BUILD.resolve("readme-example.mjs"), example());
        Path installed = BUILD.resolve("node_modules/.package-lock.json");
        Path lock = BUILD.resolve("package-lock.json");
        Path stamp = BUILD.resolve("installed-lock.json");
        if (!Files.exists(installed) || !Files.exists(stamp) || Files.mismatch(lock, stamp) >= 0) {
            run(Map.of(), "npm", "ci", "--no-audit", "--no-fund");
            Files.writeString(stamp, Files.readString(lock));
        }
        try (RunningSuite suite = RunningSuite.startWith(
                Map.of("DORMOUSE_API_KEY", RunningSuite.KEY, "DORMOUSE_CONTEXT_WINDOW", "16000"))) {
            String said = run(
                    Map.of(
                            "ANTHROPIC_BASE_URL", suite.address().toString(),
                            "ANTHROPIC_API_KEY", RunningSuite.KEY,
                            "README_EXAMPLE",
                                    BUILD.resolve("readme-example.mjs").toString()),
                    "node",
                    "--test",
                    "--test-reporter=tap",
                    "dormouse.test.mjs");
            assertThat(said).contains("\n# fail 0\n", "\n# skipped 0\n").doesNotContain("\n# pass 0\n");
            assertThat(suite.output()).doesNotContain(" ERROR ");
        }
    }

    @Test
    void the_lock_file_names_no_place_to_download_from() throws IOException {
        assertThat(Files.readString(SOURCES.resolve("package-lock.json")))
                .doesNotContain("\"resolved\"")
                .doesNotContain("://")
                .contains("\"integrity\"");
    }

    /** The first example of the README, word for word. */
    private static String example() throws IOException {
        String readme = Files.readString(RunningSuite.ROOT.resolve("README.md"));
        int from = readme.indexOf("```js\n") + "```js\n".length();
        String example = readme.substring(from, readme.indexOf("```", from));
        assertThat(example).contains("import Anthropic");
        return example;
    }

    private static String missing() throws InterruptedException {
        for (String tool : List.of("node", "npm"))
            try {
                if (new ProcessBuilder(tool, "--version").start().waitFor() != 0) return tool + " does not work";
            } catch (IOException absent) {
                return tool + " is missing";
            }
        return null;
    }

    private static String run(Map<String, String> environment, String... command) throws Exception {
        Path output = Files.createTempFile("dormouse-ts-", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command).directory(BUILD.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("ANTHROPIC_"));
        builder.environment().putAll(environment);
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(5, TimeUnit.MINUTES);
        if (!ended) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        String said = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
        Files.delete(output);
        assertThat(ended ? process.exitValue() : -1)
                .as(String.join(" ", command) + ":\n" + said)
                .isZero();
        return said;
    }
}
