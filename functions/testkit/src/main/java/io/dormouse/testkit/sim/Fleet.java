package io.dormouse.testkit.sim;

import io.dormouse.harness.Harness;
import io.dormouse.harness.Wakes;
import io.dormouse.head.Head;
import io.dormouse.id.ThreadId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The machines, and the bus that brings wakes to them: lost, twice, late, out of order. */
final class Fleet implements Wakes {
    private static final int SIZE = 3;
    private static final long SWEEP_MILLIS = 10_000;

    private final Simulation sim;
    private final List<Machine> machines = new ArrayList<>();
    private int made;
    private int requests;

    Fleet(Simulation sim) {
        this.sim = sim;
        while (machines.size() < SIZE) machines.add(fresh());
    }

    private Machine fresh() {
        Machine machine = new Machine("m" + ++made);
        machine.runs(sim.harness(machine, this));
        if (sim.faults.strike(Fault.CLOCK_JUMPS)) machine.setClock(sim.random.nextInt(120_000) - 60_000, 0);
        return machine;
    }

    void crash(Machine machine) {
        machine.die();
        if (machines.remove(machine)) machines.add(fresh());
    }

    /** The machine finishes what it does, and another one takes its place. */
    void stop(Machine machine) {
        if (!machines.remove(machine)) return;
        sim.history.tell(machine.name() + " stops");
        machines.add(fresh());
        machine.harness().stop();
    }

    /** How far a clock may have been from the right time so far, in milliseconds. */
    long clocksOff() {
        return sim.faults.counts().containsKey(Fault.CLOCK_JUMPS_FAR) ? Calls.FAR_CLOCK_JUMP_MILLIS : 0;
    }

    void thaw() {
        for (Machine machine : machines) {
            machine.freezeUntil(0);
            machine.setClock(0, sim.schedule.now());
        }
    }

    // ---- wakes

    @Override
    public void send(Head stored) {
        send(stored.thread(), stored);
    }

    private void send(ThreadId thread, Head hint) {
        if (sim.faults.strike(Fault.WAKE_IS_LOST) || sim.bug == Bug.NO_SWEEP && sim.random.nextInt(10) == 0) return;
        deliver(thread, hint, delay());
        if (sim.faults.strike(Fault.WAKE_COMES_TWICE)) deliver(thread, hint, delay());
    }

    @Override
    public void sendAt(ThreadId thread, Instant when) {
        if (sim.faults.strike(Fault.WAKE_IS_LOST)) return;
        // The caller tells how long from now, by its own clock; what the bus has for a clock does not matter.
        Instant now = SimPace.BEGINNING.plusMillis(
                sim.schedule.now() + sim.schedule.me().machine().clockOffsetMillis());
        deliver(thread, null, Math.max(0, Duration.between(now, when).toMillis()) + delay());
    }

    private long delay() {
        return 1 + sim.random.nextInt(sim.faults.strike(Fault.WAKE_COMES_LATE) ? 60_000 : 40);
    }

    /** @param hint may be null, and is as old as the wake is late */
    private void deliver(ThreadId thread, Head hint, long delayMillis) {
        String request = "r" + ++requests;
        sim.schedule.spawn("bus", null, null, delayMillis, () -> invoke(thread, hint, request, 2));
    }

    private void invoke(ThreadId thread, Head hint, String request, int retries) {
        Machine machine = machines.get(sim.random.nextInt(machines.size()));
        if (machine.frozenUntil() > sim.schedule.now()) {
            sim.checks.knockedInVain(thread);
            return;
        }
        if (!machine.at.add(thread)) {
            // One process works on a thread once at a time; what works on it looks for news.
            machine.harness().poke(thread);
            return;
        }
        Crew crew = new Crew();
        Schedule.Actor actor = sim.schedule.spawn(machine.name() + "/" + request, machine, crew, 0, () -> {
            try {
                Harness harness = machine.harness();
                Instant deadline = deadline(machine);
                Harness.Woken woken =
                        hint == null ? harness.wake(thread, request, deadline) : harness.wake(hint, request, deadline);
                sim.history.tell("wakes " + woken);
            } catch (RuntimeException e) {
                sim.history.tell("breaks off: " + e);
                again(thread, hint, request, retries);
            } finally {
                machine.at.remove(thread);
            }
        });
        sim.schedule.spawn("invoker", null, null, 0, () -> {
            // Who invokes sees only that no answer comes, and asks again under the same name.
            if (sim.schedule.await(() -> actor.done() && machine.dead(), 900_000))
                again(thread, hint, request, retries);
        });
    }

    private void again(ThreadId thread, Head hint, String request, int retries) {
        if (retries == 0 || !sim.faults.strike(Fault.INVOCATION_IS_RETRIED)) return;
        long delay = 1 + sim.random.nextInt(60_000);
        sim.schedule.spawn("bus", null, null, delay, () -> invoke(thread, hint, request, retries - 1));
    }

    private Instant deadline(Machine machine) {
        long left = sim.faults.strike(Fault.DEADLINE_IS_NEAR) ? 60_000 + sim.random.nextInt(20_000) : 900_000;
        return SimPace.BEGINNING.plusMillis(sim.schedule.now() + machine.clockOffsetMillis() + left);
    }

    // ---- the sweep

    /** Once nothing goes wrong any more, sweeps that would find nothing are left out: they would be most of a simulation. */
    private long nextSweep() {
        Instant next = sim.resting() || sim.scenario != null ? sim.heads.nextOwed() : null;
        if (next == null) return SWEEP_MILLIS;
        long due = Duration.between(SimPace.BEGINNING, next).toMillis() - sim.schedule.now();
        return Math.clamp(due, SWEEP_MILLIS, 20 * SWEEP_MILLIS);
    }

    void sweep() {
        if (sim.bug == Bug.NO_SWEEP) return;
        List<ThreadId> before = List.of();
        while (true) {
            sim.schedule.sleep(nextSweep());
            if (sim.faults.strike(Fault.SWEEP_FAILS)) continue;
            Instant now = SimPace.BEGINNING.plusMillis(sim.schedule.now());
            try {
                List<ThreadId> owing = sim.store.owing(now, 100);
                (sim.faults.strike(Fault.SWEEP_SEES_OLD_INDEX) ? before : owing).forEach(thread -> send(thread, null));
                before = owing;
            } catch (Calls.Failure e) {
                sim.history.tell("sweeps nothing");
            }
        }
    }
}
