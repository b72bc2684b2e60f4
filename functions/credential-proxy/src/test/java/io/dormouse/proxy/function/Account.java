package io.dormouse.proxy.function;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.aws.Clients;
import io.dormouse.aws.DynamoHeads;
import io.dormouse.aws.DynamoResources;
import io.dormouse.aws.LambdaOutbound;
import io.dormouse.aws.LambdaSafe;
import io.dormouse.aws.S3Blobs;
import io.dormouse.aws.S3Contents;
import io.dormouse.aws.StreamedInvocations;
import io.dormouse.aws.Table;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.CredentialId;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.UseLedger;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.session.Input;
import io.dormouse.session.ToolResult;
import io.dormouse.testkit.lambda.Deployed;
import io.dormouse.testkit.lambda.LambdaEmulator;
import io.dormouse.testkit.moto.Moto;
import io.dormouse.vault.Credential;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.SecretPart;
import io.dormouse.vault.Vault;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** An account of AWS on this machine: moto's stores, and the proxy's two functions as processes under an emulated Lambda. */
final class Account implements AutoCloseable {
    static final WorkspaceId HERE = new WorkspaceId("here");
    static final String SECRET = "CANARY-Zm9v+/=&hush~42";

    final LambdaEmulator lambda = LambdaEmulator.start();
    final Ids ids = new Ids(Instant::now, new SecureRandom());
    final SessionId session = ids.session();
    final UseLedger uses = new UseLedger();
    final S3Client s3;
    final String bucket = "dormouse-" + UUID.randomUUID();
    final Heads heads;
    final LambdaOutbound outbound;
    final LambdaSafe safe;
    private final Resources resources;
    private final StreamedInvocations invocations;
    private final Map<String, String> environment = new HashMap<>();

    /** @param opened as {@code DORMOUSE_PRIVATE_HOSTS} */
    Account(String opened) {
        SecureRandom random = new SecureRandom();
        Clients clients = new Clients(
                Moto.endpoint(),
                Region.US_EAST_1,
                StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")),
                false,
                List.of());
        s3 = clients.s3();
        s3.createBucket(create -> create.bucket(bucket));
        Table table = new Table(clients.dynamo(), "dormouse-" + UUID.randomUUID()).createIfMissing();
        S3Blobs blobs = new S3Blobs(s3, bucket);
        heads = new DynamoHeads(table, blobs, random);
        resources = new DynamoResources(table, blobs, Instant::now, random);
        environment.putAll(Map.of(
                "AWS_ENDPOINT_URL",
                Moto.endpoint().toString(),
                "AWS_REGION",
                "us-east-1",
                "AWS_ACCESS_KEY_ID",
                "test",
                "AWS_SECRET_ACCESS_KEY",
                "test",
                "DORMOUSE_TABLE",
                table.name(),
                "DORMOUSE_BUCKET",
                bucket,
                "DORMOUSE_SECRETS",
                bucket + "/vault/",
                "DORMOUSE_PRIVATE_HOSTS",
                opened));
        deploy("send");
        deploy("store");
        invocations = invocations(lambda.endpoint());
        outbound = new LambdaOutbound(invocations, "send", S3Contents.exchange(s3, bucket), uses, ids::next);
        safe = new LambdaSafe(invocations, "store");
    }

    static StreamedInvocations invocations(URI endpoint) {
        return new Clients(
                        endpoint,
                        Region.US_EAST_1,
                        StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")),
                        false,
                        List.of())
                .streamed();
    }

    /** As it is deployed, but for the zip. The heap is small, so that bodies that are held whole do not fit. */
    private void deploy(String operation) {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                "io.dormouse.proxy.function.Main");
        Map<String, String> all = new HashMap<>(environment);
        all.put("DORMOUSE_PROXY_OPERATION", operation);
        lambda.deploy(
                new Deployed(operation, Path.of("."), command, all, Duration.ofMinutes(10), Deployed.Life.KEPT, 8));
    }

    // ---- a session

    /** Running, in an environment without limits. */
    void session(VaultId... vaults) {
        Instant now = Instant.now();
        ObjectNode environment = Json.object();
        environment.putObject("config").putObject("networking").put("type", "unrestricted");
        resources.create(Resource.of(HERE, "environment", "env_1", now, environment));
        ObjectNode body = Json.object().put("environment_id", "env_1");
        body.putObject("agent");
        for (VaultId vault : vaults) body.withArrayProperty("vault_ids").add(vault.text());
        resources.create(Resource.of(HERE, "session", session.text(), now, body));
        Head posted = ((Head.Posting.Accepted) Head.fresh(HERE, session, now)
                        .post(List.of(new Input.UserMessage(ids.event(), ToolResult.text("hi"))), now))
                .next();
        heads.create(((Head.Claim.Granted) posted.claim("me", now)).next());
    }

    /** A vault with a variable {@code API_KEY} for one host; its secret goes in by the function. */
    VaultId vault(String host) {
        Instant now = Instant.now();
        VaultId vault = new VaultId(ids.next("vlt_"));
        ObjectNode body = Json.object().put("display_name", "v");
        body.putObject("metadata");
        resources.create(Resource.of(HERE, Vault.KIND, vault.text(), now, body));
        CredentialId id = new CredentialId(ids.next("vcrd_"));
        safe.store(vault, id, "r1", NewSecret.of(Map.of(SecretPart.SECRET_VALUE, SECRET)));
        ObjectNode credential = Json.object().put("revision", "r1");
        credential.set(
                "auth",
                Json.parse(("{'type':'environment_variable','secret_name':'API_KEY','networking':{'type':'limited',"
                                + "'allowed_hosts':['" + host
                                + "']},'injection_location':{'header':true,'body':false}}")
                        .replace('\'', '"')));
        resources.create(Resource.of(HERE, Credential.KIND, Credential.documentId(vault, id), now, credential));
        return vault;
    }

    private Head head() {
        return heads.read(session.primaryThread()).orElseThrow();
    }

    /** The wake is over, though there is work left. */
    void letsGo() {
        Head head = head();
        heads.swap(head, head.release(head.snapshot(), Instant.now()));
    }

    /** The next wake. */
    void wakes() {
        Head head = head();
        heads.swap(head, ((Head.Claim.Granted) head.claim("me", Instant.now())).next());
    }

    /** Who holds the lease. */
    Outbound.Caller caller() {
        return caller(head().lease().epoch());
    }

    /** Who does not. */
    Outbound.Caller stranger() {
        return caller(head().lease().epoch() + 1);
    }

    private Outbound.Caller caller(long epoch) {
        return new Outbound.Caller(
                HERE, session, session.primaryThread(), epoch, ids.event(), Outbound.Purpose.SANDBOX);
    }

    /** What lies in the bucket for hand-overs. */
    List<String> handedOver() {
        return s3.listObjectsV2(list -> list.bucket(bucket).prefix("exchange/")).contents().stream()
                .map(object -> object.key())
                .toList();
    }

    /** What an answer that nobody wanted to its end has left, once its function has ended; the real bucket forgets it in time. */
    void forget() {
        long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(300);
        while (!lambda.busy("send").isEmpty()) {
            if (System.nanoTime() > giveUp) throw new AssertionError("the function does not end");
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
        for (String name : handedOver())
            s3.deleteObject(delete -> delete.bucket(bucket).key(name));
    }

    String logs() {
        return lambda.log("send") + lambda.log("store");
    }

    @Override
    public void close() {
        lambda.close();
        invocations.close();
        s3.close();
    }
}
