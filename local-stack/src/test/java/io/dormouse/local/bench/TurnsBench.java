package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.testkit.messages.Script;
import io.dormouse.testkit.messages.ScriptedModel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Plain turns without tools as fast as they go: each session sends a message, waits on its stream until it is idle, and sends
 * the next. Then many sessions with an open turn at once, against a model that takes its time.
 */
final class TurnsBench implements Bench.Benchmark {
    private static final List<Integer> LEVELS = List.of(1, 16, 64, 256);
    private static final int RUNS = 3;
    private static final Duration RUN = Duration.ofSeconds(5);
    /** Until less than a tenth of the suite's time goes into compiling, or this often. */
    private static final int MAX_WARM_UPS = 12;

    /** Then a session is replaced: what a long history costs is another question. */
    private static final int TURNS_OF_A_SESSION = 50;

    private static final int IN_FLIGHT = 2000;
    private static final Duration SLOW = Duration.ofMillis(1500);

    private final AtomicInteger errors = new AtomicInteger();
    private volatile Duration modelDelay = Duration.ZERO;
    private String agent;
    private String environment;

    /** Milliseconds of every turn of a run. */
    private record Run(
            double[] turns, double seconds, double suiteCpu, double compilerCpu, double ownCpu, double writtenKb) {
        double rate() {
            return turns.length / seconds;
        }
    }

    @Override
    public boolean run(ObjectNode result, List<String> arguments) throws Exception {
        try (ScriptedModel model = ScriptedModel.start(request -> Script.text("An answer of a few words, no more.")
                                .delays(modelDelay, Duration.ZERO))
                        .recordNothing();
                SuiteProcess suite = SuiteProcess.start(model.baseUri())) {
            try (Client client = new Client(suite.port())) {
                agent = client.agent("[]");
                environment = client.environment();
            }
            double compiling = 1;
            for (int i = 0; i < MAX_WARM_UPS && compiling > 0.1; i++) {
                Run run = run(suite, 64, RUN);
                compiling = run.compilerCpu() / run.suiteCpu();
                Bench.say("warming up: " + Math.round(run.rate()) + " turns/s, " + Math.round(compiling * 100)
                        + " % of the time in compilers");
            }
            ArrayNode levels = result.putArray("levels");
            boolean ok = true;
            List<Integer> wanted = arguments.stream().map(Integer::valueOf).toList();
            for (int sessions : wanted.isEmpty() ? LEVELS : wanted) {
                List<Run> runs = new ArrayList<>();
                for (int i = 0; i < RUNS; i++) {
                    Run run = run(suite, sessions, RUN);
                    runs.add(run);
                    Bench.say(sessions + " sessions: " + Math.round(run.rate()) + " turns/s, p99 "
                            + Math.round(Figures.percentile(run.turns(), 0.99)) + " ms");
                }
                ObjectNode level = level(sessions, runs);
                levels.add(level);
                if (sessions == 64)
                    ok = level.path("turns_per_s").path("median").asDouble() >= 450
                            && level.path("p99_ms").path("median").asDouble() <= 300;
            }
            if (wanted.isEmpty()) inFlight(suite, result.putObject("in_flight"));
            result.put("errors", errors.get());
            result.put("peak_memory_mb", Machine.peakMemoryKb(suite.pid()) / 1024);
            result.put("start_ms", suite.startMillis()).put("stop_ms", suite.stop());
            result.put("model", "in the load generator's process, and in its CPU time");
            result.put("mark", "64 sessions: >= 450 turns/s, p99 <= 300 ms; 2000 in flight; no error");
            return ok && errors.get() == 0;
        }
    }

    private static ObjectNode level(int sessions, List<Run> runs) {
        ObjectNode level = Json.object().put("sessions", sessions);
        level.set("turns_per_s", Figures.spread(runs.stream().map(Run::rate).toList()));
        level.set(
                "p50_ms",
                Figures.spread(runs.stream()
                        .map(run -> Figures.percentile(run.turns(), 0.5))
                        .toList()));
        level.set(
                "p99_ms",
                Figures.spread(runs.stream()
                        .map(run -> Figures.percentile(run.turns(), 0.99))
                        .toList()));
        level.set(
                "suite_cpu_ms_per_turn",
                Figures.spread(runs.stream().map(Run::suiteCpu).toList()));
        level.set(
                "of_which_compilers",
                Figures.spread(runs.stream().map(Run::compilerCpu).toList()));
        level.set(
                "load_generator_cpu_ms_per_turn",
                Figures.spread(runs.stream().map(Run::ownCpu).toList()));
        level.set(
                "written_kb_per_turn",
                Figures.spread(runs.stream().map(Run::writtenKb).toList()));
        return level;
    }

