package io.dormouse.aws;

import static io.dormouse.aws.Given.IDS;
import static io.dormouse.aws.Given.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.aws.Meter.Use;
import io.dormouse.hands.Hand;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider;
import io.dormouse.hands.HandResult;
import io.dormouse.hands.Hands;
import io.dormouse.hands.Tenure;
import io.dormouse.harness.Harness;
import io.dormouse.harness.Harness.Woken;
import io.dormouse.harness.Ports;
import io.dormouse.harness.Retries;
import io.dormouse.harness.Wakes;
import io.dormouse.head.Head;
import io.dormouse.head.Heads.Swapped;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import io.dormouse.prompt.Catalog;
import io.dormouse.prompt.Model;
import io.dormouse.prompt.Model.Reply;
import io.dormouse.resource.Spill;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import io.dormouse.testkit.memory.MemoryBlobs;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a turn costs in the table, from the post to the rest. Texts of the length that turns have: 220, 540, 2,000, 610 bytes. */
class TurnCostTest {
    private final Meter meter = new Meter();
    private final Deque<Reply> replies = new ArrayDeque<>();
    private DynamoHeads heads;
    private Ports ports;
    private Harness remembering;
    private boolean forgets;
    private Head session;
    /** Of the owner, while the model thinks. */
    private int beats;

    @BeforeEach
    void open() {
        Emulator emulator = Emulator.moto();
        MemoryBlobs blobs = new MemoryBlobs();
        Table table = new Table(
                emulator.clients().seenBy(meter).dynamo(), emulator.freshTable().name());
        heads = new DynamoHeads(table, blobs, Emulator.RANDOM);
        DynamoSessionLog log = new DynamoSessionLog(table, blobs);
        ObjectNode agent = Json.object().put("name", "helper").put("system", "Be brief.");
        agent.putObject("model").put("id", "test-model");
        agent.putArray("tools").addObject().put("type", "agent_toolset_20260401");
        Head head = Given.head();
        log.append(head.thread(), new Entry(1, 0, IDS.next(), NOW, List.of(new Fact.SessionBegan(agent))));
        heads.create(head);
        session = head;
        StillPace pace = new StillPace();
        Model model = (prompt, watcher, cancellation) -> {
            for (int i = 0; i < beats; i++) pace.beat.run();
            Reply reply = replies.remove();
            if (reply instanceof Reply.Complete(List<ObjectNode> content, var reason, var details, var usage))
                for (int i = 0; i < content.size(); i++)
                    watcher.opened(i, content.get(i).path("type").asText());
            return reply;
        };
        ports = new Ports(
                heads,
                log,
                model,
                new Hands(new OneHand(), pace),
                new DynamoFeed(table, () -> NOW),
                new NoWakes(),
                new Spill(blobs),
                new Catalog(Json.parse("{\"models\":[]}")),
                Retries.DEFAULT,
                pace,
                IDS,
                Emulator.RANDOM);
        remembering = new Harness(ports);
    }

    @Test
    void a_plain_turn_is_five_writes_and_costs_the_same_however_long_the_history_is() {
        turn(reply("end_turn", textBlock(610)));
        for (int turn = 2; turn <= 12; turn++) {
            Use use = turn(reply("end_turn", textBlock(610)));
            // Two entries, and three swaps of the head; into the index at the first of them, and out of it at the last.
            assertThat(writes()).isEqualTo(5);
            // The head once, for the post, what is new in the log, and whether somebody watches.
            assertThat(use).isEqualTo(new Use(8, 7, 3));
        }
    }

    @Test
    void a_tool_turn_is_seven_writes() {
        turn(toolCall(1), reply("end_turn", textBlock(610)));
        for (int turn = 2; turn <= 5; turn++) {
            Use use = turn(toolCall(turn), reply("end_turn", textBlock(610)));
            // Four entries, for a call is in the log before it runs, and three swaps of the head.
            assertThat(writes()).isEqualTo(7);
            // The head once more, for messages that came while the tool ran; and there are two texts to watch.
            assertThat(use).isEqualTo(new Use(12, 10, 5));
        }
    }

