package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.hands.Hand;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider;
import io.dormouse.hands.Tenure;
import io.dormouse.json.Json;
import io.dormouse.local.bench.HandsSession.Delays;
import io.dormouse.local.bench.HandsSession.Mode;
import io.dormouse.local.bench.HandsSession.Turn;
import io.dormouse.pace.Cancellation;
import io.dormouse.threads.ThreadPace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;

/**
 * What it is worth to send for a sandbox late, early, or to have one ready: the same sessions under each way, side by side, in
 * real time. The harness is the real one; sandboxes take as long to come as tasks on Fargate did, and the model as long as
 * stated. Nearly all of that is sleep, so hundreds of sessions at once leave the machine idle.
 */
final class HandsBench implements Bench.Benchmark {
    /** In each mode. */
    private static final int SESSIONS = 300;
    /** Of them, those in which no tool is used. */
    private static final double WITHOUT_TOOLS = 0.4;
    /** Of such a session. */
    private static final int TURNS = 5;
    /** In which sessions begin. */
    private static final double ARRIVALS_SECONDS = 75;
    /** Enough for a session with a tool every 0.4 s, and 24 s to fill a place again. */
    private static final int POOL = 90;

    private static final int WARM_UPS = 400;
    /** At most, in which turns without tools are compared, one after the other, with a model that answers at once. */
    private static final int ROUNDS = 60;

    private static final int TURNS_PER_ROUND = 150;

    private static final double FIRST_TOKEN_MEDIAN_SECONDS = 0.9;
    private static final double FIRST_TOKEN_P95_SECONDS = 2.0;
    private static final double[] WORDS_SECONDS = {0.2, 1.5};
    private static final double[] INPUT_SECONDS = {0.5, 5};
    private static final double[] REST_SECONDS = {2, 6};

    private static final double LESS_AT_P50 = 0.60;
    private static final double LESS_AT_P95 = 0.90;
    private static final double SAME_MILLIS = 1;

    /** Of one mode. @param firsts first turns of sessions @param plain all turns of sessions without tools */
    private record Samples(List<Turn> firsts, List<Turn> plain) {
        synchronized void add(boolean first, boolean tool, Turn turn) {
            if (first) firsts.add(turn);
            if (!tool) plain.add(turn);
        }
    }

    private final ThreadPace pace = new ThreadPace();
    private final Map<HandId, HandsSession> sessions = new ConcurrentHashMap<>();
    private final Map<Mode, SlowHands> hands = new EnumMap<>(Mode.class);
    private final Map<Mode, Samples> samples = new EnumMap<>(Mode.class);
    /** What each way adds to turns without tools, less what is added without hands: by mode and share, one for each round. */
    private final Map<String, List<Double>> added = new LinkedHashMap<>();

    private final List<Throwable> failures = new ArrayList<>();

    @Override
    public boolean run(ObjectNode result, List<String> arguments) throws Exception {
        SlowHands quick = new SlowHands(Integer.MAX_VALUE, 1, this::ran);
        for (int i = 0; i < WARM_UPS; i++)
            session(i % 2 == 0 ? Mode.EAGER : Mode.LAZY, quick, i).turn(i % 4 == 0, Delays.AT_ONCE, Delays.AT_ONCE);
        CountDownLatch over = new CountDownLatch(Mode.values().length * SESSIONS);
        for (Mode mode : Mode.values()) {
            hands.put(mode, new SlowHands(mode == Mode.POOL ? POOL : 0, 7 + mode.ordinal(), this::ran));
            samples.put(mode, new Samples(new ArrayList<>(), new ArrayList<>()));
            Random arrivals = new Random(100 + mode.ordinal());
            for (int i = 0; i < SESSIONS; i++) begin(mode, i, arrivals.nextDouble() * ARRIVALS_SECONDS, over);
        }
        Bench.say("five times " + SESSIONS + " sessions, which takes some two minutes");
        for (int round = 0; round < ROUNDS && over.getCount() > 0; round++) compare(quick, 1_000_000L * (1 + round));
        over.await();
        pace.close();
        if (!failures.isEmpty()) throw new IllegalStateException(failures.size() + " failed", failures.getFirst());
        return tell(result);
    }

