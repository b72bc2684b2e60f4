package io.dormouse.local.lambda;

import io.dormouse.aws.Clients;
import io.dormouse.aws.DynamoResources;
import io.dormouse.aws.S3Blobs;
import io.dormouse.aws.Table;
import io.dormouse.edge.ApiKeys;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * A table and a bucket on an emulator of AWS.
 *
 * @param name of both
 */
record Account(URI endpoint, String name) {
    private static final String CREDENTIAL = "test";

    Clients clients() {
        return new Clients(endpoint, Region.US_EAST_1, credentials(), false, List.of());
    }

    private static StaticCredentialsProvider credentials() {
        return StaticCredentialsProvider.create(AwsBasicCredentials.create(CREDENTIAL, CREDENTIAL));
    }

    /** What the deployment makes before there are functions. */
    Table furnish() {
        try (S3Client s3 = clients().s3()) {
            if (s3.listBuckets().buckets().stream()
                    .noneMatch(bucket -> bucket.name().equals(name))) s3.createBucket(create -> create.bucket(name));
        }
        return table().createIfMissing();
    }

    private Table table() {
        return new Table(clients().dynamo(), name);
    }

    ApiKeys keys() {
        InstantSource clock = () -> Instant.now().truncatedTo(ChronoUnit.MILLIS);
        SecureRandom random = new SecureRandom();
        return new ApiKeys(
                new DynamoResources(table(), new S3Blobs(clients().s3(), name), clock, random), clock, random);
    }

    DynamoDbStreamsClient streams() {
        return DynamoDbStreamsClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(credentials())
                .build();
    }

    /** For a function: what Lambda and the deployment tell it. */
    Map<String, String> environment(URI lambda) {
        return Map.of(
                "DORMOUSE_TABLE", name,
                "DORMOUSE_BUCKET", name,
                "AWS_ENDPOINT_URL", endpoint.toString(),
                "AWS_ENDPOINT_URL_LAMBDA", lambda.toString(),
                "AWS_REGION", "us-east-1",
                "AWS_ACCESS_KEY_ID", CREDENTIAL,
                "AWS_SECRET_ACCESS_KEY", CREDENTIAL);
    }
}
