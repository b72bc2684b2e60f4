package io.dormouse.harness;

import static io.dormouse.harness.HarnessTest.await;
import static io.dormouse.harness.World.calls;
import static io.dormouse.harness.World.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.prompt.Model;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** A sandbox is sent for as soon as a reply opens a call that will run in it. */
class EagerHandTest {
    private static final String TOOLS =
            "[{'type':'agent_toolset_20260401','default_config':{'permission_policy':{'type':'%s'}}}]";
    private static final String ALLOWED = TOOLS.formatted("always_allow");

    private final CountDownLatch starting = new CountDownLatch(1);

    private static Harness.Woken wake(World world) {
        return world.harness().wake(world.thread, "one", Instant.MAX);
    }

    private static long attached(World world) {
        return world.log.read(world.thread, 0, 1_000).stream()
                .flatMap(entry -> entry.facts().stream())
                .filter(Fact.HandAttached.class::isInstance)
                .count();
    }

    @Test
    void it_comes_while_the_reply_still_streams_and_the_call_uses_it() {
        World world = new World(ALLOWED);
        world.starting = cancellation -> starting.countDown();
        world.streaming = watcher -> {
            if (world.prompts.size() > 1) return;
            watcher.calls("bash");
            watcher.calls("read");
            // The reply does not end before the hand has begun to come.
            await(starting);
        };
        world.says("go");
        world.replies.add(calls("bash", "read"));
        assertThat(wake(world)).isEqualTo(Harness.Woken.SETTLED);
        assertThat(world.starts).hasValue(1);
        assertThat(world.handCalls).hasSize(2);
        assertThat(attached(world)).isEqualTo(1);
    }

    @Test
    void none_comes_for_what_waits_for_a_person_or_runs_elsewhere() {
        World asks = new World(TOOLS.formatted("always_ask"));
        asks.streaming = watcher -> watcher.calls("bash");
        asks.says("go");
        asks.replies.add(calls("bash"));
        wake(asks);
        assertThat(asks.starts).hasValue(0);
        World searches = new World(ALLOWED);
        searches.streaming = watcher -> {
            watcher.calls("web_fetch");
            watcher.calls("nothing_of_that_name");
        };
        searches.says("go");
        wake(searches);
        assertThat(searches.starts).hasValue(0);
    }

    @Test
    void one_that_comes_to_nothing_is_asked_for_again_by_the_call() {
        World world = new World(ALLOWED);
        world.starting = cancellation -> {
            if (world.starts.get() == 1) {
                starting.countDown();
                throw new IllegalStateException("no room");
            }
        };
        world.streaming = watcher -> {
            if (world.prompts.size() > 1) return;
            watcher.calls("bash");
            await(starting);
        };
        world.says("go");
        world.replies.add(calls("bash"));
        assertThat(wake(world)).isEqualTo(Harness.Woken.SETTLED);
        assertThat(world.starts).hasValue(2);
        assertThat(world.event("agent.tool_result").toString()).contains("ran bash");
    }

    @Test
    void an_interrupt_ends_the_wait_for_it() throws Exception {
        World world = new World(ALLOWED);
        world.starting = cancellation -> {
            CountDownLatch cut = new CountDownLatch(1);
            cancellation.onRequest(cut::countDown);
            starting.countDown();
            await(cut);
            throw new IllegalStateException("nobody waits");
        };
        world.streaming = watcher -> watcher.calls("bash");
        world.says("go");
        world.replies.add(calls("bash"));
        Harness harness = world.harness();
        Thread running = Thread.ofVirtual().start(() -> harness.wake(world.thread, "one", Instant.MAX));
        await(starting);
        world.post(new Input.Interrupt(world.ids.event()));
        // The beat that tells of it comes with the next step, or within two seconds.
        harness.poke(world.thread);
        running.join();
        assertThat(world.eventTypes()).containsSubsequence("user.interrupt", "session.status_idle");
        assertThat(world.handCalls).isEmpty();
    }

    @Test
    void a_reply_that_fails_leaves_an_idle_hand_which_the_next_one_finds() {
        World world = new World(ALLOWED);
        world.starting = cancellation -> starting.countDown();
        world.streaming = watcher -> {
            if (world.prompts.size() == 1) watcher.calls("bash");
            if (world.prompts.size() == 1) await(starting);
        };
        world.says("go");
        world.replies.add(World.failing(Model.Failure.UNREACHABLE));
        world.replies.add(calls("bash"));
        world.replies.add(text("done"));
        assertThat(wake(world)).isEqualTo(Harness.Woken.SETTLED);
        assertThat(world.handCalls).hasSize(1);
        assertThat(world.starts).hasValue(1);
    }
}