    /** Turns of each mode in alternation, so that what else the machine does meets all alike. */
    private void compare(SlowHands quick, long seed) {
        List<Mode> modes = List.of(Mode.NONE, Mode.LAZY, Mode.EAGER, Mode.POOL);
        Map<Mode, HandsSession> each = new EnumMap<>(Mode.class);
        Map<Mode, List<Turn>> turns = new EnumMap<>(Mode.class);
        for (Mode mode : modes) {
            each.put(mode, session(mode, mode == Mode.NONE ? new Nobody() : quick, seed + mode.ordinal()));
            turns.put(mode, new ArrayList<>());
        }
        Random order = new Random(seed);
        for (int i = 0; i < TURNS_PER_ROUND; i++) {
            List<Mode> shuffled = new ArrayList<>(modes);
            Collections.shuffle(shuffled, order);
            for (Mode mode : shuffled) turns.get(mode).add(each.get(mode).turn(false, Delays.AT_ONCE, Delays.AT_ONCE));
        }
        for (Mode mode : modes)
            for (double share : new double[] {0.5, 0.95}) {
                double more = at(turns.get(mode), Turn::added, share) - at(turns.get(Mode.NONE), Turn::added, share);
                if (mode != Mode.NONE)
                    added.computeIfAbsent("%s_p%.0f".formatted(name(mode), 100 * share), n -> new ArrayList<>())
                            .add(more);
            }
    }

    private void begin(Mode mode, int number, double after, CountDownLatch over) {
        Thread.startVirtualThread(() -> {
            try {
                SlowHands.sleep(after);
                play(mode, number);
            } catch (RuntimeException e) {
                synchronized (failures) {
                    failures.add(e);
                }
            } finally {
                over.countDown();
            }
        });
    }

    /** The session of this number is the same in every mode, up to the time that its sandbox takes. */
    private void play(Mode mode, int number) {
        RandomGenerator random = new SplittableRandom(number);
        boolean tool = random.nextDouble() >= WITHOUT_TOOLS;
        // Without hands there is nothing to call.
        if (tool && mode == Mode.NONE) return;
        HandProvider provider = mode == Mode.NONE ? new Nobody() : hands.get(mode);
        HandsSession session = session(mode, provider, 10_000L * (1 + mode.ordinal()) + number);
        for (int turn = 0; turn < (tool ? 1 : TURNS); turn++) {
            Delays first = new Delays(
                    firstToken(random),
                    between(random, tool ? WORDS_SECONDS : REST_SECONDS),
                    between(random, INPUT_SECONDS));
            Delays second = new Delays(firstToken(random), between(random, REST_SECONDS), 0);
            samples.get(mode).add(turn == 0, tool, session.turn(tool, first, second));
        }
    }

    private HandsSession session(Mode mode, HandProvider provider, long seed) {
        HandsSession session = new HandsSession(mode, provider, pace, new Random(seed));
        sessions.put(session.hand(), session);
        return session;
    }

    private void ran(HandId hand) {
        sessions.get(hand).ran();
    }

    /** A log-normal distribution. */
    private static double firstToken(RandomGenerator random) {
        double sigma = Math.log(FIRST_TOKEN_P95_SECONDS / FIRST_TOKEN_MEDIAN_SECONDS) / 1.645;
        return FIRST_TOKEN_MEDIAN_SECONDS * Math.exp(sigma * random.nextGaussian());
    }

    private static double between(RandomGenerator random, double[] ends) {
        return ends[0] + random.nextDouble() * (ends[1] - ends[0]);
    }

    // ---- what is told

