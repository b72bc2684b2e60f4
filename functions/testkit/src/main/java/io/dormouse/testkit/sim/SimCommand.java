package io.dormouse.testkit.sim;

import io.dormouse.testkit.sim.Simulation.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** {@code ./dormouse sim}: runs seeds, and says which promise a seed breaks. */
public final class SimCommand {
    private static final String USAGE = """
            usage: ./dormouse sim [--seeds N] [--seed S] [--threads T]
                   ./dormouse sim --seeds N --out FILE [--seed S] [--threads T] [--resume]
                   ./dormouse sim --crash-points
                   ./dormouse sim --bugs FILE

              --seeds N         how many seeds (2000)
              --seed S          the first of them (1); alone: everything that happens in this one
              --threads T       worker threads (as many as there are processors)
              --out FILE        a line of JSON for each 10,000 seeds; goes on after a violation, which is in the line
              --resume          go on where the last line of FILE ends; it must be of this commit
              --crash-points    every call of every scenario, harmed in every way
              --bugs FILE       plants each bug, and writes how many seeds it took to catch it""";

    private SimCommand() {}

    public static void main(String... arguments) throws IOException {
        long first = 1;
        long seeds = 2000;
        int threads = Runtime.getRuntime().availableProcessors();
        Path out = null;
        Path bugs = null;
        boolean resume = false;
        boolean crashPoints = false;
        boolean one = false;
        try {
            for (int i = 0; i < arguments.length; i++) {
                switch (arguments[i]) {
                    case "--seeds" -> {
                        seeds = Long.parseLong(arguments[++i]);
                        one = false;
                    }
                    case "--seed" -> {
                        first = Long.parseLong(arguments[++i]);
                        one = arguments.length == 2;
                    }
                    case "--threads" -> threads = Integer.parseInt(arguments[++i]);
                    case "--out" -> out = Path.of(arguments[++i]);
                    case "--bugs" -> bugs = Path.of(arguments[++i]);
                    case "--resume" -> resume = true;
                    case "--crash-points" -> crashPoints = true;
                    default -> throw new IllegalArgumentException(arguments[i]);
                }
            }
            if (seeds < 1 || threads < 1 || resume && out == null) throw new IllegalArgumentException("nothing to do");
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            System.err.println(USAGE);
            System.exit(2);
        }
        // The harness logs every failure that the seed makes up.
        java.util.logging.LogManager.getLogManager().reset();
        boolean right;
        if (one) right = tellAll(first);
        else if (bugs != null) right = BugTable.write(bugs, threads);
        else if (crashPoints) right = CrashPoints.all(threads, System.out::println);
        else if (out != null)
            right = new LongRun(
                            out, first, seeds, threads, LongRun.BLOCK, System.getProperty("dormouse.commit", "unknown"))
                    .run(resume);
        else right = run(first, seeds, threads);
        System.exit(right ? 0 : 1);
    }

    private static boolean tellAll(long seed) {
        Outcome outcome = Simulation.run(seed, Bug.NONE, System.out::println);
        if (outcome.violated() != null) tell(outcome);
        return outcome.violated() == null;
    }

    private static boolean run(long first, long seeds, int threads) {
        long start = System.nanoTime();
        Tally tally = Tally.of(first, seeds, threads, true, so -> {
            if (so.seeds() % 500 == 0 || so.seeds() == seeds) System.out.println(progress(so, start));
        });
        for (Outcome violation : tally.violations()) {
            violation.last().forEach(System.out::println);
            tell(violation);
        }
        for (Map.Entry<Fault, Long> each : tally.faults().entrySet())
            System.out.printf("%10d %s%n", each.getValue(), each.getKey());
        System.out.printf("hash of all histories %016x%n", tally.hash());
        return tally.violations().isEmpty();
    }

    /** In one line. */
    static String progress(Tally tally, long startNanos) {
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        return String.format(
                "%d seeds, %.0f a second (%.0f a CPU second), %d steps, %d faults (%.1f a seed), %d violations",
                tally.seeds(),
                tally.seeds() / seconds,
                tally.seedsPerCpuSecond(),
                tally.steps(),
                tally.faultCount(),
                (double) tally.faultCount() / tally.seeds(),
                tally.violations().size());
    }

    static void tell(Outcome outcome) {
        System.out.printf(
                "%nseed %d breaks %s: %s%n  %s%n  after %d steps and %d faults; again: ./dormouse sim --seed %d%n",
                outcome.seed(),
                outcome.violated(),
                outcome.violated().promise(),
                outcome.how(),
                outcome.steps(),
                outcome.faultCount(),
                outcome.seed());
    }
}
