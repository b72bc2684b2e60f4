package io.dormouse.harness;

import static io.dormouse.harness.World.calls;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.AgentSpec;
import io.dormouse.hands.HandResult;
import io.dormouse.harness.Harness.Woken;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.prompt.Compaction;
import io.dormouse.prompt.Fold;
import io.dormouse.prompt.Legality;
import io.dormouse.prompt.Model;
import io.dormouse.prompt.Prompt;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.SessionLog;
import io.dormouse.session.Tokens;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** A harness that dies at any call of a port, before it or right after it, around a compaction. */
class CompactionKillTest {
    private static final String BASH = "[{'type':'agent_toolset_20260401','default_config':{'enabled':false},"
            + "'configs':[{'name':'bash','enabled':true,'permission_policy':{'type':'always_allow'}}]}]";
    private static final String WORDS = "so many words ".repeat(120);

    /** An error, so that nothing takes it for a failure of a port. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    /** One run: the death is at the call of this number. */
    private static final class Run {
        final World world = new World(BASH);
        final int deadly;
        final boolean before;
        int calls;
        boolean died;

        Run(int deadly, boolean before) {
            this.deadly = deadly;
            this.before = before;
            world.catalog = world.catalog.narrowed(8_000);
            world.hand = (call, cancellation) -> new HandResult.Output(ToolResult.text(WORDS), false);
            world.faulty = this::deadly;
            for (int i = 0; i < 11; i++) world.replies.add(calls("bash"));
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
            Model model = (prompt, watcher, cancellation) -> call(() -> {
                check(prompt);
                if (!Compaction.asks(prompt))
                    return counted(prompt, ports.model().reply(prompt, watcher, cancellation));
                world.prompts.add(prompt.body().deepCopy());
                ObjectNode text = Json.object().put("type", "text").put("text", "<summary>S1</summary>");
                return counted(prompt, new Model.Reply.Complete(List.of(text), "end_turn", null, Usage.NONE));
            });
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
                    ports.random());
        }

        private static Model.Reply counted(Prompt prompt, Model.Reply reply) {
            Model.Reply.Complete r = (Model.Reply.Complete) reply;
            Usage usage = new Usage(Tokens.of(prompt.body()), 5, 0, 0, 0, 0, 0);
            return new Model.Reply.Complete(r.content(), r.stopReason(), r.stopDetails(), usage);
        }

        private void check(Prompt prompt) {
            assertThat(Legality.faults(prompt.body().path("messages"))).isEmpty();
            if (Compaction.asks(prompt)) return;
            assertThat(Json.text(cold(world.head().snapshot().base()).body())).isEqualTo(Json.text(prompt.body()));
        }

        private Prompt cold(long base) {
            Fold fold = new Fold(world.spill::fill);
            fold.readOn((after, limit) -> world.log.read(world.thread, after, limit), base);
            return Prompt.of(new AgentSpec(fold.conversation().agent()), fold.transcript(), world.catalog);
        }

        Run play() {
            world.says("the task, word for word");
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
    void a_death_around_a_compaction_loses_nothing_and_tells_nothing_twice() {
        int calls = new Run(0, false).play().calls;
        assertThat(calls).isGreaterThan(30);
        for (int deadly = 1; deadly <= calls; deadly++)
            for (boolean before : new boolean[] {true, false}) {
                Run run = new Run(deadly, before).play();
                String where = "dead " + (before ? "before" : "after") + " call " + deadly;
                assertThat(run.died).as(where).isTrue();
                assertComplete(run, where);
            }
    }

    private static void assertComplete(Run run, String where) {
        World world = run.world;
        List<Entry> log = world.log.read(world.thread, 0, 10_000);
        assertThat(log.stream().filter(entry -> entry.compacted() != null))
                .as(where)
                .isNotEmpty();
        Usage sum = Usage.NONE;
        List<Object> inputs = new ArrayList<>();
        for (Entry entry : log) {
            entry.inputs().forEach(inputs::add);
            for (Fact fact : entry.facts()) {
                if (fact instanceof Fact.ModelReplied f) sum = sum.plus(f.usage());
                if (fact instanceof Fact.Compacted f) sum = sum.plus(f.usage());
            }
        }
        assertThat(inputs).as(where).hasSize(1);
        assertThat(world.head().snapshot().usage()).as(where).isEqualTo(sum);
        assertThat(world.eventTypes().stream().filter("agent.tool_result"::equals))
                .as(where)
                .hasSizeGreaterThanOrEqualTo(10);
        Prompt next = run.cold(world.head().snapshot().base());
        assertThat(Json.text(next.body()))
                .as(where)
                .isEqualTo(Json.text(run.cold(0).body()));
        assertThat(next.body().toString()).as(where).contains("S1");
    }
}