    private boolean tell(ObjectNode result) {
        result.put("sessions_per_mode", SESSIONS)
                .put("share_without_tools", WITHOUT_TOOLS)
                .put("turns_of_a_session_without_tools", TURNS)
                .put("arrivals_s", ARRIVALS_SECONDS)
                .put("time_scale", 1)
                .put("pool_size", POOL);
        ObjectNode given = result.putObject("given_s");
        given.set("start_p0_p50_p95_p100", Json.MAPPER.valueToTree(SlowHands.START_SECONDS));
        given.set(
                "bind_from_to",
                Json.MAPPER.valueToTree(new double[] {SlowHands.BIND_MILLIS[0] / 1e3, SlowHands.BIND_MILLIS[1] / 1e3}));
        given.put("empty_pool", SlowHands.EMPTY_SECONDS);
        given.set(
                "first_token_p50_p95",
                Json.MAPPER.valueToTree(new double[] {FIRST_TOKEN_MEDIAN_SECONDS, FIRST_TOKEN_P95_SECONDS}));
        given.set("words_before_a_call_from_to", Json.MAPPER.valueToTree(WORDS_SECONDS));
        given.set("input_of_a_call_from_to", Json.MAPPER.valueToTree(INPUT_SECONDS));
        given.set("rest_of_a_reply_from_to", Json.MAPPER.valueToTree(REST_SECONDS));
        for (Mode mode : Mode.values()) result.set(name(mode), told(mode));
        ObjectNode rounds = result.putObject("added_without_tools_less_none_ms");
        rounds.put("rounds", added.values().iterator().next().size()).put("turns_per_round", TURNS_PER_ROUND);
        added.forEach((name, each) -> rounds.set(name, Figures.spread(each)));
        return marks(result.putObject("marks"));
    }

    private ObjectNode told(Mode mode) {
        Samples of = samples.get(mode);
        ObjectNode told = Json.object();
        told.set("first_token_ms", figures(of.firsts(), Turn::firstToken));
        told.set("first_token_without_tools_ms", figures(of.plain(), Turn::firstToken));
        List<Turn> tools = of.firsts().stream()
                .filter(turn -> !Double.isNaN(turn.firstTool()))
                .toList();
        if (mode == Mode.NONE) return told;
        told.set("first_tool_ms", figures(tools, Turn::firstTool));
        told.set("first_tool_after_reply_ms", figures(tools, Turn::waited));
        told.put("sandboxes", hands.get(mode).started.get());
        if (mode == Mode.POOL)
            told.put("pool_was_empty", hands.get(mode).emptyPool.get());
        return told;
    }

    private static ObjectNode figures(List<Turn> turns, ToDoubleFunction<Turn> of) {
        ObjectNode figures = Json.object();
        figures.put("p50", Figures.rounded(at(turns, of, 0.5)))
                .put("p95", Figures.rounded(at(turns, of, 0.95)))
                .put("n", turns.size());
        return figures;
    }

    private static double at(List<Turn> turns, ToDoubleFunction<Turn> of, double share) {
        return Figures.percentile(turns.stream().mapToDouble(of).toArray(), share);
    }

    private boolean marks(ObjectNode marks) {
        boolean ok = less(marks, "first_token_lazy_to_up_front_p50", 0.5, LESS_AT_P50);
        ok &= less(marks, "first_token_lazy_to_up_front_p95", 0.95, LESS_AT_P95);
        for (Map.Entry<String, List<Double>> each : added.entrySet()) {
            double more = Figures.median(each.getValue());
            String name = "without_tools_less_none_" + each.getKey() + "_ms";
            ok &= mark(marks, name, more, SAME_MILLIS, Math.abs(more) <= SAME_MILLIS);
        }
        return ok;
    }

    private boolean less(ObjectNode marks, String name, double share, double least) {
        double lazy = at(samples.get(Mode.LAZY).firsts(), Turn::firstToken, share);
        double upFront = at(samples.get(Mode.UP_FRONT).firsts(), Turn::firstToken, share);
        double change = lazy / upFront - 1;
        return mark(marks, name, change, -least, change <= -least);
    }

    private static boolean mark(ObjectNode marks, String name, double value, double mark, boolean met) {
        marks.putObject(name)
                .put("value", Figures.rounded(value))
                .put("mark", mark)
                .put("met", met);
        Bench.say((met ? "" : "MISSED: ") + name + " is " + Figures.rounded(value) + ", mark " + mark);
        return met;
    }

    private static String name(Mode mode) {
        return mode.name().toLowerCase(Locale.ROOT);
    }

    private static final class Nobody implements HandProvider {
        @Override
        public Provided provide(HandId id, Tenure tenure, Cancellation cancellation) {
            return new Provided.Unavailable("there are none");
        }

        @Override
        public Optional<Hand> find(HandId id) {
            return Optional.empty();
        }

        @Override
        public void discard(HandId id) {}
    }
}
