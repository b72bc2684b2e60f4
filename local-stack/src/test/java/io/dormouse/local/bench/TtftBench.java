package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.testkit.messages.Script;
import io.dormouse.testkit.messages.ScriptedModel;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What the suite adds to the time until the first words of a reply: from sending the message to the first delta at an open
 * stream, less a bare call to the same model. One session at a time, turns and bare calls in alternation.
 */
final class TtftBench implements Bench.Benchmark {
    private static final int RUNS = 5;
    /** Runs until less than a tenth of the suite's time goes into compiling, or this many. */
    private static final int MAX_WARM_UPS = 40;

    private static final int SESSIONS = 8;
    /** Few, so that the history does not become what is measured: a bare call sends none. */
    private static final int TURNS = 25;

    private static final String TOOLSET = "[{\"type\":\"agent_toolset_20260401\"}]";
    private static final String DELTAS = "?event_deltas%5B%5D=agent.message";

    /** Of one run, milliseconds. */
    private static final class Samples {
        final List<Double> full = new ArrayList<>();
        final List<Double> bare = new ArrayList<>();
        final List<Double> plainTurns = new ArrayList<>();
        final List<Double> toolsetTurns = new ArrayList<>();

        static double share(List<Double> samples, double share) {
            return Figures.percentile(samples.stream().mapToDouble(x -> x).toArray(), share);
        }
    }

    @Override
    public boolean run(ObjectNode result, List<String> arguments) throws Exception {
        try (ScriptedModel model = ScriptedModel.start(request -> Script.text("An answer of a few words, no more."))
                        .recordNothing();
                SuiteProcess suite = SuiteProcess.start(model.baseUri());
                Client client = new Client(suite.port())) {
            String environment = client.environment();
            String plain = client.agent("[]");
            String toolset = client.agent(TOOLSET);
            double compiling = 1;
            for (int i = 0; i < MAX_WARM_UPS && compiling > 0.1; i++) {
                long all = Machine.cpuMillis(suite.pid());
                long compilers = Machine.compilerMillis(suite.pid());
                run(client, model.baseUri(), environment, plain, toolset);
                compiling = (Machine.compilerMillis(suite.pid()) - compilers)
                        / (double) (Machine.cpuMillis(suite.pid()) - all);
                Bench.say("warming up: " + Math.round(compiling * 100) + " % of the time in compilers");
            }
            List<Double> p50 = new ArrayList<>();
            List<Double> p99 = new ArrayList<>();
            List<Double> bare = new ArrayList<>();
            List<Double> plainTurn = new ArrayList<>();
            List<Double> toolsetTurn = new ArrayList<>();
            for (int i = 0; i < RUNS; i++) {
                Samples samples = run(client, model.baseUri(), environment, plain, toolset);
                double call = Samples.share(samples.bare, 0.5);
                p50.add(Samples.share(samples.full, 0.5) - call);
                p99.add(Samples.share(samples.full, 0.99) - call);
                bare.add(call);
                plainTurn.add(Samples.share(samples.plainTurns, 0.5));
                toolsetTurn.add(Samples.share(samples.toolsetTurns, 0.5));
                Bench.say("run " + (i + 1) + ": added p50 " + Figures.rounded(p50.getLast()) + " ms, p99 "
                        + Figures.rounded(p99.getLast()) + " ms");
            }
            result.put("runs", RUNS).put("turns_per_run", SESSIONS * TURNS);
            result.set("added_p50_ms", Figures.spread(p50));
            result.set("added_p99_ms", Figures.spread(p99));
            result.set("bare_p50_ms", Figures.spread(bare));
            result.set("turn_without_tools_p50_ms", Figures.spread(plainTurn));
            result.set("turn_with_toolset_p50_ms", Figures.spread(toolsetTurn));
            result.put("start_ms", suite.startMillis()).put("stop_ms", suite.stop());
            result.put("model", "in the load generator's process");
            result.put("mark", "added p50 <= 5 ms, p99 <= 20 ms; a toolset that is not used costs <= 1 ms a turn");
            return Figures.median(p50) <= 5
                    && Figures.median(p99) <= 20
                    && Figures.median(toolsetTurn) - Figures.median(plainTurn) <= 1;
        }
    }

    private static Samples run(Client client, URI model, String environment, String plain, String toolset)
            throws IOException {
        Samples samples = new Samples();
        try (Connection bare = new Connection(model.getPort())) {
            for (int i = 0; i < SESSIONS; i++) {
                boolean tools = i % 2 == 1;
                String session = client.session(tools ? toolset : plain, environment);
                try (Subscription stream = client.stream(session, DELTAS, null)) {
                    for (int turn = 0; turn < TURNS; turn++) {
                        long begun = System.nanoTime();
                        client.post(session);
                        stream.await("event_delta");
                        long delta = System.nanoTime();
                        stream.await("session.status_idle");
                        (tools ? samples.toolsetTurns : samples.plainTurns)
                                .add(Figures.millis(System.nanoTime() - begun));
                        client.accepted();
                        samples.full.add(Figures.millis(delta - begun));
                        samples.bare.add(Figures.millis(call(bare)));
                    }
                }
            }
        }
        return samples;
    }

    /** Nanoseconds from sending a request to the model itself until its first words. */
    private static long call(Connection model) throws IOException {
        String body = "{\"model\":\"claude-sonnet-5\",\"max_tokens\":1000,\"stream\":true,\"messages\":"
                + "[{\"role\":\"user\",\"content\":\"a question\"}]}";
        byte[] request = ("POST /v1/messages" + Connection.headers("none", body.length()) + body)
                .getBytes(StandardCharsets.ISO_8859_1);
        long begun = System.nanoTime();
        model.send(request);
        model.skipHead();
        String line = model.line();
        while (!line.startsWith("event: content_block_delta")) line = model.line();
        long took = System.nanoTime() - begun;
        while (!line.equals("0")) line = model.line();
        model.line();
        return took;
    }
}
