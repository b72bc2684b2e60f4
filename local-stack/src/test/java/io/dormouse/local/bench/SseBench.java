package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.testkit.messages.Script;
import io.dormouse.testkit.messages.ScriptedModel;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Streams: how long after its {@code processed_at}, which is taken before the write, an event of the log is at a client, the
 * flush to the disk included; one session with many readers, many sessions with one; and readers that are cut off anywhere
 * and come back with {@code Last-Event-ID}.
 */
final class SseBench implements Bench.Benchmark {
    private static final int RUNS = 3;
    private static final int READERS = 200;
    private static final int TURNS_OF_ONE = 20;
    private static final int TURNS_OF_EACH = 2;
    private static final int CUT_READERS = 20;
    private static final int CUTS_OF_EACH = 100;
    /** A turn of the cut session takes about 3 kB of a stream. */
    private static final int MAX_BYTES_BETWEEN_CUTS = 2500;

    private static final long PACE_ONE_MILLIS = 200;
    private static final long PACE_MANY_MILLIS = 10;

    private final AtomicInteger errors = new AtomicInteger();
    private String agent;
    private String environment;

    @Override
    public boolean run(ObjectNode result, List<String> arguments) throws Exception {
        try (ScriptedModel model = ScriptedModel.start(request -> Script.text("An answer of a few words, no more."))
                        .recordNothing();
                SuiteProcess suite = SuiteProcess.start(model.baseUri())) {
            try (Client client = new Client(suite.port())) {
                agent = client.agent("[]");
                environment = client.environment();
            }
            Bench.say("warming up");
            deliveries(suite.port(), READERS, 1, TURNS_OF_EACH, PACE_MANY_MILLIS);
            deliveries(suite.port(), 1, READERS, TURNS_OF_ONE, PACE_ONE_MILLIS);
            double one = delivery(suite, result.putObject("one_session_200_readers"), 1, READERS);
            double many = delivery(suite, result.putObject("200_sessions_1_reader"), READERS, 1);
            boolean whole = cuts(suite.port(), result.putObject("cuts"));
            result.put("errors", errors.get());
            result.put("mark", "delivery p99 <= 20 ms each way; 2000 cuts: nothing lost, repeated or reordered");
            return one <= 20 && many <= 20 && whole && errors.get() == 0;
        }
    }

    /** Returns the median of the runs' 99th percentiles, milliseconds. */
    private double delivery(SuiteProcess suite, ObjectNode result, int sessions, int readers) throws Exception {
        List<Double> p50 = new ArrayList<>();
        List<Double> p99 = new ArrayList<>();
        List<Double> cpu = new ArrayList<>();
        int events = 0;
        for (int i = 0; i < RUNS; i++) {
            boolean one = sessions == 1;
            long begun = Machine.cpuMillis(suite.pid());
            double[] samples = deliveries(
                    suite.port(),
                    sessions,
                    readers,
                    one ? TURNS_OF_ONE : TURNS_OF_EACH,
                    one ? PACE_ONE_MILLIS : PACE_MANY_MILLIS);
            events += samples.length;
            cpu.add((Machine.cpuMillis(suite.pid()) - begun) * 1000.0 / samples.length);
            p50.add(Figures.percentile(samples, 0.5));
            p99.add(Figures.percentile(samples, 0.99));
            Bench.say(sessions + " sessions, " + readers + " readers each: p50 " + Figures.rounded(p50.getLast())
                    + " ms, p99 " + Figures.rounded(p99.getLast()) + " ms");
        }
        result.put("events", events);
        result.set("p50_ms", Figures.spread(p50));
        result.set("p99_ms", Figures.spread(p99));
        result.set("suite_cpu_us_per_event", Figures.spread(cpu));
        return Figures.median(p99);
    }

    /** Milliseconds from an event's time to each of its readers. */
    private double[] deliveries(int port, int sessions, int readers, int turns, long paceMillis) throws Exception {
        Queue<Double> samples = new ConcurrentLinkedQueue<>();
        try (Client client = new Client(port);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<String> ids = new ArrayList<>();
            List<Future<?>> reading = new ArrayList<>();
            for (int i = 0; i < sessions; i++) {
                String session = client.session(agent, environment);
                ids.add(session);
                for (int j = 0; j < readers; j++) {
                    Subscription stream = client.stream(session, "", null);
                    reading.add(threads.submit(() -> read(stream, turns, samples)));
                }
            }
            for (int turn = 0; turn < turns; turn++)
                for (String session : ids) {
                    client.post(session);
                    client.accepted();
                    Thread.sleep(paceMillis);
                }
            for (Future<?> reader : reading) reader.get();
        }
        return samples.stream().mapToDouble(x -> x).toArray();
    }

