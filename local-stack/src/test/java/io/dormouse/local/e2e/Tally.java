package io.dormouse.local.e2e;

import io.dormouse.verify.Verifier;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** What has happened, and how long it took. Safe for several threads. */
final class Tally {
    private final Map<String, Map<Harm, Integer>> runs = new TreeMap<>();
    private final long began = System.nanoTime();
    private long runNanos;
    private int missed;
    private int leasesTaken;
    private int intact;
    private int connectionsHarmed;
    private int logs;
    private long turns;
    private long calls;

    synchronized void ran(String store, Harm harm, long nanos) {
        runs.computeIfAbsent(store, s -> new EnumMap<>(Harm.class)).merge(harm, 1, Integer::sum);
        runNanos += nanos;
    }

    /** No hand lived that could have been harmed. */
    synchronized void missed() {
        missed++;
    }

    /** Of a frozen suite, by another one. */
    synchronized void leaseTaken() {
        leasesTaken++;
    }

    synchronized void intact() {
        intact++;
    }

    synchronized void connectionsHarmed(int more) {
        connectionsHarmed += more;
    }

    synchronized void verified(Verifier.Summary summary) {
        logs++;
        turns += summary.turns();
        calls += summary.toolCalls();
    }

    synchronized int runs() {
        return runs.values().stream()
                .flatMap(each -> each.values().stream())
                .mapToInt(Integer::intValue)
                .sum();
    }

    @Override
    public synchronized String toString() {
        long seconds = (System.nanoTime() - began) / 1_000_000_000;
        return runs() + " runs in " + seconds + " s (" + runNanos / 1_000_000 / Math.max(1, runs()) + " ms a run): "
                + runs
                + ", without a hand to harm " + missed + ", leases taken from a frozen suite " + leasesTaken
                + ", connections cut or silent " + connectionsHarmed + ", integrity_check ok " + intact
                + ", logs verified "
                + logs + " with " + turns + " turns and " + calls + " tool calls";
    }
}
