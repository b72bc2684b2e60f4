package io.dormouse.aws;

import io.dormouse.testkit.moto.Moto;
import java.net.URI;
import java.security.SecureRandom;
import java.util.List;
import java.util.UUID;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.s3.S3Client;

/** An emulator of AWS, spoken to by the real SDK over HTTP. */
record Emulator(Clients clients, DynamoDbClient dynamo, S3Client s3) {
    /** Of writes' marks. */
    static final SecureRandom RANDOM = new SecureRandom();

    private static Emulator moto;

    /** The one that all tests of a JVM share. Skips the test where there is none. */
    static synchronized Emulator moto() {
        if (moto == null) moto = at(Moto.endpoint());
        return moto;
    }

    static Emulator at(URI endpoint) {
        return of(new Clients(
                endpoint,
                Region.US_EAST_1,
                StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")),
                false,
                List.of()));
    }

    static Emulator of(Clients clients) {
        return new Emulator(clients, clients.dynamo(), clients.s3());
    }

    /** A table without an item. */
    Table freshTable() {
        return new Table(dynamo, "dormouse-" + UUID.randomUUID()).create();
    }

    /** A bucket without an object. */
    S3Blobs freshBlobs() {
        String bucket = "dormouse-" + UUID.randomUUID();
        s3.createBucket(create -> create.bucket(bucket));
        return new S3Blobs(s3, bucket);
    }

    /** The same for contents of files. */
    S3Contents freshContents() {
        String bucket = "dormouse-" + UUID.randomUUID();
        s3.createBucket(create -> create.bucket(bucket));
        return new S3Contents(s3, bucket);
    }
}
