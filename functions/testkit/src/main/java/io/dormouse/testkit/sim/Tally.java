package io.dormouse.testkit.sim;

import io.dormouse.testkit.sim.Simulation.Outcome;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** What came of many seeds, in whatever order they ran. */
public final class Tally {
    /** A run that goes wrong everywhere need not keep all of it. */
    private static final int MOST_VIOLATIONS = 100;

    private final Map<Fault, Long> faults = new EnumMap<>(Fault.class);
    private final List<Outcome> violations = new ArrayList<>();
    private long seeds;
    private long steps;
    private long faultCount;
    private long hash;
    private long cpuNanos;

    public Tally() {}

    /**
     * Runs seeds one by one on each of the threads. Every seed is a world of its own: the outcome of one does not depend on
     * the others, nor on the thread.
     *
     * @param stopAtViolation whether no seed is begun after one that broke a promise
     * @param listener hears of each outcome, one at a time
     */
    public static Tally of(long first, long seeds, int threads, boolean stopAtViolation, Consumer<Tally> listener) {
        Tally tally = new Tally();
        AtomicLong next = new AtomicLong(first);
        List<Thread> workers = new ArrayList<>();
        List<Throwable> broken = new ArrayList<>();
        for (int i = 0; i < threads; i++)
            workers.add(Thread.ofPlatform().name("seeds-" + i).start(() -> {
                try {
                    while (true) {
                        long seed = next.getAndIncrement();
                        if (seed >= first + seeds) return;
                        long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                        Outcome outcome = Simulation.run(seed, Bug.NONE);
                        synchronized (tally) {
                            tally.cpuNanos +=
                                    ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
                            tally.add(outcome);
                            listener.accept(tally);
                        }
                        if (stopAtViolation && outcome.violated() != null) next.set(Long.MAX_VALUE / 2);
                    }
                } catch (Throwable e) {
                    synchronized (tally) {
                        broken.add(e);
                    }
                    next.set(Long.MAX_VALUE / 2);
                }
            }));
        try {
            for (Thread worker : workers) worker.join();
        } catch (InterruptedException e) {
            next.set(Long.MAX_VALUE / 2);
            Thread.currentThread().interrupt();
        }
        if (!broken.isEmpty()) throw new IllegalStateException("the simulator broke", broken.getFirst());
        return tally;
    }

    private void add(Outcome outcome) {
        seeds++;
        steps += outcome.steps();
        faultCount += outcome.faultCount();
        outcome.faults().forEach((fault, count) -> faults.merge(fault, (long) count, Long::sum));
        // A sum, so that the order does not matter, of numbers that each seed's history decides.
        hash += mixed(outcome.seed() + mixed(outcome.hash()));
        if (outcome.violated() != null && violations.size() < MOST_VIOLATIONS) violations.add(outcome);
    }

    private static long mixed(long bits) {
        long mixed = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }

    /** All of both. */
    void add(Tally more) {
        seeds += more.seeds;
        steps += more.steps;
        faultCount += more.faultCount;
        more.faults.forEach((fault, count) -> faults.merge(fault, count, Long::sum));
        hash += more.hash;
        cpuNanos += more.cpuNanos;
        violations.addAll(
                more.violations.subList(0, Math.min(more.violations.size(), MOST_VIOLATIONS - violations.size())));
    }

    public long seeds() {
        return seeds;
    }

    public long steps() {
        return steps;
    }

    public long faultCount() {
        return faultCount;
    }

    /** Of all histories: the same seeds at the same commit give the same. */
    public long hash() {
        return hash;
    }

    /** How many seeds one core runs in a second that it has for itself. */
    public double seedsPerCpuSecond() {
        return seeds / (cpuNanos / 1e9);
    }

    public Map<Fault, Long> faults() {
        return faults;
    }

    /** Seeds that broke a promise, at most a hundred. */
    public List<Outcome> violations() {
        return violations;
    }
}