    @Test
    void a_harness_that_remembers_nothing_writes_the_same_and_reads_the_log_in_one_request() {
        forgets = true;
        for (int turn = 1; turn <= 5; turn++) {
            Use use = turn(toolCall(turn), reply("end_turn", textBlock(610)));
            assertThat(use.requests()).isEqualTo(12);
            assertThat(use.writeUnits()).isEqualTo(10);
        }
    }

    @Test
    void a_heartbeat_is_one_write_of_one_unit() {
        Use without = turn(reply("end_turn", textBlock(610)));
        beats = 10;
        Use with = turn(reply("end_turn", textBlock(610)));
        assertThat(with).isEqualTo(new Use(without.requests() + 10, without.writeUnits() + 10, without.readUnits()));
    }

    private long writes() {
        return meter.byOperation().get("PutItem").requests()
                + meter.byOperation().get("UpdateItem").requests();
    }

    /** One message, as the API posts it, and the wake that follows. */
    private Use turn(Reply... answers) {
        meter.reset();
        replies.addAll(List.of(answers));
        Head head = heads.read(session.thread()).orElseThrow();
        Input input = new Input.UserMessage(IDS.event(), ToolResult.text(Given.noise(220)));
        Head next = ((Head.Posting.Accepted) head.post(List.of(input), NOW)).next();
        assertThat(heads.swap(head, next)).isEqualTo(new Swapped.Done());
        Harness harness = forgets ? new Harness(ports) : remembering;
        assertThat(harness.wake(next, "owner", Instant.MAX)).isEqualTo(Woken.SETTLED);
        assertThat(replies).isEmpty();
        return meter.total();
    }

    private static Reply reply(String stopReason, ObjectNode... blocks) {
        return new Reply.Complete(List.of(blocks), stopReason, null, new Usage(10, 5, 0, 0, 0, 0, 0));
    }

    private static Reply toolCall(int turn) {
        ObjectNode call =
                Json.object().put("type", "tool_use").put("id", "toolu_" + turn).put("name", "bash");
        call.putObject("input").put("command", Given.noise(200));
        return reply("tool_use", textBlock(340), call);
    }

    private static ObjectNode textBlock(int length) {
        return Json.object().put("type", "text").put("text", Given.noise(length));
    }

    // ---- a machine on which no time passes

    private static final class StillPace implements Pace {
        private Runnable beat;

        @Override
        public Instant now() {
            return NOW;
        }

        @Override
        public void pause(Duration duration, Cancellation cancellation) {}

        @Override
        public Beat every(Duration period, Runnable action) {
            beat = action;
            return new Beat() {
                @Override
                public void now() {}

                @Override
                public void close() {}
            };
        }

        @Override
        public <T> List<T> all(List<Callable<T>> tasks) {
            return tasks.stream().map(StillPace::call).toList();
        }

        @Override
        public <T> Supplier<T> begin(Supplier<T> task) {
            T result = task.get();
            return () -> result;
        }

        private static <T> T call(Callable<T> task) {
            try {
                return task.call();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private record OneHand() implements HandProvider {
        private static final Hand HAND =
                (call, cancellation) -> new HandResult.Output(ToolResult.text(Given.noise(2000)), false);

        @Override
        public Provided provide(HandId id, Tenure tenure, Cancellation cancellation) {
            return new Provided.Ready(HAND, false);
        }

        @Override
        public Optional<Hand> find(HandId id) {
            return Optional.of(HAND);
        }

        @Override
        public void discard(HandId id) {}
    }

    private record NoWakes() implements Wakes {
        @Override
        public void send(Head stored) {}

        @Override
        public void sendAt(ThreadId thread, Instant when) {}
    }
}
