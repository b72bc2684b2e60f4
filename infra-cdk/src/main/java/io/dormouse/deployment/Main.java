package io.dormouse.deployment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Environment;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ecs.EcsClient;

/**
 * The app that the CDK's command line runs; {@code check KEY=VALUE …} only says whether the parameters are understood, and
 * {@code evict KEY=VALUE …} ends the sandboxes of the deployment that they name.
 */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        List<String> words = Arrays.asList(arguments);
        try {
            switch (words.isEmpty() ? "" : words.getFirst()) {
                case "check" -> parameters(words);
                case "evict" -> evict(parameters(words));
                default -> synthesise();
            }
        } catch (IllegalArgumentException | IllegalStateException | SdkException e) {
            System.err.println("dormouse: " + e.getMessage());
            System.exit(1);
        }
    }

    private static Parameters parameters(List<String> words) {
        Map<String, String> given = fromEnvironment(System.getenv());
        given.putAll(Parameters.parse(words.subList(1, words.size())));
        return Parameters.of(given);
    }

    private static void evict(Parameters parameters) {
        try (EcsClient ecs = EcsClient.create()) {
            int evicted = Eviction.with(ecs).from(parameters.name());
            System.err.println("dormouse: stopped " + evicted + (evicted == 1 ? " sandbox" : " sandboxes"));
        }
    }

    private static void synthesise() {
        App app = new App();
        Map<String, String> given = fromEnvironment(System.getenv());
        for (String name : Parameters.NAMES) {
            Object value = app.getNode().tryGetContext(name);
            if (value != null) given.put(name, value.toString());
        }
        boolean destroying = app.getNode().tryGetContext("destroying") != null;
        // A stack is destroyed by its name: what would be in it need not be there.
        if (destroying) given.put("hands", "none");
        Artifacts artifacts = destroying
                ? placeholders()
                : new Artifacts(Path.of(System.getProperty("dormouse.root", ".."))
                        .toAbsolutePath()
                        .normalize());
        new Deployment(app, Parameters.of(given), artifacts, environment(System.getenv()));
        app.synth();
    }

    private static Artifacts placeholders() {
        try {
            return Artifacts.placeholders(java.nio.file.Files.createTempDirectory("dormouse"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code DORMOUSE_DEPLOY_HAND_CPU} is {@code handCpu}. */
    static Map<String, String> fromEnvironment(Map<String, String> variables) {
        Map<String, String> given = new LinkedHashMap<>();
        for (String name : Parameters.NAMES) {
            String words = name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toUpperCase(Locale.ROOT);
            String value = variables.get("DORMOUSE_DEPLOY_" + words);
            if (value != null && !value.isBlank()) given.put(name, value);
        }
        return given;
    }

    /** Of the credentials, as the command line tells; without them the templates are good for any account and region. */
    private static Environment environment(Map<String, String> variables) {
        String account = variables.get("CDK_DEFAULT_ACCOUNT");
        String region = variables.get("CDK_DEFAULT_REGION");
        if (account == null || region == null) return Environment.builder().build();
        return Environment.builder().account(account).region(region).build();
    }
}
