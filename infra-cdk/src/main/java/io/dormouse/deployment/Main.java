package io.dormouse.deployment;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Environment;

/** The app that the CDK's command line runs; {@code check KEY=VALUE …} only says whether the parameters are understood. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        List<String> words = Arrays.asList(arguments);
        try {
            if (!words.isEmpty() && words.getFirst().equals("check")) {
                Parameters.of(Parameters.parse(words.subList(1, words.size())));
                return;
            }
            App app = new App();
            Parameters parameters =
                    Parameters.of(key -> Optional.ofNullable(app.getNode().tryGetContext(key))
                            .map(Object::toString)
                            .filter(text -> !text.isBlank()));
            Path root = Path.of(System.getProperty("dormouse.root", ".."))
                    .toAbsolutePath()
                    .normalize();
            new Deployment(app, parameters, new Artifacts(root), environment(System.getenv()));
            app.synth();
        } catch (IllegalArgumentException | IllegalStateException e) {
            System.err.println("dormouse: " + e.getMessage());
            System.exit(1);
        }
    }

    /** Of the credentials, as the command line tells; without them the templates are good for any account and region. */
    private static Environment environment(Map<String, String> variables) {
        String account = variables.get("CDK_DEFAULT_ACCOUNT");
        String region = variables.get("CDK_DEFAULT_REGION");
        if (account == null || region == null) return Environment.builder().build();
        return Environment.builder().account(account).region(region).build();
    }
}
