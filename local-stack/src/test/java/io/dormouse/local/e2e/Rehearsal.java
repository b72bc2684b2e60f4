package io.dormouse.local.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The classes of suites and of their hands, as one start has linked them. Tests spend half as long on
 * the starts.
 *
 * @param flags for the suites' JVM
 * @param hands the class data archive of hands' JVMs; null when there is none
 */
record Rehearsal(List<String> flags, Path hands) {
    private static final String ARCHIVE = "sandbox.jsa";

    /** The one of this build, for all JVMs of its tests: the first that asks for it makes it. */
    static synchronized Rehearsal on(boolean dynamo) {
        Path folder =
                RunningSuite.ROOT.resolve("local-stack/target/rehearsals").resolve(dynamo ? "dynamodb" : "sqlite");
        Path suites = folder.resolve("suites.aot");
        Path hands = folder.resolve(ARCHIVE);
        try {
            Files.createDirectories(folder);
            // The lock goes with the channel.
            try (FileChannel channel =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.lock();
                if (older(suites, RunningSuite.JAR) || older(hands, RunningSuite.JAR)) {
                    Files.deleteIfExists(suites);
                    Files.deleteIfExists(hands);
                    record(dynamo ? DynamoStore.fresh().environment() : Map.of(), suites, hands);
                }
            }
            return new Rehearsal(List.of("-XX:AOTCache=" + suites, "-Xlog:aot=off,cds=off"), hands);
        } catch (AssertionError | RuntimeException | IOException busy) {
            System.err.println("suites start from their jars, which takes longer: " + busy.getMessage());
            return new Rehearsal(List.of(), null);
        }
    }

    private static boolean older(Path made, Path from) throws IOException {
        return !Files.exists(made) || Files.getLastModifiedTime(made).compareTo(Files.getLastModifiedTime(from)) < 0;
    }

    /** One short life: a session, a command, and their end. @param store as environment */
    private static void record(Map<String, String> store, Path suites, Path hands) throws IOException {
        try (Brain brain = new Brain();
                HttpClient http = HttpClient.newHttpClient()) {
            Map<String, String> environment = new LinkedHashMap<>(store);
            environment.put("DORMOUSE_API_KEY", RunningSuite.KEY);
            environment.put("ANTHROPIC_BASE_URL", brain.address().toString());
            try (RunningSuite suite = RunningSuite.of(environment, List.of("-XX:AOTCacheOutput=" + suites))) {
                suite.start();
                try (Client client = new Client(suite.address(), RunningSuite.KEY)) {
                    String agent = client.agent(brain.role(Marks::reply).system(), Client.TOOLSET)
                            .id();
                    String session = client.session(agent, client.environment());
                    Speaker speaker = new Speaker(session, suite::address, false, http);
                    speaker.tool(List.of("m1", "m2"));
                    speaker.awaitIdle();
                    speaker.look();
                    client.delete("/v1/sessions/" + session);
                }
                Path written = suite.home().resolve(ARCHIVE);
                Eventually.until(
                        "the hand has ended and left its classes",
                        () -> suite.hands().isEmpty() && Files.exists(written));
                Files.copy(written, hands);
                suite.stop();
            }
        }
    }

    /** A suite that knows the classes of its hands. It is not started. */
    RunningSuite suite(Map<String, String> environment) {
        RunningSuite suite = RunningSuite.of(environment, flags);
        try {
            Files.createDirectories(suite.home());
            if (hands != null) Files.copy(hands, suite.home().resolve(ARCHIVE));
            return suite;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
