package io.dormouse.local.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.InvalidRequestException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;

/** What a suite keeps of a vault's secrets, wherever it does: in a file, or in Secrets Manager. */
final class Kept {
    private Kept() {}

    /** Something that changes with them, and names credentials whose secrets are there; empty when nothing is kept. */
    static Optional<String> secret(RunningSuite suite, String vault) {
        if (RunningSuite.AS_FUNCTIONS) return managed(suite.command("true").environment(), vault);
        Path file = suite.home().resolve("secrets").resolve(vault + ".json");
        try {
            return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<String> managed(Map<String, String> environment, String vault) {
        try (SecretsManagerClient client = SecretsManagerClient.builder()
                .endpointOverride(URI.create(environment.get("AWS_ENDPOINT_URL")))
                .region(Region.of(environment.get("AWS_REGION")))
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(
                        environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY"))))
                .build()) {
            String name = environment.get("DORMOUSE_TABLE") + "/vault/vaults/" + vault;
            return Optional.of(client.getSecretValue(get -> get.secretId(name).versionStage("AWSCURRENT"))
                    .secretString());
        } catch (ResourceNotFoundException | InvalidRequestException gone) {
            return Optional.empty();
        }
    }
}
