package io.dormouse.testkit.sim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.hands.Hands;
import io.dormouse.harness.Harness;
import io.dormouse.harness.Ports;
import io.dormouse.harness.Retries;
import io.dormouse.harness.Wakes;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.prompt.Catalog;
import io.dormouse.resource.Spill;
import io.dormouse.session.Budget;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.SessionLog;
import io.dormouse.testkit.memory.MemoryBlobs;
import io.dormouse.wire.Feed;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/** One seed: a few sessions, their clients and watchers, three machines, and whatever goes wrong. */
public final class Simulation {
    private static final long MOST_STEPS = 60_000;
    private static final long REST_MILLIS = Duration.ofHours(6).toMillis();
    private static final JsonNode TOOLS = Json.parse("""
            [{"type":"agent_toolset_20260401","default_config":{"enabled":true,"permission_policy":{"type":"always_allow"}},
              "configs":[{"name":"write","enabled":true,"permission_policy":{"type":"always_ask"}}]},
             {"type":"custom","name":"lookup","description":"looks up","input_schema":{"type":"object"}}]
            """);
    /** A conversation that lasts is summarised now and then. */
    private static final int WINDOW = 4_000;

    /** Of a seed with budgets: there a reply can be cut short, and be worth having. */
    private static final int WIDER_WINDOW = 8_000;

    private static final Catalog CATALOG = new Catalog(Json.parse("""
            {"models":[],"default_prices":
              {"input":1,"output":5,"cache_read":0.1,"cache_write_5m":1.25,"cache_write_1h":2}}"""));
    /** In every so many seeds sessions have a budget. The others are what they were before there were budgets. */
    private static final int LIMITED = 7;

    /** The clock of a machine whose nonces are those of every other. */
    private static final InstantSource STOPPED = () -> SimPace.BEGINNING;

    final Bug bug;
    /** Null when the seed decides what happens. */
    final Scenario scenario;

    final Harm.Plan plan;
    final Random random;
    /** For all that has to do with budgets, so that nothing else changes by it. */
    final Random money;

    private final boolean limited;
    final Catalog catalog;
    final Schedule schedule;
    final History history;
    final Faults faults;
    final StoredHeads heads = new StoredHeads();
    final StoredLog log = new StoredLog();
    final Calls calls = new Calls(this);
    final Heads store = new FaultyHeads(this);
    final SessionLog sessionLog = new FaultyLog(this);
    final Checks checks = new Checks(this);
    final SimModel model;
    final SimHands hands = new SimHands(this);
    final Fleet fleet;
    private final List<ThreadId> threads = new ArrayList<>();
    private final List<Client> clients = new ArrayList<>();
    private final List<Watcher> watchers = new ArrayList<>();
    private int numbers;
    private boolean resting;
    private int callsBefore;

    /**
     * What came of a seed.
     *
     * @param hash of everything that happened
     * @param calls of ports by machines and clients' requests, until faults stopped
     * @param harmed calls that a plan of harm has hit
     * @param violated null when every promise held
     * @param how what was seen; null when every promise held
     * @param last the last events
     */
    public record Outcome(
            long seed,
            long hash,
            long steps,
            Duration simulated,
            Map<Fault, Integer> faults,
            int calls,
            int harmed,
            Check violated,
            String how,
            List<String> last) {
        public int faultCount() {
            return faults.values().stream().mapToInt(Integer::intValue).sum();
        }
    }

    private Simulation(long seed, Bug bug, Scenario scenario, Harm.Plan plan, Consumer<String> listener) {
        this.bug = bug;
        this.scenario = scenario;
        this.plan = plan;
        random = new Random(seed * 0x9E3779B97F4A7C15L + 1);
        money = new Random(seed);
        limited = scenario == null ? seed % LIMITED == 3 : scenario.cents() > 0;
        catalog = CATALOG.narrowed(limited && scenario == null ? WIDER_WINDOW : WINDOW);
        schedule = new Schedule(random);
        history = new History(schedule, listener);
        faults = new Faults(random);
        if (scenario != null) faults.stop();
        model = new SimModel(this);
        fleet = new Fleet(this);
    }

    /** Runs a seed to its end, or to the first broken promise. */
    public static Outcome run(long seed, Bug bug) {
        return run(seed, bug, event -> {});
    }

    /** @param listener is told everything that happens, as it happens */
    public static Outcome run(long seed, Bug bug, Consumer<String> listener) {
        return run(seed, new Simulation(seed, bug, null, Harm.Plan.NONE, listener));
    }

    /** Runs a scenario with harm to the calls with these numbers. */
    public static Outcome run(Scenario scenario, Map<Integer, Harm> harms, Bug bug, Consumer<String> listener) {
        return run(1, new Simulation(1, bug, scenario, new Harm.Plan(harms), listener));
    }

    /** The heads that a seed leaves, each with its log. */
    static Map<Head, List<Entry>> left(long seed) {
        Simulation sim = new Simulation(seed, Bug.NONE, null, Harm.Plan.NONE, event -> {});
        run(seed, sim);
        Map<Head, List<Entry>> left = new LinkedHashMap<>();
        for (ThreadId thread : sim.threads) left.put(sim.head(thread), sim.log.read(thread, 0, Integer.MAX_VALUE));
        return left;
    }

