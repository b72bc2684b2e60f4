package io.dormouse.local.e2e;

import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The classes of suites and of their hands, as one start has linked them. Tests that start them hundreds of times spend half
 * as long on it.
 *
 * @param flags for the suites' JVM
 * @param hands the class data archive of hands' JVMs; null when there is none
 */
record Rehearsal(List<String> flags, Path hands) {
    private static final String ARCHIVE = "sandbox.jsa";

    /** One short life: a session, a command, and their end. @param store as environment @param folder to keep it in */
    static Rehearsal on(Map<String, String> store, Path folder) {
        Path suites = folder.resolve("suites.aot");
        Path hands = folder.resolve(ARCHIVE);
        try (Brain brain = new Brain();
                HttpClient http = HttpClient.newHttpClient()) {
            Files.createDirectories(folder);
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
            return new Rehearsal(List.of("-XX:AOTCache=" + suites, "-Xlog:aot=off,cds=off"), hands);
        } catch (AssertionError | RuntimeException | IOException busy) {
            System.err.println("suites start from their jars, which takes longer: " + busy.getMessage());
            return new Rehearsal(List.of(), null);
        }
    }

    /** A suite that knows the classes of its hands. It is not started. */
    RunningSuite suite(Map<String, String> environment) throws IOException {
        RunningSuite suite = RunningSuite.of(environment, flags);
        Files.createDirectories(suite.home());
        if (hands != null) Files.copy(hands, suite.home().resolve(ARCHIVE));
        return suite;
    }
}
