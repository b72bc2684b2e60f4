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
import io.dormouse.local.hands.SandboxProgram;
import io.dormouse.local.offline.OfflineModel;
import io.dormouse.messages.MessagesModel;
import io.dormouse.messages.Signing;
import io.dormouse.messages.Timeouts;
import io.dormouse.prompt.Catalog;
import io.dormouse.resource.Blobs;
import io.dormouse.resource.Resources;
import io.dormouse.resource.Spill;
import io.dormouse.session.SessionLog;
import io.dormouse.threads.ThreadPace;
import io.dormouse.wire.Feed;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.HttpServer;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** Puts the suite together: every port on local parts, or its storage on DynamoDB, the API and the harness in one process. */
@Singleton
public final class Suite {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Settings settings;
    private final Home home;
    private final Stores stores;
    private final SecureRandom random = new SecureRandom();
    private final ThreadPace pace;
    private final Ids ids;
    private final LocalFeed feed = new LocalFeed();
    private final Catalog catalog;
    private final LocalWakes wakes;
    private String banner;
    private MessagesModel model;
    private LocalHands hands;
    private OfflineModel offline;
    private Harness harness;

    Suite() throws IOException {
        settings = Main.settings();
        pace = new ThreadPace(settings.clockRate());
        ids = new Ids(pace::now, random);
        catalog = Catalog.bundled().narrowed(settings.contextWindow());
        home = Main.home();
        stores = Stores.open(settings, System.getenv(), pace::now, random);
        wakes = new LocalWakes(stores.heads(), pace, home.owner(random));
    }

    /** Before the first request: there is a key, the hands are looked through, and what was left undone goes on. */
    void start(@Observes StartupEvent event, ApiKeys keys) throws IOException {
        banner = Banner.of(settings, keys);
        URI modelUrl = settings.modelUrl();
        if (modelUrl == null) {
            offline = OfflineModel.start();
            modelUrl = offline.baseUri();
        }
        Signing signing =
                settings.modelKey() == null ? new Signing.Unsigned() : new Signing.ApiKey(settings.modelKey());
        model = new MessagesModel(modelUrl, signing, Timeouts.DEFAULT, pace::now);
        Map<String, String> environment = System.getenv();
        SandboxProgram program = SandboxProgram.find(environment, home.sharedArchive())
                .orElseThrow(() -> new IllegalStateException(
                        "the sandbox program is missing: build it, or name its jar" + " in DORMOUSE_SANDBOX_JAR"));
        hands = new LocalHands(home.hands(), program, settings.unsafeHands(), LocalHands.passedOn(environment), pace);
        harness = new Harness(new Ports(
                stores.heads(),
                stores.log(),
                model,
                new Hands(hands, pace),
                feed,
                wakes,
                new Spill(stores.blobs()),
                catalog,
                Retries.DEFAULT,
                pace,
                ids,
                random));
        wakes.start(harness);
    }

    /** The server knows the port it got; the options only know what was asked for, which may be any free one. */
    void ready(@ObservesAsync HttpServerStart started, HttpServer server) throws InterruptedException {
        System.out.print(banner.replace("{port}", Integer.toString(known(server::getPort))));
        System.out.flush();
    }

    /** The server listens before it can say where: for some moments, or some starts in a thousand, its port is -1. */
    static int known(IntSupplier port) throws InterruptedException {
        int known = port.getAsInt();
        while (known <= 0) {
            TimeUnit.MILLISECONDS.sleep(1);
            known = port.getAsInt();
        }
        return known;
    }

    void stop(@Observes ShutdownEvent event) throws IOException, InterruptedException {
        wakes.stop();
        if (harness != null) harness.stop();
        wakes.awaitRest(PATIENCE);
        if (hands != null) hands.close();
        if (model != null) model.close();
        if (offline != null) offline.close();
        pace.close();
        stores.close();
        home.close();
    }

    @Produces
    @Singleton
    Heads heads() {
        return stores.heads();
    }

    @Produces
    @Singleton
    SessionLog log() {
        return stores.log();
    }

    @Produces
    @Singleton
    Resources resources() {
        return stores.resources();
    }

    @Produces
    @Singleton
    Blobs blobs() {
        return stores.blobs();
    }

    @Produces
    @Singleton
    Spill spill() {
        return new Spill(stores.blobs());
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