    private void read(Subscription stream, int turns, Queue<Double> samples) {
        int ended = 0;
        try (stream) {
            while (ended < turns) {
                stream.next();
                Instant now = Instant.now();
                if (stream.name().equals("session.status_idle")) ended++;
                if (stream.id() == null) continue;
                long micros = Duration.between(Instant.parse(text(stream.data(), "processed_at")), now)
                                .toNanos()
                        / 1000;
                samples.add(micros / 1000.0);
            }
        } catch (IOException e) {
            failed(e);
        }
    }

    /** Without a parser: 200 readers of one event are a burst on the processors that are measured. */
    private static String text(String event, String field) {
        String label = "\"" + field + "\":\"";
        int from = event.indexOf(label) + label.length();
        return event.substring(from, event.indexOf('"', from));
    }

    // ---- cuts

    private boolean cuts(int port, ObjectNode result) throws Exception {

        int lost = 0;
        int repeated = 0;
        int reordered = 0;
        int events;
        try (Client client = new Client(port);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            String session = client.session(agent, environment);
            List<Future<List<String>>> reading = new ArrayList<>();
            for (int i = 0; i < CUT_READERS; i++) {
                int seed = i;
                reading.add(threads.submit(() -> readWithCuts(client, session, seed)));
            }
            boolean goesOn = true;
            try (Subscription stream = client.stream(session, "", null)) {
                while (goesOn) {
                    client.post(session);
                    client.accepted();
                    stream.await("session.status_idle");
                    goesOn = reading.stream().anyMatch(reader -> !reader.isDone());
                }
            }
            List<String> log = log(client, session);
            events = log.size();
            for (Future<List<String>> reader : reading) {
                List<String> read = reader.get();
                List<String> wanted = log.subList(0, log.indexOf(read.getLast()) + 1);
                Set<String> distinct = new HashSet<>(read);
                repeated += read.size() - distinct.size();
                for (String id : wanted) if (!distinct.contains(id)) lost++;
                List<String> once = new ArrayList<>(new LinkedHashSet<>(read));
                List<String> order = new ArrayList<>(wanted);
                order.retainAll(distinct);
                if (!once.equals(order)) reordered++;
            }
        }
        Bench.say("cuts: " + lost + " lost, " + repeated + " repeated, " + reordered + " readers out of order");
        result.put("cuts", CUT_READERS * CUTS_OF_EACH)
                .put("events_in_log", events)
                .put("lost", lost)
                .put("repeated", repeated)
                .put("reordered", reordered);
        return lost + repeated + reordered == 0;
    }

    /** Ids of the events that came in whole, in order, over all connections of one reader. */
    private List<String> readWithCuts(Client client, String session, int seed) {
        Random random = new Random(seed);
        List<String> ids = new ArrayList<>();
        // Before the first event: a reader that begins with the log.
        String last = "0.0";
        for (int cut = 0; cut < CUTS_OF_EACH; cut++) {
            try (Subscription stream = client.stream(session, "", last)) {
                stream.connection().cutAfter(random.nextInt(MAX_BYTES_BETWEEN_CUTS));
                while (true) {
                    stream.next();
                    if (stream.id() == null) continue;
                    last = stream.id();
                    ids.add(text(stream.data(), "id"));
                }
            } catch (Connection.Cut e) {
                // As planned.
            } catch (IOException e) {
                failed(e);
            }
        }
        return ids;
    }

    private static List<String> log(Client client, String session) throws IOException {
        List<String> ids = new ArrayList<>();
        String page = null;
        do {
            JsonNode answer = client.events(session, page);
            answer.path("data").forEach(event -> ids.add(event.path("id").asText()));
            page = Json.textOrNull(answer, "next_page");
        } while (page != null);
        return ids;
    }

    private void failed(Exception e) {
        if (errors.incrementAndGet() <= 10) Bench.say("ERROR " + e);
    }
}
