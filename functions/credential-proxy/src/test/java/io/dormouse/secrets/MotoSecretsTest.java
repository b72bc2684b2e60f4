package io.dormouse.secrets;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.testkit.aws.Moto;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.Filter;

class MotoSecretsTest extends SecretsContract {
    private String prefix;
    private SecretsManagerClient client;

    @Override
    Secrets empty() {
        prefix = "dormouse-" + UUID.randomUUID() + "/";
        client = SecretsManagerClients.of(
                Moto.endpoint(),
                Region.US_EAST_1,
                StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")));
        return new SecretsManagerSecrets(client, prefix, RANDOM);
    }

    @Override
    Secrets again(Secrets store) {
        return new SecretsManagerSecrets(client, prefix, RANDOM);
    }

    private String name() {
        return prefix + "vaults/" + vault;
    }

    @Test
    void a_vault_is_one_secret() {
        done(secrets.swap(stored("one").with(credential, "r2", material("two"))));
        assertThat(client.listSecrets(list -> list.filters(
                                Filter.builder().key("name").values(prefix).build()))
                        .secretList())
                .singleElement()
                .satisfies(secret -> assertThat(secret.name()).isEqualTo(name()));
    }

    @Test
    void what_was_rotated_out_has_no_label_any_more() {
        Bundle one = stored("one");
        Bundle two = done(secrets.swap(one.with(credential, "r1", material("two"))));
        var stages =
                client.describeSecret(describe -> describe.secretId(name())).versionIdsToStages();
        assertThat(stages.get(two.version())).contains("AWSCURRENT");
        assertThat(stages.getOrDefault(one.version(), java.util.List.of())).isEmpty();
    }

    @Test
    void the_version_of_a_loser_is_not_current() {
        Bundle read = stored("one");
        Bundle won = done(secrets.swap(read.with(credential, "r1", material("two"))));
        assertThat(secrets.swap(read.with(credential, "r1", material("three"))))
                .isInstanceOf(Secrets.Swapped.Changed.class);
        assertThat(client.getSecretValue(get -> get.secretId(name()).versionStage("AWSCURRENT"))
                        .versionId())
                .isEqualTo(won.version());
    }
}