    private Run run(SuiteProcess suite, int sessions, Duration duration) throws Exception {
        long self = ProcessHandle.current().pid();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CountDownLatch ready = new CountDownLatch(sessions);
            CountDownLatch go = new CountDownLatch(1);
            List<Future<List<Double>>> loops = new ArrayList<>();
            for (int i = 0; i < sessions; i++) loops.add(threads.submit(() -> loop(suite.port(), duration, ready, go)));
            ready.await();
            long suiteCpu = Machine.cpuMillis(suite.pid());
            long compilerCpu = Machine.compilerMillis(suite.pid());
            long ownCpu = Machine.cpuMillis(self);
            long written = Machine.writtenBytes(suite.pid());
            long begun = System.nanoTime();
            go.countDown();
            List<Double> turns = new ArrayList<>();
            for (Future<List<Double>> loop : loops) turns.addAll(loop.get());
            double seconds = (System.nanoTime() - begun) / 1e9;
            double count = turns.size();
            return new Run(
                    turns.stream().mapToDouble(x -> x).toArray(),
                    seconds,
                    (Machine.cpuMillis(suite.pid()) - suiteCpu) / count,
                    (Machine.compilerMillis(suite.pid()) - compilerCpu) / count,
                    (Machine.cpuMillis(self) - ownCpu) / count,
                    (Machine.writtenBytes(suite.pid()) - written) / 1024.0 / count);
        }
    }

    /** Turns of one session after the other until the time is over. An error ends the loop and is counted. */
    private List<Double> loop(int port, Duration duration, CountDownLatch ready, CountDownLatch go) {
        List<Double> turns = new ArrayList<>();
        boolean announced = false;
        try (Client client = new Client(port)) {
            long end = Long.MAX_VALUE;
            while (System.nanoTime() < end) {
                String session = client.session(agent, environment);
                try (Subscription stream = client.stream(session, "", null)) {
                    if (!announced) {
                        announced = true;
                        ready.countDown();
                        go.await();
                        end = System.nanoTime() + duration.toNanos();
                    }
                    int left = TURNS_OF_A_SESSION;
                    do turns.add(turn(client, session, stream));
                    while (--left > 0 && System.nanoTime() < end);
                }
            }
        } catch (IOException | InterruptedException e) {
            failed(e);
            if (!announced) ready.countDown();
        }
        return turns;
    }

    private static double turn(Client client, String session, Subscription stream) throws IOException {
        long begun = System.nanoTime();
        client.post(session);
        client.accepted();
        stream.await("session.status_idle");
        double took = Figures.millis(System.nanoTime() - begun);
        if (!stream.data().contains("end_turn")) throw new IOException("not the end of a turn: " + stream.data());
        return took;
    }

    private void inFlight(SuiteProcess suite, ObjectNode result) throws Exception {
        modelDelay = SLOW;
        List<Double> p50 = new ArrayList<>();
        List<Double> p99 = new ArrayList<>();
        List<Double> fairness = new ArrayList<>();
        int turns = 0;
        for (int i = 0; i < RUNS; i++) {
            // One turn each, all begun at once: the time is over when it ends.
            Run run = run(suite, IN_FLIGHT, Duration.ofMillis(1));
            turns += run.turns().length;
            p50.add(Figures.percentile(run.turns(), 0.5));
            p99.add(Figures.percentile(run.turns(), 0.99));
            fairness.add(p99.getLast() / p50.getLast());
            Bench.say(IN_FLIGHT + " in flight: p50 " + Math.round(p50.getLast()) + " ms, p99 "
                    + Math.round(p99.getLast()) + " ms");
        }
        modelDelay = Duration.ZERO;
        result.put("sessions", IN_FLIGHT).put("model_ms", SLOW.toMillis()).put("turns", turns);
        result.set("p50_ms", Figures.spread(p50));
        result.set("p99_ms", Figures.spread(p99));
        result.set("p99_over_p50", Figures.spread(fairness));
    }

    private void failed(Exception e) {
        if (errors.incrementAndGet() <= 10) Bench.say("ERROR " + e);
    }
}
