package io.dormouse.harness;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.hands.Hand;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandFiles;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider;
import io.dormouse.hands.HandResult;
import io.dormouse.hands.Hands;
import io.dormouse.hands.Recipe;
import io.dormouse.hands.Shelf;
import io.dormouse.hands.Tenure;
import io.dormouse.head.Head;
import io.dormouse.head.Head.Posting;
import io.dormouse.head.Heads;
import io.dormouse.head.Heads.Swapped;
import io.dormouse.id.EventId;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.mcp.Servers;
import io.dormouse.outbound.UseLedger;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Catalog;
import io.dormouse.prompt.Model;
import io.dormouse.prompt.Model.Reply;
import io.dormouse.prompt.Prompt;
import io.dormouse.resource.Spill;
import io.dormouse.session.Budget;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.SessionLog;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import io.dormouse.testkit.memory.MemoryBlobs;
import io.dormouse.testkit.memory.MemoryHeads;
import io.dormouse.testkit.memory.MemorySessionLog;
import io.dormouse.wire.Feed;
import io.dormouse.wire.WireEvents;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** One session over stores in memory, with a model and a hand that do as the test says. */
final class World {
    final MemoryHeads heads = new MemoryHeads();
    final MemorySessionLog log = new MemorySessionLog();
    final TestPace pace;
    final Ids ids;
    final List<ObjectNode> prompts = new ArrayList<>();
    final Deque<BiFunction<Prompt, Cancellation, Reply>> replies = new ArrayDeque<>();
    final List<HandCall> handCalls = new ArrayList<>();
    final List<HandId> discarded = new ArrayList<>();
    final UseLedger uses = new UseLedger();
    final Spill spill = new Spill(new MemoryBlobs());
    Catalog catalog = new Catalog(Json.parse("{\"models\":[]}"));
    /** What watchers see of a reply before it is complete. */
    Consumer<Model.Watcher> streaming = watcher -> {};
    /** While a hand is being started. */
    Consumer<Cancellation> starting = cancellation -> {};

    final AtomicInteger starts = new AtomicInteger();
    UnaryOperator<Ports> faulty = UnaryOperator.identity();
    private boolean started;
    final BlockingQueue<ThreadId> wakes = new LinkedBlockingQueue<>();
    final BlockingQueue<Instant> later = new LinkedBlockingQueue<>();
    final SessionId session;
    final ThreadId thread;
    BiFunction<HandCall, Cancellation, HandResult> hand =
            (call, cancellation) -> new HandResult.Output(ToolResult.text("ran " + call.name()), false);
    Shelf shelf = Shelf.NONE;
    HandFiles files;
    /** What a fresh hand says that it could not be given; or null. */
    String lacking;

    Retries retries = new Retries(3, Duration.ofMillis(1), Duration.ofSeconds(1), Duration.ofSeconds(10));

    World(String tools) {
        this(tools, "[]");
    }

    /** @param servers the agent's MCP servers */
    World(String tools, String servers) {
        this(tools, servers, TestPace.still());
    }

    World(String tools, String servers, TestPace pace) {
        this(tools, servers, pace, null);
    }

    /** A session that may spend so many cents. The model costs a dollar for a million tokens of a prompt, and five of a reply. */
    static World limited(String tools, long cents) {
        World world = new World(tools, "[]", TestPace.still(), new Budget(cents));
        world.catalog = new Catalog(Json.parse("{\"default_prices\":{\"input\":1,\"output\":5},\"models\":[]}"));
        return world;
    }

    private World(String tools, String servers, TestPace pace, Budget budget) {
        this.pace = pace;
        ids = new Ids(pace::now, new Random(7));
        session = ids.session();
        thread = session.primaryThread();
        ObjectNode agent = Json.object().put("name", "helper").put("system", "Be brief.");
        agent.putObject("model").put("id", "test-model");
        agent.set("mcp_servers", Json.parse(servers.replace('\'', '"')));
        agent.set("tools", Json.parse(tools.replace('\'', '"')));
        Instant now = pace.now();
        log.append(thread, new Entry(1, 0, ids.next(), now, List.of(new Fact.SessionBegan(agent, List.of(), budget))));
        assertThat(heads.create(Head.fresh(WorkspaceId.DEFAULT, session, budget, now)))
                .isTrue();
    }

    Harness harness() {
        return harness(heads, log);
    }

