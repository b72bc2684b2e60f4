package io.dormouse.testkit.sim;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Which faults a seed has, and how many of each came so far. */
final class Faults {
    private final Random random;
    private final Set<Fault> on = EnumSet.noneOf(Fault.class);
    private final Map<Fault, Integer> counts = new EnumMap<>(Fault.class);
    private final double intensity;
    private boolean stopped;
    private int total;

    Faults(Random random) {
        this.random = random;
        // Some kinds alone and often find what all of them at once hide.
        double share = 0.2 + 0.8 * random.nextDouble();
        for (Fault fault : Fault.values()) if (random.nextDouble() < share) on.add(fault);
        intensity = random.nextInt(10) == 0 ? 0 : 0.3 + 2.2 * random.nextDouble();
    }

    /** Whether it happens now. */
    boolean strike(Fault fault) {
        if (stopped || !on.contains(fault) || random.nextInt(1000) >= fault.perMille() * intensity) return false;
        counts.merge(fault, 1, Integer::sum);
        total++;
        return true;
    }

    /** One that was planned. */
    void harm() {
        total++;
    }

    void stop() {
        stopped = true;
    }

    int total() {
        return total;
    }

    Map<Fault, Integer> counts() {
        return counts;
    }
}
