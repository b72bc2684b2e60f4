package io.dormouse.serve;

import io.dormouse.aws.Clients;
import io.dormouse.aws.DynamoHeads;
import io.dormouse.aws.DynamoResources;
import io.dormouse.aws.DynamoSessionLog;
import io.dormouse.aws.LambdaSafe;
import io.dormouse.aws.LambdaWakes;
import io.dormouse.aws.S3Blobs;
import io.dormouse.aws.S3Contents;
import io.dormouse.aws.Table;
import io.dormouse.files.FileStore;
import io.dormouse.harness.Wakes;
import io.dormouse.head.Heads;
import io.dormouse.id.Ids;
import io.dormouse.prompt.Catalog;
import io.dormouse.resource.Blobs;
import io.dormouse.resource.Resources;
import io.dormouse.resource.Spill;
import io.dormouse.session.SessionLog;
import io.dormouse.vault.Safe;
import io.dormouse.wire.Feed;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import software.amazon.awssdk.services.s3.S3Client;

/** Every port of the API. */
@Singleton
final class ApiFunction {
    private final Map<String, String> environment = System.getenv();
    private final SecureRandom random = new SecureRandom();
    private final InstantSource clock = () -> Instant.now().truncatedTo(ChronoUnit.MILLIS);
    private final Ids ids = new Ids(clock, random);
    private final Blobs blobs;
    private final Heads heads;
    private final SessionLog log;
    private final Resources resources;
    private final FileStore files;
    private final Wakes wakes;

    ApiFunction() {
        Clients clients = Clients.of(environment);
        Table table = new Table(clients.dynamo(), named("DORMOUSE_TABLE"));
        S3Client s3 = clients.s3();
        String bucket = named("DORMOUSE_BUCKET");
        blobs = new S3Blobs(s3, bucket);
        heads = new DynamoHeads(table, blobs, random);
        log = new DynamoSessionLog(table, blobs);
        resources = new DynamoResources(table, blobs, clock, random);
        files = new FileStore(
                resources,
                new S3Contents(s3, bucket),
                session -> heads.read(session.primaryThread())
                        .filter(head -> !head.deleted())
                        .isPresent(),
                clock,
                ids);
        wakes = new LambdaWakes(Clients.of(environment, "LAMBDA").lambda(), named("DORMOUSE_HARNESS"), clock);
    }

    private String named(String variable) {
        String value = environment.getOrDefault(variable, "");
        if (value.isBlank()) throw new IllegalArgumentException(variable + " is not set");
        return value;
    }

    @Produces
    @Singleton
    Safe safe() {
        return new LambdaSafe(Clients.of(environment, "LAMBDA").streamed(), named("DORMOUSE_PROXY"));
    }

    @Produces
    @Singleton
    Heads heads() {
        return heads;
    }

    @Produces
    @Singleton
    SessionLog log() {
        return log;
    }

    @Produces
    @Singleton
    Resources resources() {
        return resources;
    }

    @Produces
    @Singleton
    Blobs blobs() {
        return blobs;
    }

    @Produces
    @Singleton
    FileStore files() {
        return files;
    }

    @Produces
    @Singleton
    Spill spill() {
        return new Spill(blobs);
    }

    @Produces
    @Singleton
    Feed feed() {
        return new PolledFeed();
    }

    @Produces
    @Singleton
    Wakes wakes() {
        return wakes;
    }

    @Produces
    @Singleton
    Catalog catalog() {
        return Catalog.bundled();
    }

    @Produces
    @Singleton
    Ids ids() {
        return ids;
    }

    @Produces
    @Singleton
    InstantSource clock() {
        return clock;
    }

    @Produces
    @Singleton
    SecureRandom random() {
        return random;
    }
}
