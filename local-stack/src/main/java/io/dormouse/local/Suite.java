package io.dormouse.local;

import io.dormouse.api.StreamLimits;
import io.dormouse.edge.ApiKeys;
import io.dormouse.edge.Incarnation;
import io.dormouse.files.FileStore;
import io.dormouse.files.SessionShelf;
import io.dormouse.hands.Hands;
import io.dormouse.hands.Recipes;
import io.dormouse.hands.SessionRecipes;
import io.dormouse.hands.Shelf;
import io.dormouse.harness.Harness;
import io.dormouse.harness.Ports;
import io.dormouse.harness.Retries;
import io.dormouse.harness.Wakes;
import io.dormouse.head.Heads;
import io.dormouse.id.Ids;
import io.dormouse.local.hands.LocalHands;
import io.dormouse.local.hands.SandboxProgram;
import io.dormouse.local.offline.OfflineModel;
import io.dormouse.mcp.client.SdkServers;
import io.dormouse.messages.MessagesModel;
import io.dormouse.messages.Provider;
import io.dormouse.messages.Signing;
import io.dormouse.messages.Timeouts;
import io.dormouse.outbound.UseLedger;
import io.dormouse.prompt.Catalog;
import io.dormouse.proxy.CredentialProxy;
import io.dormouse.proxy.ProxySettings;
import io.dormouse.resource.Blobs;
import io.dormouse.resource.Resources;
import io.dormouse.resource.Spill;
import io.dormouse.session.SessionLog;
import io.dormouse.threads.ThreadPace;
import io.dormouse.vault.Safe;
import io.dormouse.web.fetch.ProxiedWeb;
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
    /** So long an expired file stays on the disk; nobody sees it. */
    private static final Duration SWEEP = Duration.ofMinutes(1);

    private final Settings settings;
    private final Home home;
    private final String owner;
    private final Stores stores;
    private final ProxySettings way;
    private final SecureRandom random = new SecureRandom();
    private final ThreadPace pace;
    private final Ids ids;
    private final LocalFeed feed = new LocalFeed();
    private final UseLedger uses = new UseLedger();
    private final Catalog catalog;
    private final LocalWakes wakes;
    private final FileStore files;
    private final LocalSecrets secrets;
    private String banner;
    private MessagesModel model;
    private LocalHands hands;
    private OfflineModel offline;
    private CredentialProxy proxy;
    private SdkServers servers;
    private Harness harness;

    Suite() throws IOException {
        settings = Main.settings();
        way = Main.way();
        pace = new ThreadPace(settings.clockRate());
        ids = new Ids(pace::now, random);
        catalog = settings.offer().catalog();
        home = Main.home();
        owner = home.owner(random);
        stores = Stores.open(settings, System.getenv(), pace::now, random);
        files = new FileStore(stores.resources(), stores.contents(), stores.heads()::lives, pace::now, ids);
        wakes = new LocalWakes(stores.heads(), pace, owner);
        secrets = LocalSecrets.open(settings, way, System.getenv(), stores, pace::now, random);
    }

    /** Before the first request: there is a key, the hands are looked through, and what was left undone goes on. */
    void start(@Observes StartupEvent event, ApiKeys keys) throws IOException {
        banner = Banner.of(settings, keys);
        Provider provider = settings.model();
        if (provider == null) {
            offline = OfflineModel.start();
            provider = Provider.of(offline.baseUri(), new Signing.Unsigned());
        }
        model = new MessagesModel(provider, Timeouts.DEFAULT, pace::now);
        Map<String, String> environment = System.getenv();
        SandboxProgram program = SandboxProgram.find(environment, home.sharedArchive())
                .orElseThrow(() -> new IllegalStateException(
                        "the sandbox program is missing: build it, or name its jar" + " in DORMOUSE_SANDBOX_JAR"));
        hands = new LocalHands(home.hands(), program, settings.unsafeHands(), LocalHands.passedOn(environment), pace);
        // There is one way out, for hands and for MCP servers.
        proxy = CredentialProxy.of(secrets.keyring(), uses, way);
        servers = new SdkServers(proxy, io.dormouse.mcp.client.Timeouts.DEFAULT);
        Recipes recipes = new SessionRecipes(stores.resources(), secrets.keyring()::placeholders);
        Shelf shelf = new SessionShelf(stores.heads(), stores.resources(), files, pace::now);
        harness = new Harness(new Ports(
                stores.heads(),
                stores.log(),
                model,
                new Hands(hands, pace, shelf, proxy, recipes),
                feed,
                wakes,
                new Spill(stores.blobs()),
                catalog,
                Retries.DEFAULT,
                pace,
                ids,
                random,
                uses,
                servers,
                new ProxiedWeb(proxy, ProxiedWeb.TIMEOUT)));
        wakes.start(harness);
        pace.every(SWEEP, this::sweep);
    }

    private void sweep() {
        try {
            files.sweep();
        } catch (RuntimeException e) {
            // What was not erased is found by the next one.
            System.getLogger("io.dormouse.local").log(System.Logger.Level.ERROR, "the sweep of files failed", e);
        }
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
        if (proxy != null) proxy.close();
        if (model != null) model.close();
        if (offline != null) offline.close();
        pace.close();
        secrets.close();
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
    FileStore files() {
        return files;
    }

    @Produces
    @Singleton
    Safe safe() {
        return secrets.safe();
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

    /** A client that goes closes its connection here, and an idle stream costs nothing. */
    @Produces
    @Singleton
    StreamLimits streams() {
        return StreamLimits.NONE;
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

    /** The folder is locked: who used it before is dead. */
    @Produces
    @Singleton
    Incarnation incarnation() {
        return new Incarnation(owner, ids.next("life_"));
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
