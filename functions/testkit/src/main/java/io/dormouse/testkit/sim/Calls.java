package io.dormouse.testkit.sim;

import java.util.function.Predicate;
import java.util.function.Supplier;

/** A call of a port: what may happen to it on its way there, there, and on its way back. */
final class Calls {
    private static final int SLOW_MILLIS = 30_000;
    private static final int FREEZE_MILLIS = 600_000;
    private static final int CLOCK_JUMP_MILLIS = 90_000;

    private final Simulation sim;

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

    <T> T read(String what, Supplier<T> effect) {
        before();
        sim.schedule.sleepInside(latency());
        if (sim.faults.strike(Fault.STORE_REFUSES)) throw failure(what, "is refused");
        T result = effect.get();
        long heard = sim.schedule.steps();
        after(what);
        contact(heard);
        return result;
    }

    <T> T write(String what, Supplier<T> effect) {
        return write(what, effect, result -> true);
    }

    /** @param telling whether a result tells its caller how things stand now */
    <T> T write(String what, Supplier<T> effect, Predicate<T> telling) {
        before();
        sim.schedule.sleepInside(latency());
        if (sim.faults.strike(Fault.STORE_REFUSES)) throw failure(what, "is refused");
        if (sim.faults.strike(Fault.STORE_FAILS_AND_APPLIES_LATER)) {
            sim.schedule.spawn("network", null, null, 1 + sim.random.nextInt(20_000), () -> {
                sim.history.tell(what + " comes late");
                effect.get();
            });
            throw failure(what, "fails and comes later");
        }
        T result = effect.get();
        long heard = sim.schedule.steps();
        if (sim.faults.strike(Fault.STORE_APPLIES_AND_FAILS)) throw failure(what, "applies and fails");
        after(what);
        if (telling.test(result)) contact(heard);
        return result;
    }

    /** The time a call to anything else takes, with what can happen to its caller meanwhile. */
    void travel(String what, long millis) {
        before();
        sim.schedule.sleep(millis);
        after(what);
    }

    private Failure failure(String what, String how) {
        sim.history.tell(what + " " + how);
        return new Failure(what + " " + how);
    }

    /** Known to the caller only now that it is back. */
    private void contact(long heard) {
        Schedule.Actor me = sim.schedule.me();
        if (me.crew() != null) me.crew().contact(me, heard);
    }

    private void before() {
        Machine machine = sim.schedule.me().machine();
        if (machine == null) return;
        if (sim.faults.strike(Fault.CRASH_BEFORE_A_CALL)) crash(machine);
        if (sim.faults.strike(Fault.FREEZE_BEFORE_A_CALL)) freeze(machine);
        if (sim.faults.strike(Fault.CLOCK_JUMPS))
            machine.shiftClock(sim.random.nextInt(2 * CLOCK_JUMP_MILLIS) - CLOCK_JUMP_MILLIS);
        if (sim.faults.strike(Fault.PROCESS_STOPS)) sim.fleet.stop(machine);
    }

    private void after(String what) {
        sim.history.tell(what);
        Machine machine = sim.schedule.me().machine();
        if (machine != null && sim.faults.strike(Fault.CRASH_AFTER_A_CALL)) crash(machine);
        if (machine != null && sim.faults.strike(Fault.FREEZE_AFTER_A_CALL)) freeze(machine);
        sim.schedule.sleep(latency());
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