    /** @param heads the same ones, or as some process sees them */
    Harness harness(Heads heads, SessionLog log) {
        Model model = (prompt, watcher, cancellation) -> {
            prompts.add(prompt.body().deepCopy());
            streaming.accept(watcher);
            BiFunction<Prompt, Cancellation, Reply> next = replies.poll();
            return next == null ? text("done").apply(prompt, cancellation) : next.apply(prompt, cancellation);
        };
        HandProvider provider = new HandProvider() {
            @Override
            public Provided provide(HandId id, Tenure tenure, Cancellation cancellation) {
                starts.incrementAndGet();
                starting.accept(cancellation);
                boolean fresh = !started;
                started = true;
                return new Provided.Ready(one(), fresh);
            }

            @Override
            public Optional<Hand> find(HandId id) {
                return started ? Optional.of(one()) : Optional.empty();
            }

            private Hand one() {
                return new Hand() {
                    @Override
                    public HandResult execute(HandCall call, Cancellation cancellation) {
                        synchronized (handCalls) {
                            handCalls.add(call);
                        }
                        return hand.apply(call, cancellation);
                    }

                    @Override
                    public Optional<String> prepare(Supplier<Recipe> recipe, Cancellation cancellation) {
                        return Optional.ofNullable(lacking);
                    }

                    @Override
                    public Optional<HandFiles> files() {
                        return Optional.ofNullable(files);
                    }
                };
            }

            @Override
            public void discard(HandId id) {
                discarded.add(id);
            }
        };
        Wakes toQueue = new Wakes() {
            @Override
            public void send(Head stored) {
                wakes.add(stored.thread());
            }

            @Override
            public void sendAt(ThreadId id, Instant when) {
                later.add(when);
            }
        };
        return new Harness(faulty.apply(new Ports(
                heads,
                log,
                model,
                new Hands(provider, pace, shelf),
                Feed.NONE,
                toQueue,
                spill,
                catalog,
                retries,
                pace,
                ids,
                new Random(1),
                uses,
                Servers.NONE)));
    }

    // ---- the client

    Posting post(Input... inputs) {
        while (true) {
            Head head = head();
            Posting posting = head.post(List.of(inputs), pace.now());
            if (!(posting instanceof Posting.Accepted accepted)
                    || heads.swap(head, accepted.next()) instanceof Swapped.Done) return posting;
        }
    }

    EventId says(String text) {
        EventId id = ids.event();
        assertThat(post(new Input.UserMessage(id, ToolResult.text(text)))).isInstanceOf(Posting.Accepted.class);
        return id;
    }

    Head head() {
        return heads.read(thread).orElseThrow();
    }

    List<String> eventTypes() {
        return events().stream().map(event -> event.path("type").asText()).toList();
    }

    List<ObjectNode> events() {
        WireEvents view = new WireEvents(thread, "helper", content -> content);
        List<ObjectNode> events = new ArrayList<>();
        log.read(thread, 0, 10_000).forEach(entry -> events.addAll(view.of(entry)));
        return events;
    }

    ObjectNode event(String type) {
        return events().stream()
                .filter(event -> event.path("type").asText().equals(type))
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    // ---- the model

    static BiFunction<Prompt, Cancellation, Reply> text(String text) {
        return replying("end_turn", "{'type':'text','text':'" + text + "'}");
    }

    static BiFunction<Prompt, Cancellation, Reply> calls(String... tools) {
        String[] blocks = new String[tools.length];
        for (int i = 0; i < tools.length; i++)
            blocks[i] = "{'type':'tool_use','id':'toolu_" + i + "','name':'" + tools[i] + "','input':{'n':" + i + "}}";
        return replying("tool_use", blocks);
    }

    static BiFunction<Prompt, Cancellation, Reply> replying(String stopReason, String... blocks) {
        List<ObjectNode> content = new ArrayList<>();
        for (String block : blocks) content.add((ObjectNode) Json.parse(block.replace('\'', '"')));
        return (prompt, cancellation) -> new Reply.Complete(content, stopReason, null, new Usage(10, 5, 0, 0, 0, 0, 0));
    }

    /** The same, having used this. */
    static BiFunction<Prompt, Cancellation, Reply> using(Usage usage, BiFunction<Prompt, Cancellation, Reply> reply) {
        return (prompt, cancellation) -> {
            Reply.Complete complete = (Reply.Complete) reply.apply(prompt, cancellation);
            return new Reply.Complete(complete.content(), complete.stopReason(), complete.stopDetails(), usage);
        };
    }

    static BiFunction<Prompt, Cancellation, Reply> failing(Model.Failure kind) {
        return (prompt, cancellation) -> new Reply.Failed(kind, "no luck", null, Usage.NONE);
    }

    static String lastText(JsonNode prompt) {
        JsonNode messages = prompt.path("messages");
        JsonNode content = messages.get(messages.size() - 1).path("content");
        return content.get(content.size() - 1).path("text").asText();
    }
}
