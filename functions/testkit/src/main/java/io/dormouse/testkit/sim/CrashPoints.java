package io.dormouse.testkit.sim;

import io.dormouse.testkit.sim.Simulation.Outcome;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Every call of a scenario, harmed in every way; and of some scenarios every pair of calls. */
public final class CrashPoints {
    /** Those of which all pairs are tried. */
    public static final Set<Scenario> CORE = EnumSet.of(Scenario.PLAIN_TURN, Scenario.TOOL_TURN, Scenario.CALL_ALLOWED);

    /** @param variant which calls were harmed how */
    public record Failed(Scenario scenario, Map<Integer, Harm> variant, Outcome outcome) {}

    /**
     * @param calls of the scenario when nothing goes wrong
     * @param points that were tried: a call and a harm, or two of each
     * @param unreached pairs whose first harm made the second call needless; not among the points
     */
    public record Covered(Scenario scenario, int calls, int points, int unreached, List<Failed> failed) {
        @Override
        public String toString() {
            return String.format(
                    "%-20s %3d calls, crash points covered %d/%d%s",
                    scenario,
                    calls,
                    points - failed.size(),
                    points,
                    unreached == 0 ? "" : ", and " + unreached + " pairs whose second call never came");
        }
    }

    private CrashPoints() {}

    /** Returns whether every promise held in all of them. */
    static boolean all(int threads, Consumer<String> listener) {
        int points = 0;
        int failed = 0;
        for (Scenario scenario : Scenario.values())
            for (Covered covered : of(scenario, threads)) {
                listener.accept(covered.toString());
                for (Failed each : covered.failed())
                    listener.accept("  " + each.variant() + " breaks "
                            + each.outcome().violated() + ": " + each.outcome().how());
                points += covered.points();
                failed += covered.failed().size();
            }
        listener.accept(String.format("crash points covered %d/%d", points - failed, points));
        return failed == 0;
    }

    /** Single harms, then pairs for a core scenario. */
    public static List<Covered> of(Scenario scenario, int threads) {
        Outcome undisturbed = Simulation.run(scenario, Map.of(), Bug.NONE, event -> {});
        if (undisturbed.violated() != null)
            throw new IllegalStateException(
                    scenario + " breaks " + undisturbed.violated() + " by itself: " + undisturbed.how());
        int calls = undisturbed.calls();
        List<Covered> covered = new ArrayList<>();
        List<Map<Integer, Harm>> singles = new ArrayList<>();
        for (int call = 1; call <= calls; call++) for (Harm harm : Harm.values()) singles.add(Map.of(call, harm));
        covered.add(tried(scenario, calls, singles, threads));
        if (!CORE.contains(scenario)) return covered;
        List<Map<Integer, Harm>> pairs = new ArrayList<>();
        for (int one = 1; one <= calls; one++)
            for (int two = one + 1; two <= calls; two++)
                for (Harm first : Harm.values())
                    for (Harm second : Harm.values()) pairs.add(Map.of(one, first, two, second));
        covered.add(tried(scenario, calls, pairs, threads));
        return covered;
    }

    private static Covered tried(Scenario scenario, int calls, List<Map<Integer, Harm>> variants, int threads) {
        Failed[] failed = new Failed[variants.size()];
        AtomicInteger next = new AtomicInteger();
        AtomicInteger unreached = new AtomicInteger();
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++)
            workers.add(Thread.ofPlatform().start(() -> {
                for (int at = next.getAndIncrement(); at < failed.length; at = next.getAndIncrement()) {
                    Outcome outcome = Simulation.run(scenario, variants.get(at), Bug.NONE, event -> {});
                    if (outcome.violated() == null
                            && outcome.harmed() < variants.get(at).size()) unreached.incrementAndGet();
                    if (outcome.violated() != null) failed[at] = new Failed(scenario, variants.get(at), outcome);
                }
            }));
        try {
            for (Thread worker : workers) worker.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        List<Failed> all = IntStream.range(0, failed.length)
                .mapToObj(at -> failed[at])
                .filter(each -> each != null)
                .toList();
        return new Covered(scenario, calls, variants.size() - unreached.get(), unreached.get(), all);
    }
}
