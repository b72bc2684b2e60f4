package io.dormouse.local.lambda;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.aws.Clients;
import io.dormouse.aws.LambdaOutbound;
import io.dormouse.aws.LambdaSafe;
import io.dormouse.aws.S3Contents;
import io.dormouse.aws.StreamedInvocations;
import io.dormouse.aws.Table;
import io.dormouse.id.CredentialId;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Outbound.Response;
import io.dormouse.outbound.UseLedger;
import io.dormouse.testkit.lambda.Deployed;
import io.dormouse.testkit.lambda.LambdaEmulator;
import io.dormouse.testkit.moto.Moto;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.Safe;
import io.dormouse.vault.SecretPart;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** The zip that is deployed has all that the proxy needs, and starts as Lambda starts it. */
class ProxyZipIT {
    private static final Path ZIP =
            Path.of("../functions/credential-proxy/target/function.zip").toAbsolutePath();

    @Test
    void both_functions_start_from_their_zip_and_do_their_errands() {
        String name = "dormouse-" + UUID.randomUUID();
        Clients stores = clients(Moto.endpoint());
        S3Client s3 = stores.s3();
        s3.createBucket(create -> create.bucket(name));
        new Table(stores.dynamo(), name).createIfMissing();
        Ids ids = new Ids(Instant::now, new SecureRandom());
        UseLedger uses = new UseLedger();
        try (LambdaEmulator lambda =
                        LambdaEmulator.start().deploy(proxy("send", name)).deploy(proxy("store", name));
                StreamedInvocations invocations = clients(lambda.endpoint()).streamed()) {
            VaultId vault = new VaultId(ids.next("vlt_"));
            CredentialId credential = new CredentialId(ids.next("vcrd_"));
            NewSecret secret = NewSecret.of(Map.of(SecretPart.TOKEN, "CANARY-1"));
            assertThat(new LambdaSafe(invocations, "store").store(vault, credential, "r1", secret))
                    .isEqualTo(new Safe.Kept.Done());
            Outbound outbound = new LambdaOutbound(invocations, "send", S3Contents.exchange(s3, name), uses, ids::next);
            SessionId stranger = ids.session();
            Response response = outbound.send(
                    new Outbound.Caller(
                            WorkspaceId.DEFAULT, stranger, stranger.primaryThread(), 1, null, Outbound.Purpose.SANDBOX),
                    new Outbound.Request("GET", "https://example.org/", List.of(), InputStream.nullInputStream(), 0));
            assertThat(response).isInstanceOfSatisfying(Response.Refused.class, refused -> assertThat(refused.reason())
                    .isEqualTo("session_not_found"));
            assertThat(lambda.log("send") + lambda.log("store")).doesNotContain("CANARY-1");
        }
    }

    private static Clients clients(URI endpoint) {
        return new Clients(
                endpoint,
                Region.US_EAST_1,
                StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")),
                false,
                List.of());
    }

    /** As the runtime of Lambda calls a wrapper: with the command line of its own client. */
    private static Deployed proxy(String operation, String name) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "AWS_ENDPOINT_URL",
                Moto.endpoint().toString(),
                "AWS_REGION",
                "us-east-1",
                "AWS_ACCESS_KEY_ID",
                "test",
                "AWS_SECRET_ACCESS_KEY",
                "test",
                "DORMOUSE_PROXY_OPERATION",
                operation,
                "DORMOUSE_SECRETS",
                name + "/vault/",
                "DORMOUSE_TABLE",
                name,
                "DORMOUSE_BUCKET",
                name));
        return Deployed.program(
                operation, ZIP, List.of("./start.sh", "java", "-cp", "/var/runtime/lib/*", "AWSLambda"), environment);
    }
}
