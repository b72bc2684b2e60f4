package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.aws.DynamoHeads;
import io.dormouse.aws.DynamoResources;
import io.dormouse.aws.DynamoSessionLog;
import io.dormouse.aws.Meter;
import io.dormouse.aws.Table;
import io.dormouse.hands.Hand;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider;
import io.dormouse.hands.HandResult;
import io.dormouse.hands.Hands;
import io.dormouse.hands.Tenure;
import io.dormouse.harness.Harness;
import io.dormouse.harness.Ports;
import io.dormouse.harness.Retries;
import io.dormouse.harness.Wakes;
import io.dormouse.head.Head;
import io.dormouse.head.Heads.Swapped;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Catalog;
import io.dormouse.prompt.Compaction;
import io.dormouse.prompt.Model;
import io.dormouse.prompt.Prompt;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Spill;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import io.dormouse.testkit.memory.MemoryBlobs;
import io.dormouse.threads.ThreadPace;
import io.dormouse.wire.Feed;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * A session on a metered table: the real harness and stores, a model and a hand that answer at once. What the API asks of the
 * stores for a message is played: the key and the head side by side, then the swap.
 */
final class CostSession implements AutoCloseable {
    private static final String KEY = "0123456789abcdef".repeat(4);

    /** Bytes of a summary, when a harness asks for one. */
    private static final int SUMMARY = 3000;

    /**
     * @param inSequence round trips between the message and the first model request; 0 when it was not looked at
     * @param summarised whether the model was asked for a summary of the history in it
     */
    record Turn(
            double writeUnits,
            long writes,
            double readUnits,
            long writtenBytes,
            long readBytes,
            int inSequence,
            boolean summarised) {}

    /** @param user and so on: a turn's texts */
    record Texts(String user, String text, String command, String result, String reply) {
        static Texts of(Prose prose) {
            // 540 bytes in all for the model's text and its call: the call's name and frame are the rest.
            return new Texts(prose.said(220), prose.said(320), prose.command(180), prose.shown(2000), prose.said(610));
        }
    }

    private final boolean forgets;
    private final MemoryTable memory = new MemoryTable();
    private final Meter meter = new Meter();
    private final ThreadPace pace = new ThreadPace();
    private final SecureRandom random = new SecureRandom();
    private final Ids ids = new Ids(pace::now, random);
    private final DynamoDbClient client;
    private final DynamoResources resources;
    private final DynamoHeads heads;
    private final Ports ports;
    private final ThreadId thread;
    private Harness harness;
    private Texts texts;
    private Prose summaries;
    private int calls;
    private long asked;
    private boolean summarised;

