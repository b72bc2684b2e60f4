package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider;
import io.dormouse.hands.Hands;
import io.dormouse.hands.Tenure;
import io.dormouse.harness.Harness;
import io.dormouse.harness.Ports;
import io.dormouse.harness.Retries;
import io.dormouse.harness.Wakes;
import io.dormouse.head.Head;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Catalog;
import io.dormouse.prompt.Model;
import io.dormouse.prompt.Prompt;
import io.dormouse.resource.Spill;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import io.dormouse.testkit.memory.MemoryBlobs;
import io.dormouse.testkit.memory.MemoryHeads;
import io.dormouse.testkit.memory.MemorySessionLog;
import io.dormouse.threads.ThreadPace;
import io.dormouse.wire.Feed;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** One session by the real harness, on stores in memory, followed by somebody, with a model that takes its time. */
final class HandsSession {
    /** When its sandbox is made. */
    enum Mode {
        /** It has none, and uses none. */
        NONE(false),
        /** When a call is to run. */
        LAZY(false),
        /** Before the model is asked for the first time. */
        UP_FRONT(false),
        /** When a reply opens a call, as the product does. */
        EAGER(true),
        /** The same, from a pool. */
        POOL(true);

        private final boolean hearsOfCalls;

        Mode(boolean hearsOfCalls) {
            this.hearsOfCalls = hearsOfCalls;
        }
    }

    /** Of a reply, in seconds. @param first until its first token @param words from there to the call @param input of the call */
    record Delays(double first, double words, double input) {
        static final Delays AT_ONCE = new Delays(0, 0, 0);
    }

    /**
     * Of one turn, in milliseconds.
     *
     * @param firstToken from the post to the first words at a watcher
     * @param added of that, what the model did not take
     * @param firstTool from the post to the call's arrival in the sandbox; NaN without one
     * @param waited of that, what came after the reply's end
     */
    record Turn(double firstToken, double added, double firstTool, double waited) {}

    private final Mode mode;
    private final HandProvider provider;
    private final ThreadPace pace;
    private final Ids ids;
    private final SessionId session;
    private final ThreadId thread;
    private final MemoryHeads heads = new MemoryHeads();
    private final Harness harness;
    private final List<Delays> replies = new ArrayList<>();
    private boolean calls;
    private long entered;
    private long emitted;
    private long ended;
    private long seen;
    private volatile long ran;

    HandsSession(Mode mode, HandProvider provider, ThreadPace pace, Random random) {
        this.mode = mode;
        this.provider = provider;
        this.pace = pace;
        ids = new Ids(pace::now, random);
        session = ids.session();
        thread = session.primaryThread();
        ObjectNode agent = Json.object().put("name", "helper").put("system", "Be brief.");
        agent.putObject("model").put("id", "claude-sonnet-4-5");
        ObjectNode tools = agent.putArray("tools").addObject().put("type", "agent_toolset_20260401");
        tools.putObject("default_config").putObject("permission_policy").put("type", "always_allow");
        MemorySessionLog log = new MemorySessionLog();
        log.append(thread, new Entry(1, 0, ids.next(), pace.now(), List.of(new Fact.SessionBegan(agent))));
        heads.create(Head.fresh(WorkspaceId.DEFAULT, session, pace.now()));
        harness = new Harness(new Ports(
                heads,
                log,
                this::reply,
                new Hands(provider, pace),
                new Watched(),
                new NoWakes(),
                new Spill(new MemoryBlobs()),
                Catalog.bundled(),
                Retries.DEFAULT,
                pace,
                ids,
                random));
    }

    HandId hand() {
        return HandId.of(thread);
    }

    /** The sandbox heard of a call. */
    void ran() {
        if (ran == 0) ran = System.nanoTime();
    }

    /** @param tool whether the first reply calls one; then there is a second */
    Turn turn(boolean tool, Delays first, Delays second) {
        calls = tool;
        ran = 0;
        seen = 0;
        emitted = 0;
        ended = 0;
        replies.clear();
        replies.add(first);
        if (tool) replies.add(second);
        long posted = System.nanoTime();
        LongSession.post(heads, thread, new Input.UserMessage(ids.event(), ToolResult.text("Please.")), pace.now());
        Harness.Woken woken = harness.wake(thread, "bench", Instant.MAX);
        if (woken != Harness.Woken.SETTLED || seen == 0 || tool != ran > 0)
            throw new IllegalStateException("not a turn as it was meant to be: " + woken);
        return new Turn(
                Figures.millis(seen - posted),
                Figures.millis(entered - posted + seen - emitted),
                tool ? Figures.millis(ran - posted) : Double.NaN,
                tool ? Figures.millis(ran - ended) : Double.NaN);
    }

    private Model.Reply reply(Prompt prompt, Model.Watcher watcher, Cancellation cancellation) {
        boolean first = emitted == 0;
        if (mode == Mode.UP_FRONT) provider.provide(hand(), new Tenure(session, 1), new Cancellation());
        if (first) entered = System.nanoTime();
        Delays delays = replies.removeFirst();
        SlowHands.sleep(delays.first());
        if (first) emitted = System.nanoTime();
        watcher.opened(0, "text");
        watcher.text(0, "Well");
        SlowHands.sleep(delays.words());
        List<ObjectNode> content =
                new ArrayList<>(List.of(Json.object().put("type", "text").put("text", "Well, let me see.")));
        if (first && calls) {
            watcher.opened(1, "tool_use");
            if (mode.hearsOfCalls) watcher.calls("bash");
            SlowHands.sleep(delays.input());
            ObjectNode call =
                    Json.object().put("type", "tool_use").put("id", "toolu_1").put("name", "bash");
            call.putObject("input").put("command", "ls");
            content.add(call);
        }
        if (first) ended = System.nanoTime();
        return new Model.Reply.Complete(
                content, content.size() > 1 ? "tool_use" : "end_turn", null, new Usage(100, 20, 0, 0, 0, 0, 0));
    }

    private final class Watched implements Feed.Untold {
        @Override
        public boolean watched(ThreadId id) {
            return true;
        }

        @Override
        public void delta(ThreadId id, ObjectNode event) {
            if (seen == 0 && event.path("type").asText().equals("event_delta")) seen = System.nanoTime();
        }

        @Override
        public Watch watch(ThreadId id, boolean deltas) {
            throw new UnsupportedOperationException("whoever follows this one is told at once");
        }
    }

    private static final class NoWakes implements Wakes {
        @Override
        public void send(Head stored) {}

        @Override
        public void sendAt(ThreadId id, Instant when) {}
    }
}