    private static Outcome run(long seed, Simulation sim) {
        Check violated = null;
        String how = null;
        try {
            sim.play();
        } catch (Check.Violation e) {
            violated = e.check();
            how = e.getMessage();
        }
        Outcome outcome = new Outcome(
                seed,
                sim.history.hash(),
                sim.schedule.steps(),
                Duration.ofMillis(sim.schedule.now()),
                Map.copyOf(sim.faults.counts()),
                sim.callsBefore,
                sim.faults.harmed(),
                violated,
                how,
                sim.history.last());
        sim.schedule.end();
        return outcome;
    }

    private void play() {
        int sessions = scenario == null ? 1 + random.nextInt(2) : 1;
        for (int i = 0; i < sessions; i++) session();
        schedule.spawn("sweep", null, null, 0, fleet::sweep);
        while (clients.stream().anyMatch(client -> !client.finished())) step();
        long more = schedule.now() + random.nextInt(60_000);
        while (scenario == null && schedule.now() < more) step();
        callsBefore = calls.count();
        rest();
    }

    private void step() {
        if (schedule.steps() >= MOST_STEPS) Check.LIVENESS.failed(MOST_STEPS + " steps, and no end: " + unrest());
        if (!schedule.step()) Check.LIVENESS.failed("nobody will ever do anything");
        checks.patience();
    }

    /** Nothing goes wrong any more; the clients answer what they are asked, and all must come to rest. */
    private void rest() {
        resting = true;
        faults.stop();
        fleet.thaw();
        history.tell("faults stop");
        long end = schedule.now() + REST_MILLIS;
        for (int round = 0; round < 30; round++) {
            while (!threads.stream().allMatch(this::rests)) {
                if (schedule.now() >= end) Check.LIVENESS.failed("after six hours without a fault: " + unrest());
                step();
            }
            // What is late comes now, and may begin something once more.
            long late = schedule.now() + 70_000;
            while (schedule.now() < late) step();
            if (!threads.stream().allMatch(this::rests)) continue;
            if (!answered()) break;
        }
        for (ThreadId thread : threads) {
            if (!rests(thread)) Check.LIVENESS.failed("it never ends: " + unrest());
            checks.atRest(thread, head(thread));
            Verified.check(head(thread), log.read(thread, 0, Integer.MAX_VALUE));
        }
        watchers.forEach(Watcher::check);
    }

    private boolean answered() {
        boolean[] any = {false};
        List<Schedule.Actor> actors = new ArrayList<>();
        for (Client client : clients)
            actors.add(schedule.spawn("finisher", null, null, 0, () -> {
                if (client.answerAll()) any[0] = true;
            }));
        while (!actors.stream().allMatch(Schedule.Actor::done)) step();
        return any[0];
    }

    private Head head(ThreadId thread) {
        return heads.read(thread).orElseThrow();
    }

    private boolean rests(ThreadId thread) {
        return !checks.owes(thread);
    }

    private String unrest() {
        return threads.stream()
                .filter(thread -> !rests(thread))
                .map(this::head)
                .toList()
                .toString();
    }

    private void session() {
        Ids ids = new Ids(() -> SimPace.BEGINNING, random);
        SessionId session = ids.session();
        ThreadId thread = session.primaryThread();
        Budget budget = limited ? new Budget(scenario == null ? cents() : scenario.cents()) : null;
        Fact began = new Fact.SessionBegan(agent(thread), List.of(), budget);
        Entry first = new Entry(1, 0, ids.next(), SimPace.BEGINNING, List.of(began));
        log.append(thread, first);
        checks.appended(thread, first);
        heads.create(Head.fresh(WorkspaceId.DEFAULT, session, budget, SimPace.BEGINNING));
        threads.add(thread);
        Client client = new Client(this, thread);
        Watcher watcher = new Watcher(this, thread);
        clients.add(client);
        watchers.add(watcher);
        schedule.spawn("client" + threads.size(), null, null, 0, client::run).asClient();
        schedule.spawn("watcher" + threads.size(), null, null, 0, watcher::run);
    }

    /** Too little to begin with, enough for a few requests, or for a summary. */
    private long cents() {
        return 2 + money.nextInt(money.nextInt(4) == 0 ? 80 : 10);
    }

    boolean limited() {
        return limited;
    }

    ObjectNode agent(ThreadId thread) {
        ObjectNode agent = Json.object().put("name", "helper").put("system", "Be brief.");
        // The model is named for the session, so that a request says whose it is.
        agent.putObject("model").put("id", thread.text());
        agent.set("tools", TOOLS.deepCopy());
        return agent;
    }

    Harness harness(Machine machine, Wakes wakes) {
        SimPace pace = new SimPace(this, machine);
        Retries retries = bug == Bug.RETRY_FOR_EVER
                ? new Retries(1_000_000, Duration.ofMillis(1), Duration.ofSeconds(1), Duration.ofSeconds(10))
                : Retries.DEFAULT;
        return new Harness(new Ports(
                store,
                sessionLog,
                model,
                new Hands(hands, pace),
                Feed.NONE,
                wakes,
                new Spill(new MemoryBlobs()),
                catalog,
                retries,
                pace,
                bug == Bug.TWO_PROCESSES_ARE_TWINS ? new Ids(STOPPED, new Random(7)) : new Ids(pace::now, random),
                random));
    }

    boolean resting() {
        return resting;
    }

    /** A number that nothing else in this simulation has. */
    int number() {
        return ++numbers;
    }
}
