package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.local.bench.CostSession.Texts;
import io.dormouse.local.bench.CostSession.Turn;
import io.dormouse.local.bench.WholeCheckpoints.Cost;
import io.dormouse.local.bench.WholeCheckpoints.Mode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What turns cost in the table, by the service's published rules: a thousand turns of one tool call each, of texts as they occur,
 * once by a harness that remembers and once by harnesses that remember nothing. Beside it what a saver of whole checkpoints
 * would write for the same texts. Nothing here is a time, so the machine does not matter.
 */
final class CostBench implements Bench.Benchmark {
    private static final int TURNS = 1000;
    private static final List<Integer> SHOWN = List.of(1, 10, 100, 1000);
    private static final long SEED = 4;
    /** Long enough that what can go side by side does. */
    private static final long LATENCY_MILLIS = 200;

    private static final double MOST_WRITE_UNITS = 10;
    private static final long MOST_WRITES = 8;
    /** In a turn that summarises the history, which the log keeps. */
    private static final double MOST_WRITE_UNITS_SUMMARISED = 13;

    private static final double FLAT = 0.05;
    private static final int MOST_IN_SEQUENCE = 4;
    /** Of a window of 200,000 tokens, at four bytes each. */
    private static final long WINDOW_BYTES = 800_000;

    @Override
    public boolean run(ObjectNode result, List<String> arguments) throws Exception {
        int turns = arguments.isEmpty() ? TURNS : Integer.parseInt(arguments.getFirst());
        List<Integer> shown =
                new ArrayList<>(new TreeSet<>(IntStream.concat(SHOWN.stream().mapToInt(i -> i), IntStream.of(turns))
                        .filter(turn -> turn <= turns)
                        .boxed()
                        .toList()));
        // The first turn of all loads classes for longer than a round trip takes, and would look as if it waited.
        turns(true, 2, List.of(2), new WholeCheckpoints());
        WholeCheckpoints checkpoints = new WholeCheckpoints();
        List<Turn> warm = turns(false, turns, shown, checkpoints);
        List<Turn> cold = turns(true, turns, shown, new WholeCheckpoints());
        table("warm: the harness remembers the session", warm, shown);
        table("cold: the harness remembers nothing", cold, shown);
        result.put("turns", turns).put("texts", "this repository's documents, scripts and sources");
        result.set("warm", figures(warm, shown));
        result.set("cold", figures(cold, shown));
        compare(result.putArray("whole_checkpoints"), checkpoints, warm, shown);
        result.put(
                "not_counted",
                "each 2 s of a longer turn add a heartbeat: 1 write, 1 write unit; a request with an idempotency-key adds"
                        + " 2 writes and, before the message is stored, 1 round trip");
        return marks(result.putObject("marks"), warm, cold);
    }

    private static List<Turn> turns(boolean forgets, int turns, List<Integer> shown, WholeCheckpoints checkpoints)
            throws Exception {
        Path root = Path.of("").toAbsolutePath();
        Prose prose = new Prose(root, SEED);
        List<Turn> all = new ArrayList<>();
        try (CostSession session = new CostSession(forgets, new Prose(root, SEED + 1))) {
            for (int turn = 1; turn <= turns; turn++) {
                Texts texts = Texts.of(prose);
                checkpoints.turn(texts.user(), texts.text(), texts.command(), texts.result(), texts.reply());
                all.add(session.turn(texts, shown.contains(turn) ? LATENCY_MILLIS : 0));
                if (turn % 250 == 0) Bench.say((forgets ? "cold" : "warm") + ": turn " + turn);
            }
        }
        return all;
    }

    // ---- marks

    private static boolean marks(ObjectNode marks, List<Turn> warm, List<Turn> cold) {
        List<Turn> both = new ArrayList<>(warm);
        both.addAll(cold);
        List<Turn> plain = both.stream().filter(turn -> !turn.summarised()).toList();
        List<Turn> summarised = both.stream().filter(Turn::summarised).toList();
        boolean ok = mark(marks, "write_units_max", max(plain, Turn::writeUnits), MOST_WRITE_UNITS);
        if (!summarised.isEmpty())
            ok &= mark(
                    marks,
                    "write_units_max_summarised",
                    max(summarised, Turn::writeUnits),
                    MOST_WRITE_UNITS_SUMMARISED);
        ok &= mark(marks, "writes_max", max(both, Turn::writes), MOST_WRITES);
        ok &= mark(marks, "write_units_drift", Math.max(drift(warm), drift(cold)), FLAT);
        ok &= mark(marks, "in_sequence_max", max(both, Turn::inSequence), MOST_IN_SEQUENCE);
        ok &= mark(marks, "cold_read_bytes_max", max(cold, Turn::readBytes), WINDOW_BYTES);
        return ok;
    }

    private static boolean mark(ObjectNode marks, String name, double value, double most) {
        boolean met = value <= most;
        marks.putObject(name).put("value", rounded(value)).put("most", most).put("met", met);
        if (!met) Bench.say("MISSED: " + name + " is " + rounded(value) + ", at most " + most);
        return met;
    }

