package io.dormouse.harness;

import static io.dormouse.harness.World.calls;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.McpServer;
import io.dormouse.harness.Harness.Woken;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.ThreadId;
import io.dormouse.mcp.Servers;
import io.dormouse.outbound.Outbound.Caller;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Legality;
import io.dormouse.prompt.Model;
import io.dormouse.session.Entry;
import io.dormouse.session.SessionLog;
import io.dormouse.verify.Verifier;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** A harness that dies at any call of a port, before it or right after it, around a listing and two calls of its tools. */
class McpKillTest {
    /** An error, so that nothing takes it for a failure of a port. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    /** One run: the death is at the call of this number. */
    private static final class Run {
        final World world = new World("[" + FakeServers.toolset("always_allow") + "]", FakeServers.DOCS);
        final FakeServers servers = new FakeServers();
        final int deadly;
        final boolean before;
        int calls;
        boolean died;
        /** Whether it died around a call of a tool that must not be called twice. */
        boolean diedCalling;

        Run(int deadly, boolean before) {
            this.deadly = deadly;
            this.before = before;
            world.faulty = this::deadly;
            world.replies.add(calls("mcp__docs__put"));
            world.replies.add(calls("mcp__docs__get"));
        }

        private synchronized <T> T call(Supplier<T> effect) {
            boolean now = !died && ++calls == deadly;
            if (now && before) die();
            T result = effect.get();
            if (now) die();
            return result;
        }

        private void die() {
            died = true;
            throw new Killed();
        }

        private Ports deadly(Ports ports) {
            Heads heads = new Heads() {
                @Override
                public Optional<Head> read(ThreadId thread) {
                    return call(() -> ports.heads().read(thread));
                }

                @Override
                public boolean create(Head head) {
                    return ports.heads().create(head);
                }

                @Override
                public Swapped swap(Head from, Head to) {
                    return call(() -> ports.heads().swap(from, to));
                }

                @Override
                public List<ThreadId> owing(Instant by, int limit) {
                    return ports.heads().owing(by, limit);
                }
            };
            SessionLog log = new SessionLog() {
                @Override
                public Appended append(ThreadId thread, Entry entry) {
                    return call(() -> ports.log().append(thread, entry));
                }

                @Override
                public List<Entry> read(ThreadId thread, long after, int limit) {
                    return call(() -> ports.log().read(thread, after, limit));
                }

                @Override
                public void drop(ThreadId thread) {
                    ports.log().drop(thread);
                }
            };
            Model model = (prompt, watcher, cancellation) -> {
                assertThat(Legality.faults(prompt.body().path("messages"))).isEmpty();
                return ports.model().reply(prompt, watcher, cancellation);
            };
            Servers mortal = new Servers() {
                @Override
                public Listing list(Caller caller, McpServer server, Cancellation cancellation) {
                    return Run.this.call(() -> servers.list(caller, server, cancellation));
                }

                @Override
                public Answer call(
                        Caller caller, McpServer server, String tool, ObjectNode input, Cancellation cancellation) {
                    try {
                        return Run.this.call(() -> servers.call(caller, server, tool, input, cancellation));
                    } catch (Killed e) {
                        diedCalling = tool.equals("put");
                        throw e;
                    }
                }
            };
            return new Ports(
                    heads,
                    log,
                    model,
                    ports.hands(),
                    ports.feed(),
                    ports.wakes(),
                    ports.spill(),
                    ports.catalog(),
                    ports.retries(),
                    ports.pace(),
                    ports.ids(),
                    ports.random(),
                    ports.uses(),
                    mortal);
        }

        Run play() {
            world.says("go");
            Harness harness = world.harness();
            // The same owner takes over from itself at once: another process with the same request.
            for (int wakes = 0; world.head().owes(); wakes++) {
                assertThat(wakes).isLessThan(3);
                try {
                    assertThat(harness.wake(world.thread, "one", Instant.MAX)).isEqualTo(Woken.SETTLED);
                } catch (Killed e) {
                    harness = world.harness();
                }
            }
            return this;
        }
    }

    @Test
    void a_death_anywhere_makes_no_call_twice_that_must_not_be_and_loses_no_result() {
        int calls = new Run(0, false).play().calls;
        assertThat(calls).isGreaterThan(10);
        int lost = 0;
        for (int deadly = 1; deadly <= calls; deadly++)
            for (boolean before : new boolean[] {true, false}) {
                Run run = new Run(deadly, before).play();
                String where = "dead " + (before ? "before" : "after") + " call " + deadly;
                assertThat(run.died).as(where).isTrue();
                World world = run.world;
                int puts = Collections.frequency(run.servers.calls, "put");
                List<String> results = world.events().stream()
                        .filter(event -> event.path("type").asText().equals("agent.mcp_tool_result"))
                        .map(event -> event.path("content").path(0).path("text").asText())
                        .toList();
                // A model that was asked twice has answered with the next reply of its script.
                assertThat(results).as(where).isNotEmpty();
                assertThat(puts).as(where).isLessThanOrEqualTo(1);
                boolean told = results.stream().anyMatch(text -> text.startsWith("The answer to this call was lost"));
                if (told) lost++;
                if (run.diedCalling) assertThat(told).as(where).isTrue();
                assertThat(world.eventTypes()).as(where).endsWith("session.status_idle");
                Verifier verifier = new Verifier(world.spill::fill);
                world.log.read(world.thread, 0, 10_000).forEach(verifier::add);
                assertThat(verifier.findings()).as(where).isEmpty();
            }
        // From the entry that says that it begins to the one with its result: no earlier, and no later.
        assertThat(lost).isEqualTo(6);
    }
}
