package io.dormouse.api;

import static io.dormouse.api.Caller.says;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.edge.EventStream;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A session with many subscribers costs the stores what one with one subscriber costs, whatever the stores are. */
@Timeout(600)
class SubscribersTest {
    private static final int TURNS = 10;

    private final Caller caller = new Caller();
    private final String id = caller.session("");
    private final ThreadId thread = new SessionId(id).primaryThread();
    private final Brain brain = new Brain(caller, id);
    private final Crowd crowd = new Crowd(caller);

    private class Subscriber implements EventStream {
        final List<String> seen = Collections.synchronizedList(new ArrayList<>());
        final AtomicInteger pings = new AtomicInteger();
        volatile boolean gone;

        @Override
        public boolean send(String name, String place, JsonNode data) {
            if (place != null) seen.add(place);
            return !gone;
        }

        @Override
        public boolean ping() {
            pings.incrementAndGet();
            return !gone;
        }

        @Override
        public boolean open() {
            return !gone;
        }
    }

    private record Reads(int log, int heads) {}

    private static void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) Thread.sleep(1);
    }

    private void turn() {
        caller.ok(caller.send(id, says("hi")));
        brain.turn("hello");
        crowd.appended(thread);
    }

    private int events() {
        int[] events = {0};
        for (JsonNode event : caller.get("/v1/sessions/" + id + "/events").at("/data")) events[0]++;
        return events[0];
    }

    /** What a number of turns, and then a number of heartbeats, cost with so many subscribers. */
    private List<Reads> cost(int subscribers) throws Exception {
        List<Subscriber> all = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        int before = events();
        for (int i = 0; i < subscribers; i++) {
            Subscriber subscriber = new Subscriber();
            all.add(subscriber);
            threads.add(Thread.startVirtualThread(() -> {
                try {
                    crowd.stream(id, null, subscriber);
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            }));
        }
        await(() -> crowd.waiting.get() == subscribers);
        crowd.logReads.set(0);
        crowd.headReads.set(0);
        for (int i = 0; i < TURNS; i++) {
            turn();
            int told = events() - before;
            await(() -> all.stream().allMatch(each -> each.seen.size() == told) && crowd.waiting.get() == subscribers);
        }
        Reads turns = new Reads(crowd.logReads.getAndSet(0), crowd.headReads.getAndSet(0));
        for (int i = 1; i <= TURNS; i++) {
            int beats = i;
            crowd.silence();
            await(() ->
                    all.stream().allMatch(each -> each.pings.get() == 1 + beats) && crowd.waiting.get() == subscribers);
        }
        Reads beats = new Reads(crowd.logReads.get(), crowd.headReads.get());
        for (Subscriber each : all) {
            assertThat(each.seen).isEqualTo(all.getFirst().seen);
            each.gone = true;
        }
        crowd.silence();
        for (Thread each : threads) each.join();
        return List.of(turns, beats);
    }

    @Test
    void a_thousand_subscribers_cost_as_many_reads_as_one() throws Exception {
        List<Reads> one = cost(1);
        // A look at the log for each time that it grew; a look at log and head for each heartbeat.
        assertThat(one).containsExactly(new Reads(TURNS, 0), new Reads(TURNS, TURNS));
        for (int subscribers : List.of(10, 100, 1000))
            assertThat(cost(subscribers)).as("%d subscribers", subscribers).isEqualTo(one);
    }

    @Test
    void who_is_far_behind_misses_nothing_and_holds_nobody_up() throws Exception {
        Subscriber fast = new Subscriber();
        Subscriber slow = new Subscriber() {
            @Override
            public boolean send(String name, String place, JsonNode data) {
                boolean goesOn = super.send(name, place, data);
                // Its client reads nothing while the others read forty turns.
                if (seen.size() == 1)
                    try {
                        await(() -> fast.seen.size() > 200);
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                return goesOn;
            }
        };
        List<Thread> threads = new ArrayList<>();
        for (Subscriber each : List.of(fast, slow))
            threads.add(Thread.startVirtualThread(() -> {
                try {
                    crowd.stream(id, null, each);
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            }));
        await(() -> crowd.waiting.get() == 2);
        for (int i = 0; i < 40; i++) {
            turn();
            int told = events();
            await(() -> fast.seen.size() == told);
        }
        int all = events();
        assertThat(all).isGreaterThan(200);
        await(() -> slow.seen.size() == all);
        assertThat(slow.seen).isEqualTo(fast.seen);
        fast.gone = true;
        slow.gone = true;
        crowd.silence();
        for (Thread each : threads) each.join();
    }

    @Test
    void a_deletion_is_told_to_all_and_looked_for_once() throws Exception {
        List<Subscriber> all = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            Subscriber subscriber = new Subscriber();
            all.add(subscriber);
            threads.add(Thread.startVirtualThread(() -> {
                try {
                    crowd.stream(id, null, subscriber);
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            }));
        }
        await(() -> crowd.waiting.get() == 50);
        caller.ok(caller.delete("/v1/sessions/" + id));
        crowd.logReads.set(0);
        crowd.headReads.set(0);
        crowd.appended(thread);
        for (Thread each : threads) each.join();
        assertThat(crowd.logReads.get()).isEqualTo(1);
        assertThat(crowd.headReads.get()).isEqualTo(1);
    }
}
