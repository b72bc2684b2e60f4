package io.dormouse.testkit.sim;

import io.dormouse.testkit.sim.Simulation.Outcome;
import java.util.EnumMap;
import java.util.Map;

/** {@code ./dormouse sim}: runs seeds, and says which promise a seed breaks. */
public final class SimCommand {
    private static final String USAGE = "usage: ./dormouse sim [--seeds N] [--seed S]";

    private SimCommand() {}

    public static void main(String... arguments) {
        long first = 1;
        long seeds = 2000;
        try {
            for (int i = 0; i < arguments.length; i += 2) {
                long value = Long.parseLong(arguments[i + 1]);
                switch (arguments[i]) {
                    case "--seeds" -> seeds = value;
                    case "--seed" -> {
                        first = value;
                        if (arguments.length == 2) seeds = 1;
                    }
                    default -> throw new IllegalArgumentException(arguments[i]);
                }
            }
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            System.err.println(USAGE);
            System.exit(2);
        }
        System.exit(run(first, seeds) ? 0 : 1);
    }

    private static boolean run(long first, long seeds) {
        // The harness logs every failure that the seed makes up.
        java.util.logging.LogManager.getLogManager().reset();
        Map<Fault, Long> faults = new EnumMap<>(Fault.class);
        long start = System.nanoTime();
        long steps = 0;
        for (long i = 0; i < seeds; i++) {
            // Of one seed everything is told.
            Outcome outcome = Simulation.run(first + i, Bug.NONE, seeds == 1 ? System.out::println : event -> {});
            steps += outcome.steps();
            outcome.faults().forEach((fault, count) -> faults.merge(fault, (long) count, Long::sum));
            if (outcome.violated() != null) {
                if (seeds > 1) outcome.last().forEach(System.out::println);
                tell(outcome);
                return false;
            }
            if ((i + 1) % 500 == 0 || i + 1 == seeds) progress(i + 1, start, steps, faults);
        }
        faults.forEach((fault, count) -> System.out.printf("%10d %s%n", count, fault));
        return true;
    }

    private static void progress(long seeds, long start, long steps, Map<Fault, Long> faults) {
        double seconds = (System.nanoTime() - start) / 1e9;
        long total = faults.values().stream().mapToLong(Long::longValue).sum();
        System.out.printf(
                "%d seeds, %.0f seeds/s, %d steps, %d faults (%.1f a seed), 0 violations%n",
                seeds, seeds / seconds, steps, total, (double) total / seeds);
    }

    private static void tell(Outcome outcome) {
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
