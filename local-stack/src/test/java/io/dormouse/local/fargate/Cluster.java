package io.dormouse.local.fargate;

import io.dormouse.aws.Clients;
import io.dormouse.hands.fargate.FargateHands;
import io.dormouse.hands.fargate.HandRecords;
import io.dormouse.hands.fargate.Patience;
import io.dormouse.hands.fargate.Placement;
import io.dormouse.hands.fargate.Stock;
import io.dormouse.hands.remote.RemoteSupervisors;
import io.dormouse.head.Heads;
import io.dormouse.pace.Pace;
import io.dormouse.resource.Contents;
import io.dormouse.testkit.ecs.EcsEmulator;
import io.dormouse.testkit.memory.MemoryContents;
import io.dormouse.testkit.memory.MemoryHeads;
import io.dormouse.threads.ThreadPace;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.ecs.EcsClient;
import software.amazon.awssdk.services.ecs.model.AssignPublicIp;
import software.amazon.awssdk.services.ecs.model.LaunchType;

/** Fargate on this machine: the emulator of ECS, tasks that are the real program, the real SDK in between. */
final class Cluster implements AutoCloseable {
    /** Of a machine that others use too; all else is a hundred times as quick as on AWS. */
    static final Patience PATIENCE = new Patience(
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            Duration.ofSeconds(3),
            Duration.ofMillis(50));

    private static final String STAND_IN = """
            import hashlib, json, os
            from http.server import BaseHTTPRequestHandler, HTTPServer

            class Health(BaseHTTPRequestHandler):
                def do_GET(self):
                    secret = self.headers.get('Authorization', '')[len('Bearer '):]
                    known = hashlib.sha256(secret.encode()).hexdigest() == os.environ['DORMOUSE_SECRET_SHA256']
                    body = json.dumps({'hand': os.environ['DORMOUSE_HAND'], 'prepared': True}).encode()
                    if self.path == '/v1/workspace':
                        body = os.environ['DORMOUSE_HAND'].encode()
                        body += hashlib.sha256(body).digest()
                    self.answer(200 if known else 401, body)

                def do_PUT(self):
                    body = self.rfile.read(int(self.headers['Content-Length']))
                    same = self.path.endswith('=' + hashlib.sha256(body).hexdigest())
                    self.answer(200 if same else 422, b'{}')

                def answer(self, status, body):
                    self.send_response(status)
                    self.send_header('Content-Length', str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            host, port = os.environ['DORMOUSE_LISTEN'].split(':')
            HTTPServer((host, int(port)), Health).serve_forever()
            """;

    final ThreadPace pace = new ThreadPace();
    final MemoryHandRecords records = new MemoryHandRecords();
    final MemorySpares spares = new MemorySpares();
    final Heads heads = new MemoryHeads();
    final EcsEmulator ecs;
    final MemoryContents contents = new MemoryContents();
    private final EcsClient client;

    /** Tasks are the real program. @param settings of the tasks, further ones */
    static Cluster ofHands(Path home, Map<String, String> settings) throws IOException {
        return new Cluster(HandImage.cluster(home, settings));
    }

    /** Tasks only say that they are there: enough for what is about starting and stopping, and fifty times as quick. */
    static Cluster ofStandIns(Path home) throws IOException {
        return new Cluster(HandImage.cluster(home, List.of("/usr/bin/env", "python3", "-c", STAND_IN), Map.of()));
    }

    private Cluster(EcsEmulator ecs) {
        this.ecs = ecs;
        client = new Clients(
                        ecs.endpoint(),
                        Region.US_EAST_1,
                        StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")),
                        false,
                        List.of())
                .ecs();
    }

    FargateHands hands() {
        return hands(records, PATIENCE);
    }

    FargateHands hands(HandRecords kept, Patience patience) {
        return hands(kept, 0, contents, pace, patience);
    }

    FargateHands hands(HandRecords kept, Contents workspaces, Patience patience) {
        return hands(kept, 0, workspaces, pace, patience);
    }

    /** With a pool of this size. */
    FargateHands pooled(int size) {
        return hands(records, size, contents, pace, PATIENCE);
    }

    FargateHands hands(HandRecords kept, int size, Pace time, Patience patience) {
        return hands(kept, size, contents, time, patience);
    }

    private FargateHands hands(HandRecords kept, int size, Contents workspaces, Pace time, Patience patience) {
        return new FargateHands(
                HandImage.placement(),
                client,
                kept,
                new Stock(spares, size),
                new RemoteSupervisors(time),
                heads,
                workspaces,
                time,
                patience,
                new SecureRandom());
    }

    /** A deployment's way to the same. */
    Optional<FargateHands> deployed(HandRecords kept) {
        return FargateHands.of(
                HandImage.PLACEMENT,
                client,
                kept,
                spares,
                new RemoteSupervisors(pace),
                heads,
                contents,
                pace,
                new SecureRandom());
    }

    /** A task that somebody started by hand, in the same cluster and of the same definition. */
    void startStranger() {
        Placement placement = HandImage.placement();
        client.runTask(run -> run.cluster(placement.cluster())
                .taskDefinition(placement.taskDefinition())
                .launchType(LaunchType.FARGATE)
                .clientToken("stranger")
                .networkConfiguration(network -> network.awsvpcConfiguration(in -> in.subnets(placement.subnets())
                        .securityGroups(placement.securityGroup())
                        .assignPublicIp(AssignPublicIp.DISABLED))));
    }

    @Override
    public void close() {
        ecs.close();
        client.close();
        pace.close();
    }
}
