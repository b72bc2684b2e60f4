package io.dormouse.serve;

import io.dormouse.api.StreamLimits;
import io.dormouse.aws.Clients;
import io.dormouse.aws.DynamoFeed;
import io.dormouse.aws.LambdaSafe;
import io.dormouse.aws.LambdaWakes;
import io.dormouse.aws.Storage;
import io.dormouse.aws.Variables;
import io.dormouse.edge.Incarnation;
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

/** Every port of the API. */
@Singleton
final class ApiFunction {
    private final Map<String, String> environment = System.getenv();
    private final SecureRandom random = new SecureRandom();
    private final InstantSource clock = () -> Instant.now().truncatedTo(ChronoUnit.MILLIS);
    private final Ids ids = new Ids(clock, random);
    private final Storage storage = Storage.of(environment, clock, random);
    private final FileStore files = storage.files(clock, ids);
    private final Wakes wakes = new LambdaWakes(
            Clients.of(environment, "LAMBDA").lambda(), Variables.needed(environment, "DORMOUSE_HARNESS"), clock);

    @Produces
    @Singleton
    Safe safe() {
        return new LambdaSafe(
                Clients.of(environment, "LAMBDA").streamed(), Variables.needed(environment, "DORMOUSE_PROXY"));
    }

    @Produces
    @Singleton
    Heads heads() {
        return storage.heads();
    }

    @Produces
    @Singleton
    SessionLog log() {
        return storage.log();
    }

    @Produces
    @Singleton
    Resources resources() {
        return storage.resources();
    }

    @Produces
    @Singleton
    Blobs blobs() {
        return storage.blobs();
    }

    @Produces
    @Singleton
    FileStore files() {
        return files;
    }

    @Produces
    @Singleton
    Spill spill() {
        return new Spill(storage.blobs());
    }

    @Produces
    @Singleton
    Feed feed() {
        return new DynamoFeed(storage.table(), clock);
    }

    @Produces
    @Singleton
    StreamLimits limits() {
        return new StreamLimits(
                Variables.seconds(environment, "DORMOUSE_STREAM_SECONDS", StreamLimits.NONE.life()),
                Variables.seconds(environment, "DORMOUSE_STREAM_REST_SECONDS", StreamLimits.NONE.rest()));
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
    Incarnation incarnation() {
        return Incarnation.ONE_OF_MANY;
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