    /** @param forgets every turn is done by a harness that remembers nothing of the ones before */
    CostSession(boolean forgets, Prose summaries) {
        this.forgets = forgets;
        this.summaries = summaries;
        client = DynamoDbClient.builder()
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("bench", "bench")))
                .httpClient(memory)
                .overrideConfiguration(o -> o.addExecutionInterceptor(meter))
                .build();
        Table table = new Table(client, "bench");
        MemoryBlobs blobs = new MemoryBlobs();
        resources = new DynamoResources(table, blobs, pace::now, random);
        heads = new DynamoHeads(table, blobs, random);
        DynamoSessionLog log = new DynamoSessionLog(table, blobs);
        ports = new Ports(
                heads,
                log,
                this::reply,
                new Hands(new OneHand(), pace),
                Feed.NONE,
                new NoWakes(),
                new Spill(blobs),
                new Catalog(Json.parse("{\"models\":[]}")),
                Retries.DEFAULT,
                pace,
                ids,
                random);
        harness = new Harness(ports);
        resources.create(Resource.of(
                WorkspaceId.SYSTEM, "api_key", KEY, pace.now(), Json.object().put("workspace", "default")));
        ObjectNode agent = Json.object().put("name", "helper").put("system", "You help with this repository.");
        agent.putObject("model").put("id", "bench-model");
        agent.putArray("tools").addObject().put("type", "agent_toolset_20260401");
        SessionId session = ids.session();
        thread = session.primaryThread();
        log.append(thread, new Entry(1, 0, ids.next(), pace.now(), List.of(new Fact.SessionBegan(agent))));
        heads.create(Head.fresh(WorkspaceId.DEFAULT, session, pace.now()));
    }

    /** @param latencyMillis of the table; more than 0 to see what waits for what */
    Turn turn(Texts turn, long latencyMillis) {
        texts = turn;
        calls = 0;
        asked = 0;
        summarised = false;
        meter.reset();
        memory.reset();
        memory.latency(latencyMillis);
        if (forgets) harness = new Harness(ports);
        Supplier<Optional<Head>> ahead = pace.begin(() -> heads.read(thread));
        if (resources.read(WorkspaceId.SYSTEM, "api_key", KEY).isEmpty()) throw new IllegalStateException("no key");
        Head head = ahead.get().orElseThrow();
        Input input = new Input.UserMessage(ids.event(), ToolResult.text(turn.user()));
        Head next = ((Head.Posting.Accepted) head.post(List.of(input), pace.now())).next();
        if (!(heads.swap(head, next) instanceof Swapped.Done)) throw new IllegalStateException("nobody else is here");
        Harness.Woken woken = harness.wake(next, "owner" + next.version(), Instant.MAX);
        memory.latency(0);
        if (woken != Harness.Woken.SETTLED || asked == 0) throw new IllegalStateException("the turn came to " + woken);
        Meter.Use use = meter.total();
        return new Turn(
                use.writeUnits(),
                memory.writes(),
                use.readUnits(),
                memory.writtenBytes(),
                memory.readBytes(),
                latencyMillis == 0 ? 0 : memory.inSequence(asked),
                summarised);
    }

    @Override
    public void close() {
        client.close();
        pace.close();
    }

    // ---- the model

    private Model.Reply reply(Prompt prompt, Model.Watcher watcher, Cancellation cancellation) {
        if (asked == 0) {
            asked = System.nanoTime();
            // What waits for what is only looked at up to here, and a slow turn would have a heartbeat.
            memory.latency(0);
        }
        String last = Json.text(last(prompt.body().path("messages")));
        Usage usage = new Usage(Json.bytes(prompt.body()).length / 4, 200, 0, 0, 0, 0, 0);
        if (Compaction.asks(prompt)) {
            summarised = true;
            return replied("end_turn", usage, said("<summary>" + summaries.said(SUMMARY) + "</summary>"));
        }
        if (last.contains("\"tool_result\"")) return replied("end_turn", usage, said(texts.reply()));
        ObjectNode call = Json.object()
                .put("type", "tool_use")
                .put("id", "toolu_" + thread.text().substring(5, 15) + ++calls)
                .put("name", "bash");
        call.putObject("input").put("command", texts.command());
        return replied("tool_use", usage, said(texts.text()), call);
    }

    private static JsonNode last(JsonNode messages) {
        return messages.get(messages.size() - 1);
    }

    private static Model.Reply replied(String stopReason, Usage usage, ObjectNode... blocks) {
        return new Model.Reply.Complete(List.of(blocks), stopReason, null, usage);
    }

    private static ObjectNode said(String text) {
        return Json.object().put("type", "text").put("text", text);
    }

    // ---- the rest of the world

    private final class OneHand implements HandProvider {
        private final Hand hand = (call, cancellation) -> new HandResult.Output(ToolResult.text(texts.result()), false);

        @Override
        public Provided provide(HandId id, Tenure tenure, Cancellation cancellation) {
            return new Provided.Ready(hand, false);
        }

        @Override
        public Optional<Hand> find(HandId id) {
            return Optional.of(hand);
        }

        @Override
        public void discard(HandId id) {}
    }

    private record NoWakes() implements Wakes {
        @Override
        public void send(Head stored) {}

        @Override
        public void sendAt(ThreadId thread, Instant when) {}
    }
}
