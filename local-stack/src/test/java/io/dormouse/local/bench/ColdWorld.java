package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dormouse.aws.DynamoHeads;
import io.dormouse.aws.DynamoSessionLog;
import io.dormouse.aws.Table;
import io.dormouse.head.Head;
import io.dormouse.head.Heads.Swapped;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.ToolResult;
import io.dormouse.testkit.lambda.LambdaEmulator;
import io.dormouse.testkit.memory.MemoryBlobs;
import io.dormouse.testkit.messages.Script;
import io.dormouse.testkit.messages.ScriptedModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** What one process of the harness function needs: a table and a model on this machine, and a session that owes work. */
public final class ColdWorld implements AutoCloseable {
    private static final String TABLE = "bench";

    private volatile CompletableFuture<Long> asked = new CompletableFuture<>();
    private volatile Runnable whenAsked = () -> {};
    private final MemoryTable memory = new MemoryTable();
    private final HttpServer table;
    private final ScriptedModel model = ScriptedModel.start(request -> {
                asked.complete(System.nanoTime());
                whenAsked.run();
                return Script.text("An answer of a few words, no more.");
            })
            .recordNothing();
    private final SecureRandom random = new SecureRandom();
    private final Ids ids = new Ids(ColdWorld::now, random);
    private final DynamoHeads heads;
    private final DynamoSessionLog log;

    public ColdWorld() throws IOException {
        table = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        table.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        table.createContext("/", this::answer);
        table.start();
        DynamoDbClient client = DynamoDbClient.builder()
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("bench", "bench")))
                .httpClient(memory)
                .build();
        MemoryBlobs blobs = new MemoryBlobs();
        heads = new DynamoHeads(new Table(client, TABLE), blobs, random);
        log = new DynamoSessionLog(new Table(client, TABLE), blobs);
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
            ObjectNode answer = memory.perform(
                    target.substring(target.indexOf('.') + 1), Json.MAPPER.readTree(exchange.getRequestBody()));
            byte[] bytes = Json.bytes(answer);
            exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
            exchange.sendResponseHeaders(answer.has("__type") ? 400 : 200, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    public Map<String, String> environment(LambdaEmulator lambda) {
        return Map.of(
                "DORMOUSE_TABLE", TABLE,
                "DORMOUSE_BUCKET", TABLE,
                "DORMOUSE_HARNESS", "harness",
                "DORMOUSE_PROXY", "proxy",
                "DORMOUSE_MODEL_URL", model.baseUri().toString(),
                "DORMOUSE_MODEL_SIGNING", "none",
                "AWS_ENDPOINT_URL", "http://127.0.0.1:" + table.getAddress().getPort(),
                "AWS_REGION", "us-east-1",
                "AWS_ACCESS_KEY_ID", "bench",
                "AWS_SECRET_ACCESS_KEY", "bench");
    }

    /** A new session, whose user has said something. */
    public ThreadId session() {
        ObjectNode agent = Json.object().put("name", "helper").put("system", "You help with this repository.");
        agent.putObject("model").put("id", "bench-model");
        agent.putArray("tools").addObject().put("type", "agent_toolset_20260401");
        SessionId session = ids.session();
        ThreadId thread = session.primaryThread();
        log.append(thread, new Entry(1, 0, ids.next(), now(), List.of(new Fact.SessionBegan(agent))));
        Head fresh = Head.fresh(WorkspaceId.DEFAULT, session, now());
        heads.create(fresh);
        Head head = heads.read(thread).orElseThrow();
        Input input = new Input.UserMessage(ids.event(), ToolResult.text("Where is the loop of the harness?"));
        Head next = ((Head.Posting.Accepted) head.post(List.of(input), now())).next();
        if (!(heads.swap(head, next) instanceof Swapped.Done)) throw new IllegalStateException("nobody else is here");
        asked = new CompletableFuture<>();
        return thread;
    }

    public static byte[] wake(ThreadId thread) {
        return Json.bytes(Json.object().put("thread", thread.text()));
    }

    /** All that was told of it. */
    public List<Entry> log(ThreadId thread) {
        return log.read(thread, 0, 100);
    }

    /** When the request for the last {@link #session} came to the model, by {@link System#nanoTime}. */
    long asked() {
        return asked.join();
    }

    /** Runs before the model answers. */
    void whenAsked(Runnable action) {
        whenAsked = action;
    }

    @Override
    public void close() {
        table.stop(0);
        model.close();
    }
}
