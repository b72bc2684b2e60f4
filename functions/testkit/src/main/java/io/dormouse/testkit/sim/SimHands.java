package io.dormouse.testkit.sim;

import io.dormouse.hands.Hand;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider;
import io.dormouse.hands.HandResult;
import io.dormouse.hands.Tenure;
import io.dormouse.id.ThreadId;
import io.dormouse.pace.Cancellation;
import io.dormouse.session.ToolResult;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Hands with a journal. What runs in one goes on whoever waits for it, and ends with the hand. */
final class SimHands implements HandProvider {
    private final Simulation sim;
    private final Map<HandId, Room> rooms = new HashMap<>();

    SimHands(Simulation sim) {
        this.sim = sim;
    }

    boolean lives(ThreadId thread) {
        return rooms.containsKey(HandId.of(thread));
    }

    @Override
    public Provided provide(HandId id, Tenure tenure, Cancellation cancellation) {
        sim.checks.decides(id.thread(), sim.schedule.me(), "tool calls");
        sim.checks.startsCall(id.thread(), sim.schedule.me().crew());
        long wait = sim.faults.strike(Fault.HAND_COMES_LATE) ? 300_000 : 3000;
        sim.calls.travel("asks for " + id, 1 + sim.random.nextInt((int) wait));
        if (sim.faults.strike(Fault.HAND_IS_UNAVAILABLE)) return new Provided.Unavailable("no room");
        boolean fresh = !rooms.containsKey(id);
        Room room = rooms.computeIfAbsent(id, i -> new Room(i, sim.number()));
        if (sim.faults.strike(Fault.HAND_STARTS_AND_FAILS)) throw new Calls.Failure("the provider broke");
        sim.calls.travel("has " + id, 1);
        return new Provided.Ready(room, fresh);
    }

    @Override
    public Optional<Hand> find(HandId id) {
        sim.calls.travel("looks for " + id, 1 + sim.random.nextInt(300));
        return Optional.ofNullable(rooms.get(id));
    }

    @Override
    public void discard(HandId id) {
        sim.calls.write("discards " + id, () -> {
            if (rooms.containsKey(id)) rooms.get(id).die();
            return null;
        });
    }

    private static final class Job {
        private boolean killed;
        private HandResult result;
    }

    private final class Room implements Hand {
        private final HandId id;
        private final int number;
        private final Map<String, Job> journal = new HashMap<>();
        private boolean dead;

        Room(HandId id, int number) {
            this.id = id;
            this.number = number;
        }

        void die() {
            dead = true;
            rooms.remove(id, this);
        }

        @Override
        public HandResult execute(HandCall asked, Cancellation cancellation) {
            HandCall call = sim.bug == Bug.CALL_WITHOUT_KEY
                    ? new HandCall(asked.id() + sim.number(), asked.name(), asked.input())
                    : asked;
            sim.checks.sends(id.thread(), call);
            sim.calls.travel("sends call " + call.input() + " to room " + number, 1 + sim.random.nextInt(50));
            if (sim.faults.strike(Fault.HAND_THROWS)) throw new Calls.Failure("the hand's client broke");
            if (cancellation.abandoned()) return new HandResult.Failed("nobody waits");
            if (dead) return new HandResult.Failed("The sandbox could not be reached; the call did not run.");
            Job job = sim.bug == Bug.HAND_WITHOUT_JOURNAL ? null : journal.get(call.id());
            if (job == null) {
                // An interrupt that comes before its call makes sure that the call never runs.
                job = new Job();
                journal.put(call.id(), job);
                if (!cancellation.requested()) begin(call, job);
            }
            Job waited = job;
            sim.schedule.await(() -> waited.result != null || dead || cancellation.requested());
            if (cancellation.abandoned() && waited.result == null) return new HandResult.Lost("nobody waits");
            if (waited.result == null && !dead) {
                sim.calls.travel("stops call " + call.input(), 1 + sim.random.nextInt(2000));
                if (waited.result == null) {
                    waited.killed = true;
                    waited.result = output("stopped", true);
                }
            }
            if (sim.faults.strike(Fault.HAND_ANSWERS_LATE)) sim.schedule.sleep(20_000 + sim.random.nextInt(60_000));
            sim.calls.travel("hears of call " + call.input(), 1);
            if (waited.result == null) return new HandResult.Lost("The sandbox was lost.");
            return waited.result;
        }

        private void begin(HandCall call, Job job) {
            long before = sim.faults.strike(Fault.HAND_IS_SLOW) ? 90_000 : 600;
            sim.schedule.spawn("room " + number, null, null, 1 + sim.random.nextInt((int) before), () -> {
                if (sim.faults.strike(Fault.HAND_DIES_BEFORE)) die();
                if (dead || job.killed) return;
                sim.checks.effect(id.thread(), number, call);
                if (sim.faults.strike(Fault.HAND_DIES_DURING) || sim.scenario != null && sim.scenario.losesHand())
                    die();
                // What hangs ends by the hand's own limit.
                long takes = sim.faults.strike(Fault.HAND_HANGS) ? 600_000 : 1 + sim.random.nextInt(3000);
                sim.schedule.sleep(takes);
                if (dead || job.killed) return;
                job.result = output("did " + call.input(), sim.random.nextInt(5) == 0);
                if (sim.faults.strike(Fault.HAND_DIES_AFTER)) die();
            });
        }

        private HandResult output(String text, boolean isError) {
            return new HandResult.Output(ToolResult.text(text), isError);
        }
    }
}
