package io.dormouse.local;

import io.dormouse.edge.ApiKeys;
import io.dormouse.hands.Hands;
import io.dormouse.harness.Harness;
import io.dormouse.harness.Ports;
import io.dormouse.harness.Retries;
import io.dormouse.harness.Wakes;
import io.dormouse.head.Heads;
import io.dormouse.id.Ids;
import io.dormouse.local.hands.LocalHands;
import io.dormouse.local.offline.OfflineModel;
import io.dormouse.local.sqlite.FolderBlobs;
import io.dormouse.local.sqlite.Sqlite;
import io.dormouse.local.sqlite.SqliteHeads;
import io.dormouse.local.sqlite.SqliteResources;
import io.dormouse.local.sqlite.SqliteSessionLog;
import io.dormouse.messages.MessagesModel;
import io.dormouse.prompt.Catalog;
import io.dormouse.resource.Blobs;
import io.dormouse.resource.Resources;
import io.dormouse.resource.Spill;
import io.dormouse.session.SessionLog;
import io.dormouse.threads.ThreadPace;
import io.dormouse.wire.Feed;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.URI;
import java.security.SecureRandom;
import java.time.InstantSource;

/** Puts the suite together: every port on embedded parts, the API and the harness in one process. */
@Singleton
public final class Suite {
    private final Settings settings;
    private final Home home;
    private final Sqlite sqlite;
    private final SessionLog log;
    private final Heads heads;
    private final Resources resources;
    private final Blobs blobs;
    private final SecureRandom random = new SecureRandom();
    private final ThreadPace pace = new ThreadPace();
    private final Ids ids = new Ids(pace::now, random);
    private final LocalFeed feed = new LocalFeed();
    private final Catalog catalog = Catalog.bundled();
    private final LocalWakes wakes;
    private LocalHands hands;
    private OfflineModel offline;
    private Harness harness;

    Suite() throws IOException {
        settings = Settings.of(System.getenv());
        home = Home.lock(settings.home());
        sqlite = Sqlite.open(home.database());
        log = new SqliteSessionLog(sqlite);
        heads = new SqliteHeads(sqlite);
        resources = new SqliteResources(sqlite, pace::now);
        blobs = new FolderBlobs(home.blobs());
        // The folder is locked, so whoever had a lease under this name is dead.
        wakes = new LocalWakes(heads, pace, "suite");
    }

    void start(@Observes StartupEvent event) throws IOException {
        URI modelUrl = settings.modelUrl();
        if (modelUrl == null) {
            offline = OfflineModel.start();
            modelUrl = offline.url();
        }
        hands = new LocalHands(home.hands(), settings.unsafeHands());
        harness = new Harness(new Ports(
                heads,
                log,
                MessagesModel.withKey(modelUrl, settings.modelKey()),
                new Hands(hands, pace),
                feed,
                wakes,
                new Spill(blobs),
                catalog,
                Retries.DEFAULT,
                pace,
                ids,
                random));
        wakes.start(harness);
    }

    void ready(@ObservesAsync HttpServerStart started, ApiKeys keys) throws IOException {
        System.out.print(Banner.of(settings, started.options().getPort(), keys));
        System.out.flush();
    }

    void stop(@Observes ShutdownEvent event) throws IOException {
        wakes.stop();
        harness.stop();
        hands.stopAll();
        if (offline != null) offline.close();
        pace.close();
        sqlite.close();
        home.close();
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
    Spill spill() {
        return new Spill(blobs);
    }

    @Produces
    @Singleton
    Feed feed() {
        return feed;
    }

    @Produces
    @Singleton
    Wakes wakes() {
        return wakes;
    }

    @Produces
    @Singleton
    Catalog catalog() {
        return catalog;
    }

    @Produces
    @Singleton
    Ids ids() {
        return ids;
    }

    @Produces
    @Singleton
    InstantSource clock() {
        return pace::now;
    }

    @Produces
    @Singleton
    SecureRandom random() {
        return random;
    }
}
