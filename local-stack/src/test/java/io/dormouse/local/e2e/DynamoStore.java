package io.dormouse.local.e2e;

import io.dormouse.aws.Clients;
import io.dormouse.aws.DynamoHeads;
import io.dormouse.aws.S3Blobs;
import io.dormouse.aws.Table;
import io.dormouse.head.Heads;
import io.dormouse.testkit.moto.Moto;
import java.net.URI;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * A table and a bucket of moto for one suite, or for several.
 *
 * @param name of both
 */
record DynamoStore(String name) {
    private static final String CREDENTIAL = "test";

    /** Makes the bucket; the table is the suite's to make. Skips the test, and says why, where there is no moto. */
    static DynamoStore fresh() {
        DynamoStore store = new DynamoStore("dormouse-" + UUID.randomUUID());
        try (S3Client s3 = clients().s3()) {
            s3.createBucket(create -> create.bucket(store.name()));
        }
        return store;
    }

    private static Clients clients() {
        return new Clients(
                Moto.endpoint(),
                Region.US_EAST_1,
                StaticCredentialsProvider.create(AwsBasicCredentials.create(CREDENTIAL, CREDENTIAL)),
                false,
                List.of());
    }

    /** A look at the heads past any suite, and past any bad network. */
    Heads heads() {
        Clients clients = clients();
        return new DynamoHeads(new Table(clients.dynamo(), name), new S3Blobs(clients.s3(), name), new SecureRandom());
    }

    Map<String, String> environment() {
        return environment(Moto.endpoint());
    }

    /** What a suite must have in its environment to use it. @param endpoint of moto, or of what stands before it */
    Map<String, String> environment(URI endpoint) {
        return Map.of(
                "DORMOUSE_STORE", "dynamodb",
                "DORMOUSE_TABLE", name,
                "DORMOUSE_BUCKET", name,
                "AWS_ENDPOINT_URL", endpoint.toString(),
                "AWS_REGION", "us-east-1",
                "AWS_ACCESS_KEY_ID", CREDENTIAL,
                "AWS_SECRET_ACCESS_KEY", CREDENTIAL);
    }
}
