package io.dormouse.testkit.sim;

import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Virtual time and one baton. Actors are blocking code on virtual threads; exactly one of them runs, up to its next wait,
 * and the seed decides which one is next. Time passes only when nobody is ready.
 */
final class Schedule {
    private static final long NEVER = Long.MAX_VALUE;

    /** Where the JDK lets us, actors run on the thread of the schedule itself: a hand-over then costs no system call. */
    private static final Constructor<?> ON_EXECUTOR = onExecutor();

    private final Random random;
    private final List<Actor> actors = new ArrayList<>();
    private final List<Actor> ready = new ArrayList<>();
    private final BlockingQueue<Runnable> handed = new LinkedBlockingQueue<>();
    private volatile Actor running;
    private boolean over;
    private Throwable broken;
    private long now;
    private long steps;

    Schedule(Random random) {
        this.random = random;
    }

    /** Thrown out of every wait of an actor whose machine died: nothing but {@code finally} may see it. */
    static final class Crash extends Error {
        private static final long serialVersionUID = 1;

        Crash() {
            super("the machine died", null, false, false);
        }
    }

    static final class Actor {
        private final String name;
        private final Machine machine;
        private final Crew crew;
        private Thread thread;
        private volatile boolean go;
        private boolean done;
        private BooleanSupplier ready;
        private long until;
        private boolean inside;
        private boolean client;

        private Actor(String name, Machine machine, Crew crew) {
            this.name = name;
            this.machine = machine;
            this.crew = crew;
        }

        String name() {
            return name;
        }

        Machine machine() {
            return machine;
        }

        Crew crew() {
            return crew;
        }

        /** Whether its calls are those of a client's requests. */
        boolean client() {
            return client;
        }

        Actor asClient() {
            client = true;
            return this;
        }

        boolean done() {
            return done;
        }
    }

    private static Constructor<?> onExecutor() {
        try {
            Constructor<?> found = Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder")
                    .getDeclaredConstructor(Executor.class);
            found.setAccessible(true);
            return found;
        } catch (ReflectiveOperationException | RuntimeException e) {
            // Without --add-opens java.base/java.lang=ALL-UNNAMED the same schedule runs, only slower.
            return null;
        }
    }

    private Thread thread(Runnable body) {
        if (ON_EXECUTOR == null) return Thread.ofVirtual().unstarted(body);
        try {
            Executor here = handed::add;
            return ((Thread.Builder) ON_EXECUTOR.newInstance(here)).unstarted(body);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    long now() {
        return now;
    }

    /** Rises with every step: tells what came before what. */
    long steps() {
        return steps;
    }

    /** The actor that runs. */
    Actor me() {
        return running;
    }

    /**
     * An actor that begins after {@code delayMillis}.
     *
     * @param machine dies and freezes with it; null for what never does
     * @param crew those that share a lease with it; null for nobody
     */
    Actor spawn(String name, Machine machine, Crew crew, long delayMillis, Runnable body) {
        Actor actor = new Actor(name, machine, crew);
        actor.ready = () -> false;
        actor.until = now + delayMillis;
        actor.thread = thread(() -> {
            try {
                pass(actor);
                body.run();
            } catch (Crash crash) {
                // That is how actors end.
            } catch (Throwable e) {
                broken = e;
            }
            actor.done = true;
            handBack();
        });
        actors.add(actor);
        return actor;
    }

    void sleep(long millis) {
        await(() -> false, millis);
    }

    /** As {@link #sleep}, in the midst of a call: the actor will not come back to its own code from here. */
    void sleepInside(long millis) {
        wait(() -> false, millis, true);
    }

    /** Waits for the condition. Returns whether it holds; false when the time was over before. */
    boolean await(BooleanSupplier condition, long timeoutMillis) {
        wait(condition, timeoutMillis, false);
        return condition.getAsBoolean();
    }

    void await(BooleanSupplier condition) {
        wait(condition, NEVER, false);
    }

    private void wait(BooleanSupplier ready, long millis, boolean inside) {
        Actor me = running;
        pass(me);
        me.ready = ready;
        me.until = millis >= NEVER - now ? NEVER : now + millis;
        me.inside = inside;
        me.go = false;
        handBack();
        while (!me.go) LockSupport.park(this);
        pass(me);
    }

    private void pass(Actor me) {
        if (over || me.machine != null && me.machine.dead()) throw new Crash();
    }

    private void handBack() {
        running = null;
        if (ON_EXECUTOR == null) handed.add(() -> {});
    }

    private void resume(Actor actor) {
        running = actor;
        actor.inside = false;
        boolean first = !actor.go && actor.thread.getState() == Thread.State.NEW;
        actor.go = true;
        if (first) actor.thread.start();
        else LockSupport.unpark(actor.thread);
        try {
            while (running == actor) {
                Runnable next = handed.poll();
                if (next == null) next = handed.poll(60, TimeUnit.SECONDS);
                if (next == null)
                    throw new IllegalStateException(actor.name + " waits for what is not of this schedule");
                next.run();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (actor.done) actors.remove(actor);
        if (broken != null) {
            Throwable e = broken;
            broken = null;
            if (e instanceof Error error) throw error;
            throw new IllegalStateException("an actor broke: " + actor.name, e);
        }
    }

    /** One actor runs up to its next wait. False when nothing will ever happen again. */
    boolean step() {
        while (true) {
            ready.clear();
            long next = NEVER;
            // By index: this loop is most of what a step costs.
            for (int i = 0; i < actors.size(); i++) {
                Actor actor = actors.get(i);
                Machine machine = actor.machine;
                if (machine != null && machine.dead()) {
                    ready.add(actor);
                } else if (machine != null && machine.frozenUntil() > now) {
                    next = Math.min(next, machine.frozenUntil());
                    // The production code holds a monitor around the swap of a head: who shares it must not come to it
                    // now.
                } else if (actor.inside || actor.crew == null || actor.crew.letsReturn(actor)) {
                    if (actor.until <= now || actor.ready.getAsBoolean()) ready.add(actor);
                    else next = Math.min(next, actor.until);
                }
            }
            if (!ready.isEmpty()) {
                steps++;
                resume(ready.get(random.nextInt(ready.size())));
                return true;
            }
            if (next == NEVER) return false;
            now = next;
        }
    }

    /** Ends all actors. */
    void end() {
        over = true;
        while (!actors.isEmpty()) resume(actors.getFirst());
    }
}
