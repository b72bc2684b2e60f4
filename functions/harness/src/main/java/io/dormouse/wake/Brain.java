package io.dormouse.wake;

import io.dormouse.aws.Clients;
import io.dormouse.aws.DynamoFeed;
import io.dormouse.aws.DynamoHandRecords;
import io.dormouse.aws.DynamoSpares;
import io.dormouse.aws.LambdaOutbound;
import io.dormouse.aws.LambdaWakes;
import io.dormouse.aws.Storage;
import io.dormouse.aws.StreamedInvocations;
import io.dormouse.aws.Variables;
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
import io.dormouse.messages.Offer;
import io.dormouse.messages.Provider;
import io.dormouse.messages.Timeouts;
import io.dormouse.outbound.UseLedger;
import io.dormouse.resource.Spill;
import io.dormouse.threads.ThreadPace;
import io.dormouse.web.fetch.ProxiedWeb;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.ecs.EcsClient;
import software.amazon.awssdk.services.lambda.LambdaClient;

/**
 * The harness on its ports.
 *
 * @param clients have threads, and connections
 */
record Brain(
        Harness harness,
        Ports ports,
        FileStore files,
        LambdaWakes wakes,
        Optional<FargateHands> fargate,
        ThreadPace pace,
        List<AutoCloseable> clients)
        implements AutoCloseable {

    static Brain of(Map<String, String> environment) {
        Provider provider = Provider.of(environment)
                .orElseThrow(() -> new IllegalArgumentException("DORMOUSE_MODEL_SIGNING is not set"));
        ThreadPace pace = new ThreadPace();
        SecureRandom random = new SecureRandom();
        Ids ids = new Ids(pace::now, random);
        Storage storage = Storage.of(environment, pace::now, random);
        Heads heads = storage.heads();
        FileStore files = storage.files(pace::now, ids);
        LambdaClient lambda = Clients.of(environment, "LAMBDA").lambda();
        StreamedInvocations streamed = Clients.of(environment, "LAMBDA").streamed();
        EcsClient ecs = Clients.of(environment, "ECS").ecs();
        RemoteSupervisors supervisors = new RemoteSupervisors(pace);
        MessagesModel model = new MessagesModel(provider, Timeouts.DEFAULT, pace::now);
        LambdaWakes wakes = new LambdaWakes(lambda, Variables.needed(environment, "DORMOUSE_HARNESS"), pace::now);
        UseLedger uses = new UseLedger();
        LambdaOutbound outbound = new LambdaOutbound(
                streamed, Variables.needed(environment, "DORMOUSE_PROXY"), storage.exchange(), uses, ids::next);
        Optional<FargateHands> fargate = FargateHands.of(
                environment,
                ecs,
                new DynamoHandRecords(storage.table(), random),
                new DynamoSpares(storage.table(), random),
                supervisors,
                heads,
                storage.workspaces(),
                pace,
                random);
        Hands hands = new Hands(
                fargate.<HandProvider>map(all -> all).orElseGet(NoHands::new),
                pace,
                new SessionShelf(heads, storage.resources(), files, pace::now),
                outbound,
                new SessionRecipes(storage.resources(), outbound::placeholders));
        Ports ports = new Ports(
                heads,
                storage.log(),
                model,
                hands,
                new DynamoFeed(storage.table(), pace::now),
                wakes,
                new Spill(storage.blobs()),
                Offer.of(environment, provider).catalog(),
                Retries.DEFAULT,
                pace,
                ids,
                random,
                uses,
                new SdkServers(outbound, io.dormouse.mcp.client.Timeouts.DEFAULT),
                new ProxiedWeb(outbound, ProxiedWeb.TIMEOUT));
        return new Brain(
                new Harness(ports),
                ports,
                files,
                wakes,
                fargate,
                pace,
                List.of(storage.table().client(), storage.s3(), lambda, streamed, ecs, supervisors, model, pace));
    }

    Rounds rounds() {
        return new Rounds(ports.heads(), wakes::invoke, pace::now);
    }

    Instant now() {
        return pace.now();
    }

    /** Cuts what is under way. */
    @Override
    public void close() {
        try {
            for (AutoCloseable client : clients) client.close();
        } catch (Exception e) {
            throw new IllegalStateException("a client cannot be closed", e);
        }
    }
}
