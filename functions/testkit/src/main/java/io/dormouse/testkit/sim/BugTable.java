package io.dormouse.testkit.sim;

import io.dormouse.testkit.sim.Simulation.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** How many seeds it takes to catch each planted bug, from several starting points, as a table. */
final class BugTable {
    private static final int STARTS = 9;
    private static final long BETWEEN = 1_000_000;
    private static final int MOST_SEEDS = 2_000;

    private record Caught(Check by, int seeds) {}

    private BugTable() {}

    /** Returns whether every bug was caught from every start. */
    static boolean write(Path file, int threads) throws IOException {
        List<Bug> bugs =
                Arrays.stream(Bug.values()).filter(bug -> bug != Bug.NONE).toList();
        Caught[][] all = new Caught[bugs.size()][STARTS];
        AtomicInteger next = new AtomicInteger();
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++)
            workers.add(Thread.ofPlatform().start(() -> {
                for (int at = next.getAndIncrement(); at < bugs.size() * STARTS; at = next.getAndIncrement()) {
                    Bug bug = bugs.get(at / STARTS);
                    all[at / STARTS][at % STARTS] = caught(bug, 1 + at % STARTS * BETWEEN);
                }
            }));
        try {
            for (Thread worker : workers) worker.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        StringBuilder table = new StringBuilder(HEAD.formatted(bugs.size(), STARTS, MOST_SEEDS));
        boolean right = true;
        for (int i = 0; i < bugs.size(); i++) {
            String row = row(bugs.get(i), all[i]);
            System.out.print(row);
            table.append(row);
            right &= Arrays.stream(all[i]).allMatch(each -> each.by() != null);
        }
        Files.writeString(file, table);
        return right;
    }

    private static final String HEAD = """
            # Bugs that are put in on purpose

            A simulator is as good as what it finds. Each of these %d bugs is a wrong port or a wrong step that a test switches on
            (`Bug`, `Planted`), and each must be caught by a named check (`Check`). Seeds are counted up to and with the one
            that broke a promise, from %d starting points a million seeds apart, at most %d from each. Made by
            `./dormouse sim --bugs functions/testkit/BUGS.md`; `BugTest` checks that no bug is missing here.

            | bug | what is wrong | caught by (starting points) | median seeds | most seeds |
            |---|---|---|---|---|
            """;

    private static String row(Bug bug, Caught[] caught) {
        Map<Check, Integer> by = new EnumMap<>(Check.class);
        int missed = 0;
        for (Caught each : caught)
            if (each.by() == null) missed++;
            else by.merge(each.by(), 1, Integer::sum);
        String checks = by.entrySet().stream()
                .sorted(Map.Entry.<Check, Integer>comparingByValue().reversed())
                .map(each -> "`" + each.getKey() + "` (" + each.getValue() + ")")
                .collect(Collectors.joining(", "));
        if (missed > 0) checks += (checks.isEmpty() ? "" : ", ") + "not caught (" + missed + ")";
        int[] seeds = Arrays.stream(caught).mapToInt(Caught::seeds).sorted().toArray();
        return String.format(
                "| `%s` | %s | %s | %d | %d |%n",
                bug, bug.what(), checks, seeds[seeds.length / 2], seeds[seeds.length - 1]);
    }

    private static Caught caught(Bug bug, long first) {
        for (int i = 0; i < MOST_SEEDS; i++) {
            Check by = broken(first + i, bug);
            if (by != null) return new Caught(by, i + 1);
        }
        return new Caught(null, MOST_SEEDS);
    }

    /** Null when the seed shows nothing. */
    static Check broken(long seed, Bug bug) {
        Outcome outcome = Simulation.run(seed, bug);
        if (bug != Bug.CHANCE_FROM_OUTSIDE) return outcome.violated();
        return outcome.hash() == Simulation.run(seed, bug).hash() ? null : Check.I18_DETERMINISM;
    }
}
