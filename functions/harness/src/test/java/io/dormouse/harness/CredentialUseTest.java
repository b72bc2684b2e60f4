package io.dormouse.harness;

import static io.dormouse.harness.World.calls;
import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.hands.HandResult;
import io.dormouse.id.CredentialId;
import io.dormouse.id.EventId;
import io.dormouse.outbound.CredentialUse;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.ToolResult;
import io.dormouse.verify.Verifier;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CredentialUseTest {
    private final World world = new World("[{'type':'agent_toolset_20260401'}]");

    private static CredentialUse use(int status, String call) {
        EventId id = call == null ? null : new EventId(call);
        return new CredentialUse(new CredentialId("vcrd_1"), "api.example.org", "GET", "/v1/*", status, 10, id);
    }

    private void wake() {
        assertThat(world.harness().wake(world.thread, "owner", world.pace.now().plus(Duration.ofMinutes(5))))
                .isEqualTo(Harness.Woken.SETTLED);
    }

    private List<Entry> entries() {
        return world.log.read(world.thread, 0, 100);
    }

    private List<CredentialUse> told() {
        List<CredentialUse> told = new ArrayList<>();
        for (Entry entry : entries())
            for (Fact fact : entry.facts()) if (fact instanceof Fact.CredentialUsed used) told.add(used.use());
        return told;
    }

    @Test
    void a_use_is_told_in_the_entry_that_has_the_outcome_of_its_call() {
        world.says("go");
        world.replies.add(calls("bash"));
        world.hand = (call, cancellation) -> {
            world.uses.note(world.thread, use(200, call.id()));
            return new HandResult.Output(ToolResult.text("done"), false);
        };
        wake();
        Entry outcome = entries().stream()
                .filter(entry -> entry.facts().stream().anyMatch(Fact.ToolsReturned.class::isInstance))
                .findFirst()
                .orElseThrow();
        assertThat(outcome.facts().getFirst())
                .isEqualTo(new Fact.CredentialUsed(
                        use(200, world.handCalls.getFirst().id())));
        assertThat(told()).hasSize(1);
        assertThat(world.uses.untold(world.thread, 10)).isEmpty();
        assertThat(world.eventTypes()).noneMatch(type -> type.contains("credential"));
    }

    @Test
    void what_was_used_behind_the_end_of_a_turn_is_told_at_the_next_wake_and_once() {
        world.says("hi");
        wake();
        for (int i = 0; i < 250; i++) world.uses.note(world.thread, use(i, null));
        world.says("and now?");
        wake();
        assertThat(told()).hasSize(250).doesNotHaveDuplicates();
        assertThat(told().getLast().status()).isEqualTo(249);
    }

    /** The next wake may be in another process, where nobody knows of them. */
    @Test
    void what_ends_with_the_work_is_told_before_the_lease_is_given_up() {
        FakeServers servers = new FakeServers();
        world.faulty = ports -> ports.with(servers);
        List<Boolean> held = new ArrayList<>();
        servers.leaving = caller -> {
            held.add(world.head().heldUnder(caller.epoch()));
            if (held.size() == 1) world.uses.note(world.thread, use(200, null));
        };
        world.says("hi");
        wake();
        assertThat(held.getFirst()).isTrue();
        assertThat(told()).hasSize(1);
        assertThat(world.uses.untold(world.thread, 10)).isEmpty();
    }

    @Test
    void who_hands_over_tells_it_too() {
        FakeServers servers = new FakeServers();
        world.faulty = ports -> ports.with(servers);
        servers.leaving = caller -> {
            if (servers.left.size() == 1) world.uses.note(world.thread, use(200, null));
        };
        world.says("hi");
        Instant soon = world.pace.now().plus(Duration.ofSeconds(30));
        assertThat(world.harness().wake(world.thread, "owner", soon)).isEqualTo(Harness.Woken.HANDED_OVER);
        assertThat(told()).hasSize(1);
    }

    @Test
    void mail_that_comes_while_it_ends_is_worked_on_by_the_same_owner() {
        FakeServers servers = new FakeServers();
        world.faulty = ports -> ports.with(servers);
        servers.leaving = caller -> {
            if (servers.left.size() > 1) return;
            world.uses.note(world.thread, use(200, null));
            world.says("and now?");
        };
        world.says("hi");
        wake();
        assertThat(world.prompts).hasSize(2);
        assertThat(told()).hasSize(1);
        assertThat(servers.left).containsOnly(1L);
    }

    @Test
    void a_log_with_uses_in_it_is_sound() {
        world.uses.note(world.thread, use(200, null));
        world.says("go");
        world.replies.add(calls("bash"));
        wake();
        Verifier verifier = new Verifier(content -> content);
        entries().forEach(verifier::add);
        assertThat(verifier.findings()).isEmpty();
    }
}
