package io.dormouse.wake;

import io.dormouse.aws.Clients;
import io.dormouse.aws.DynamoHandRecords;
import io.dormouse.aws.DynamoHeads;
import io.dormouse.aws.DynamoResources;
import io.dormouse.aws.DynamoSessionLog;
import io.dormouse.aws.LambdaOutbound;
import io.dormouse.aws.LambdaWakes;
import io.dormouse.aws.S3Blobs;
import io.dormouse.aws.S3Contents;
import io.dormouse.aws.Table;
import io.dormouse.files.FileStore;
import io.dormouse.files.SessionShelf;
import io.dormouse.hands.HandProvider;
import io.dormouse.hands.Hands;
import io.dormouse.hands.SessionRecipes;
import io.dormouse.hands.fargate.FargateHands;
import io.dormouse.hands.remote.RemoteSupervisors;
import io.dormouse.harness.Harness;
import io.dormouse.harness.Ports;
import io.dormouse.harness.Retries;
import io.dormouse.head.Heads;
import io.dormouse.id.Ids;
import io.dormouse.mcp.client.SdkServers;
import io.dormouse.messages.MessagesModel;
import io.dormouse.messages.Provider;
import io.dormouse.messages.Timeouts;
import io.dormouse.outbound.UseLedger;
import io.dormouse.prompt.Catalog;
import io.dormouse.resource.Blobs;
import io.dormouse.resource.Resources;
import io.dormouse.resource.Spill;
import io.dormouse.session.SessionLog;
import io.dormouse.threads.ThreadPace;
import io.dormouse.web.fetch.ProxiedWeb;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.s3.S3Client;

/** The harness on its ports. */
record Brain(
        Harness harness,
        Heads heads,
        FileStore files,
        LambdaWakes wakes,
        Optional<FargateHands> fargate,
        ThreadPace pace) {

    static Brain of(Map<String, String> environment) {
        ThreadPace pace = new ThreadPace();
        SecureRandom random = new SecureRandom();
        Ids ids = new Ids(pace::now, random);
        Clients clients = Clients.of(environment);
        Table table = new Table(clients.dynamo(), named(environment, "DORMOUSE_TABLE"));
        S3Client s3 = clients.s3();
        String bucket = named(environment, "DORMOUSE_BUCKET");
        Blobs blobs = new S3Blobs(s3, bucket);
        Heads heads = new DynamoHeads(table, blobs, random);
        SessionLog log = new DynamoSessionLog(table, blobs);
        Resources resources = new DynamoResources(table, blobs, pace::now, random);
        FileStore files = new FileStore(
                resources,
                new S3Contents(s3, bucket),
                session -> heads.read(session.primaryThread())
                        .filter(head -> !head.deleted())
                        .isPresent(),
                pace::now,
                ids);
        LambdaWakes wakes = new LambdaWakes(
                Clients.of(environment, "LAMBDA").lambda(), named(environment, "DORMOUSE_HARNESS"), pace::now);
        UseLedger uses = new UseLedger();
        LambdaOutbound outbound = new LambdaOutbound(
                Clients.of(environment, "LAMBDA").streamed(),
                named(environment, "DORMOUSE_PROXY"),
                S3Contents.exchange(s3, bucket),
                uses,
                ids::next);
        Optional<FargateHands> fargate = FargateHands.of(
                environment,
                Clients.of(environment, "ECS").ecs(),
                new DynamoHandRecords(table, random),
                new RemoteSupervisors(pace),
                heads,
                pace,
                random);
        Hands hands = new Hands(
                fargate.<HandProvider>map(all -> all).orElseGet(NoHands::new),
                pace,
                new SessionShelf(heads, resources, files, pace::now),
                outbound,
                new SessionRecipes(resources, outbound::placeholders));
        Harness harness = new Harness(new Ports(
                heads,
                log,
                new MessagesModel(provider(environment), Timeouts.DEFAULT, pace::now),
                hands,
                new Unwatched(),
                wakes,
                new Spill(blobs),
                Catalog.bundled(),
                Retries.DEFAULT,
                pace,
                ids,
                random,
                uses,
                new SdkServers(outbound, io.dormouse.mcp.client.Timeouts.DEFAULT),
                new ProxiedWeb(outbound, ProxiedWeb.TIMEOUT)));
        return new Brain(harness, heads, files, wakes, fargate, pace);
    }

    Rounds rounds() {
        return new Rounds(heads, wakes::invoke, pace::now);
    }

    Instant now() {
        return pace.now();
    }

    private static Provider provider(Map<String, String> environment) {
        return Provider.of(environment)
                .orElseThrow(() -> new IllegalArgumentException("DORMOUSE_MODEL_SIGNING is not set"));
    }

    private static String named(Map<String, String> environment, String variable) {
        String value = environment.getOrDefault(variable, "");
        if (value.isBlank()) throw new IllegalArgumentException(variable + " is not set");
        return value;
    }
}
