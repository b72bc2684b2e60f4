package io.dormouse.local.e2e;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * SIGKILL and SIGSTOP of suites and hands at moments nobody chose: every accepted input is in the history once and answered,
 * every call has one result, no command runs twice, what was told stays told.
 *
 * <p>{@code -Dkills=1000 -Dkills.seed=7} for more runs, and for the same choices again: of what happens, when, and to which
 * byte; not of how the machine schedules it.
 */
@FirstStoreOnly("it has a test for each store")
class RandomKillIT {
    private static final int KILLS = Integer.getInteger("kills", 200);
    private static final long SEED = Long.getLong("kills.seed", System.nanoTime());

    /** So many ordeals at a time: what one waits for, the other uses. */
    private static final int AT_ONCE = Integer.getInteger("kills.at.once", 3);

    /** What an emulator that does one thing at a time answers too late is asked for again, and it never catches up. */
    private static final int AT_ONCE_ON_DYNAMODB = Math.min(2, AT_ONCE);

    /** So many runs share their sessions. */
    private static final int RUNS = 10;

    private static final int SHOWN_CHARS = 12_000;

    @BeforeAll
    static void tell() {
        System.out.println("kills.seed " + SEED + ", kills " + KILLS);
    }

    @Test
    void on_sqlite() {
        suffer(false, KILLS * 4 / 5, SEED);
    }

    @Test
    void on_dynamodb_behind_a_bad_network() {
        suffer(true, KILLS - KILLS * 4 / 5, SEED + 1_000_000);
    }

    private static void suffer(boolean dynamo, int kills, long seed) {
        Rehearsal rehearsal = Rehearsal.on(dynamo);
        Tally tally = new Tally();
        Queue<AssertionError> failures = new ConcurrentLinkedQueue<>();
        Queue<Integer> ordeals = new ConcurrentLinkedQueue<>();
        for (int first = 0; first < kills; first += RUNS) ordeals.add(first);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < (dynamo ? AT_ONCE_ON_DYNAMODB : AT_ONCE); i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (Integer first = ordeals.poll(); first != null; first = ordeals.poll()) {
                    try {
                        suffer(dynamo, seed + first, Math.min(RUNS, kills - first), rehearsal, tally);
                        System.out.println(tally.runs() + " of " + kills + " runs");
                    } catch (AssertionError failure) {
                        failure.printStackTrace();
                        failures.add(failure);
                        ordeals.clear();
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
        System.out.println(tally);
        AssertionError first = failures.poll();
        if (first == null) return;
        failures.forEach(first::addSuppressed);
        throw first;
    }

    private static void suffer(boolean dynamo, long seed, int runs, Rehearsal rehearsal, Tally tally) {
        try (Ordeal ordeal = new Ordeal(dynamo, seed, rehearsal, tally)) {
            int run = 0;
            try {
                ordeal.begin();
                while (run < runs) {
                    ordeal.run();
                    run++;
                }
                ordeal.end();
            } catch (AssertionError | RuntimeException | IOException failure) {
                String output = ordeal.output();
                throw new AssertionError(
                        "seed " + seed + ", run " + run + "; the suite said: "
                                + output.substring(Math.max(0, output.length() - SHOWN_CHARS)),
                        failure);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