    private static double max(List<Turn> turns, ToDoubleFunction<Turn> of) {
        return turns.stream().mapToDouble(of).max().orElseThrow();
    }

    private static double mean(List<Turn> turns, ToDoubleFunction<Turn> of) {
        return turns.stream().mapToDouble(of).average().orElseThrow();
    }

    /** How far the last tenth of the turns is from the first, as a share: single turns differ by their texts. */
    private static double drift(List<Turn> turns) {
        int tenth = Math.max(1, turns.size() / 10);
        double first = mean(turns.subList(0, tenth), Turn::writeUnits);
        double last = mean(turns.subList(turns.size() - tenth, turns.size()), Turn::writeUnits);
        return Math.abs(last / first - 1);
    }

    // ---- what is shown

    private static ObjectNode figures(List<Turn> turns, List<Integer> shown) {
        ObjectNode figures = Json.object();
        ArrayNode rows = figures.putArray("turns");
        for (int turn : shown) rows.add(row(turns.get(turn - 1)).put("turn", turn));
        figures.put("summarised", turns.stream().filter(Turn::summarised).count())
                .put("write_units_mean", rounded(mean(turns, Turn::writeUnits)))
                .put("write_units_max", max(turns, Turn::writeUnits))
                .put("read_units_mean", rounded(mean(turns, Turn::readUnits)))
                .put("read_units_max", max(turns, Turn::readUnits))
                .put("read_bytes_max", max(turns, Turn::readBytes))
                .put("drift", rounded(drift(turns)));
        return figures;
    }

    private static ObjectNode row(Turn turn) {
        return Json.object()
                .put("writes", turn.writes())
                .put("write_units", turn.writeUnits())
                .put("read_units", turn.readUnits())
                .put("written_bytes", turn.writtenBytes())
                .put("read_bytes", turn.readBytes())
                .put("in_sequence", turn.inSequence());
    }

    private static void table(String title, List<Turn> turns, List<Integer> shown) {
        Bench.say(title);
        line(
                "%6s %8s %6s %8s %14s %12s %22s",
                "turn", "writes", "WCU", "RCU", "bytes written", "bytes read", "round trips to model");
        for (int turn : shown) {
            Turn t = turns.get(turn - 1);
            line(
                    "%6d %8d %6.0f %8.1f %,14d %,12d %22d",
                    turn, t.writes(), t.writeUnits(), t.readUnits(), t.writtenBytes(), t.readBytes(), t.inSequence());
        }
        line(
                "%6s %8.0f %6.0f %8.1f %,14.0f %,12.0f",
                "most",
                max(turns, Turn::writes),
                max(turns, Turn::writeUnits),
                max(turns, Turn::readUnits),
                max(turns, Turn::writtenBytes),
                max(turns, Turn::readBytes));
    }

    private static void compare(ArrayNode rows, WholeCheckpoints checkpoints, List<Turn> ours, List<Integer> shown) {
        Bench.say("a saver of whole checkpoints, for the same texts (a model of its writes; see WholeCheckpoints)");
        line(
                "%-16s %6s %8s %10s %14s %14s %14s  %s",
                "durability", "turn", "writes", "WCU", "WCU so far", "bytes so far", "times ours", "loses");
        for (Mode mode : WholeCheckpoints.MODES) {
            Cost sum = new Cost(0, 0, 0, 0);
            double ourSum = 0;
            int firstTooLarge = 0;
            for (int turn = 1; turn <= ours.size(); turn++) {
                Cost cost = checkpoints.turn(turn, mode);
                sum = sum.plus(cost);
                ourSum += ours.get(turn - 1).writeUnits();
                if (firstTooLarge == 0 && !cost.fits()) firstTooLarge = turn;
                if (!shown.contains(turn)) continue;
                line(
                        "%-16s %6d %8d %,10d %,14d %,14d %14.1f  %s",
                        mode.name(),
                        turn,
                        cost.writes(),
                        cost.writeUnits(),
                        sum.writeUnits(),
                        sum.bytes(),
                        sum.writeUnits() / ourSum,
                        turn == shown.getFirst() ? mode.loses() : "");
                rows.addObject()
                        .put("durability", mode.name())
                        .put("turn", turn)
                        .put("writes", cost.writes())
                        .put("write_units", cost.writeUnits())
                        .put("write_units_so_far", sum.writeUnits())
                        .put("bytes_so_far", sum.bytes())
                        .put("times_ours_so_far", rounded(sum.writeUnits() / ourSum))
                        .put("fits_an_item", cost.fits())
                        .put("loses", mode.loses());
            }
            if (firstTooLarge > 0)
                line(
                        "%-16s from turn %d on a checkpoint is larger than an item may be, and must go elsewhere",
                        "", firstTooLarge);
        }
    }

    private static void line(String format, Object... values) {
        System.err.printf(Locale.ROOT, format + "%n", values);
    }

    private static double rounded(double number) {
        return Math.round(number * 1000) / 1000.0;
    }
}
