package io.dormouse.testkit.sim;

import java.util.function.Predicate;
import java.util.function.Supplier;

/** A call of a port: what may happen to it on its way there, there, and on its way back. */
final class Calls {
    private static final int SLOW_MILLIS = 30_000;
    private static final int FREEZE_MILLIS = 600_000;
    private static final int BURST_MILLIS = 20_000;
    private static final int CLOCK_JUMP_MILLIS = 90_000;
    static final int FAR_CLOCK_JUMP_MILLIS = 3_600_000;

    private final Simulation sim;
    private long throttledUntil;
    private int count;

    Calls(Simulation sim) {
        this.sim = sim;
    }

    /** What a store that cannot be reached throws. */
    static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failure(String what) {
            super(what, null, false, false);
        }
    }

    /** Calls so far of those that a plan of harm can hit: by machines, and by clients' requests. */
    int count() {
        return count;
    }

    <T> T read(String what, Supplier<T> effect) {
        return call(what, effect, result -> true, false);
    }

    /** @param telling whether a result tells its caller how things stand now */
    <T> T read(String what, Supplier<T> effect, Predicate<T> telling) {
        return call(what, effect, telling, false);
    }

    <T> T write(String what, Supplier<T> effect) {
        return call(what, effect, result -> true, true);
    }

    /** @param telling whether a result tells its caller how things stand now */
    <T> T write(String what, Supplier<T> effect, Predicate<T> telling) {
        return call(what, effect, telling, true);
    }

    private <T> T call(String what, Supplier<T> effect, Predicate<T> telling, boolean writes) {
        Harm harm = harm(what);
        before(harm, what);
        sim.schedule.sleepInside(latency());
        if (refused(what) || harm == Harm.FAILS) throw failure(what, "is refused");
        if (writes && sim.faults.strike(Fault.STORE_FAILS_AND_APPLIES_LATER)) {
            sim.schedule.spawn("network", null, null, 1 + sim.random.nextInt(20_000), () -> {
                sim.history.tell(what + " comes late");
                effect.get();
            });
            throw failure(what, "fails and comes later");
        }
        T result = effect.get();
        long heard = sim.schedule.steps();
        long heardMillis = sim.schedule.now();
        if (harm == Harm.IS_DONE_AND_FAILS || writes && sim.faults.strike(Fault.STORE_APPLIES_AND_FAILS))
            throw failure(what, "applies and fails");
        after(harm, what);
        Schedule.Actor me = sim.schedule.me();
        // Known to the caller only now that it is back.
        if (me.crew() != null) {
            if (telling.test(result)) me.crew().contact(me, heard, heardMillis);
            else if (writes) me.crew().refused(sim.schedule.steps());
        }
        return result;
    }

    /** The time a call to anything else takes, with what can happen to its caller meanwhile. */
    void travel(String what, long millis) {
        Harm harm = harm(what);
        before(harm, what);
        if (harm == Harm.FAILS) throw failure(what, "does not get there");
        sim.schedule.sleep(millis);
        if (harm == Harm.IS_DONE_AND_FAILS) throw failure(what, "is not heard of any more");
        after(harm, what);
    }

    private Harm harm(String what) {
        Schedule.Actor me = sim.schedule.me();
        if (me.machine() == null && !me.client()) return null;
        Harm harm = sim.plan.at().get(++count);
        if (harm == null) return null;
        sim.faults.harm();
        sim.history.tell("harm to call " + count + ": " + harm + ", " + what);
        return harm;
    }

    /** Now and then a store throttles everybody for a while. */
    private boolean refused(String what) {
        if (sim.faults.strike(Fault.STORE_THROTTLES)) {
            throttledUntil = sim.schedule.now() + 1000 + sim.random.nextInt(BURST_MILLIS);
            sim.history.tell("the store throttles until " + throttledUntil);
        }
        return sim.schedule.now() < throttledUntil && !sim.resting() || sim.faults.strike(Fault.STORE_REFUSES);
    }

    private Failure failure(String what, String how) {
        sim.history.tell(what + " " + how);
        return new Failure(what + " " + how);
    }

    private void before(Harm harm, String what) {
        Machine machine = sim.schedule.me().machine();
        if (machine == null) {
            // The process that serves a client's request: for the client that is a connection that breaks.
            if (harm == Harm.CRASH_BEFORE) throw failure(what, "is refused");
            return;
        }
        if (harm == Harm.CRASH_BEFORE || sim.faults.strike(Fault.CRASH_BEFORE_A_CALL)) crash(machine);
        if (sim.faults.strike(Fault.FREEZE_BEFORE_A_CALL)) freeze(machine);
        if (sim.faults.strike(Fault.CLOCK_JUMPS)) jump(machine, CLOCK_JUMP_MILLIS);
        if (sim.faults.strike(Fault.CLOCK_JUMPS_FAR)) jump(machine, FAR_CLOCK_JUMP_MILLIS);
        if (sim.faults.strike(Fault.PROCESS_STOPS)) sim.fleet.stop(machine);
    }

    private void after(Harm harm, String what) {
        sim.history.tell(what);
        Machine machine = sim.schedule.me().machine();
        if (machine == null && harm == Harm.CRASH_AFTER) throw failure(what, "applies and fails");
        if (machine != null && (harm == Harm.CRASH_AFTER || sim.faults.strike(Fault.CRASH_AFTER_A_CALL)))
            crash(machine);
        if (machine != null && sim.faults.strike(Fault.FREEZE_AFTER_A_CALL)) freeze(machine);
        sim.schedule.sleep(latency());
    }

    private void jump(Machine machine, int mostMillis) {
        machine.setClock(sim.random.nextInt(2 * mostMillis) - mostMillis, sim.schedule.now());
        sim.history.tell(machine.name() + "'s clock jumps to " + machine.clockOffsetMillis() + " off");
    }

    private void crash(Machine machine) {
        sim.history.tell(machine.name() + " dies");
        sim.fleet.crash(machine);
        throw new Schedule.Crash();
    }

    private void freeze(Machine machine) {
        long millis = 1000 + sim.random.nextInt(FREEZE_MILLIS);
        sim.history.tell(machine.name() + " freezes for " + millis);
        machine.freezeUntil(sim.schedule.now() + millis);
        sim.schedule.sleepInside(1);
    }

    private long latency() {
        if (sim.bug == Bug.CHANCE_FROM_OUTSIDE && System.nanoTime() % 7 == 0) return 3;
        if (sim.faults.strike(Fault.STORE_IS_SLOW)) return 1000 + sim.random.nextInt(SLOW_MILLIS);
        return 1 + sim.random.nextInt(12);
    }
}
