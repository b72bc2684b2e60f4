package io.dormouse.local.e2e;

import java.util.random.RandomGenerator;

/** What happens to processes. */
enum Harm {
    /** SIGKILL, and a new start on the same data. */
    SUITE_KILLED(34, 30),
    /** The same, and SIGKILL again at some point of the new start or soon after. */
    SUITE_KILLED_TWICE(10, 4),
    /** SIGSTOP for longer than its leases last, with nobody there to take them, and SIGCONT. */
    SUITE_FROZEN(14, 4),
    /** SIGSTOP, another suite on the same table that takes over, and SIGCONT: from then on there are two. */
    SUITE_REPLACED(0, 32),
    HAND_KILLED(16, 12),
    /** SIGSTOP and SIGCONT, so soon that it still answers in time. */
    HAND_FROZEN(14, 8),
    /** SIGKILL of the suite and of all hands, as when a machine ends. */
    MACHINE_KILLED(11, 9),
    /** SIGSTOP of a hand and SIGKILL of the suite: the next one finds a hand that does not answer. */
    HAND_SILENT(1, 1);

    private final int onSqlite;
    private final int onDynamo;

    Harm(int onSqlite, int onDynamo) {
        this.onSqlite = onSqlite;
        this.onDynamo = onDynamo;
    }

    static Harm any(RandomGenerator random, boolean dynamo) {
        int all = 0;
        for (Harm harm : values()) all += harm.weight(dynamo);
        int left = random.nextInt(all);
        for (Harm harm : values()) {
            left -= harm.weight(dynamo);
            if (left < 0) return harm;
        }
        throw new AssertionError();
    }

    private int weight(boolean dynamo) {
        return dynamo ? onDynamo : onSqlite;
    }
}
