package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.hands.Hand;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider;
import io.dormouse.hands.Hands;
import io.dormouse.hands.Tenure;
import io.dormouse.harness.Harness;
import io.dormouse.harness.Ports;
import io.dormouse.harness.Retries;
import io.dormouse.harness.Wakes;
import io.dormouse.head.Head;
import io.dormouse.head.Head.Posting;
import io.dormouse.head.Heads;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Catalog;
import io.dormouse.prompt.Compaction;
import io.dormouse.prompt.Model;
import io.dormouse.resource.Spill;
import io.dormouse.session.Conversation;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.SessionLog;
import io.dormouse.session.Tokens;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import io.dormouse.testkit.memory.MemoryBlobs;
import io.dormouse.testkit.memory.MemoryHeads;
import io.dormouse.testkit.memory.MemorySessionLog;
import io.dormouse.threads.ThreadPace;
import io.dormouse.wire.Feed;
import io.dormouse.wire.WireEvents;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;

/** A session of many turns, played by the real harness on stores in memory: so its log is one that could be. */
final class LongSession {
    /** A turn's message, and its reply. */
    private static final int TEXT_BYTES = 1_200;

    final Catalog catalog;
    private final ThreadPace pace;
    private final Ids ids;
    private final MemoryHeads heads = new MemoryHeads();
    private final MemorySessionLog log = new MemorySessionLog();
    private final ThreadId thread;
    private final Harness harness;
    private final Random random = new Random(7);
    private final WireEvents view;
    private Conversation conversation = Conversation.EMPTY;
    private long events;

    LongSession(ThreadPace pace, int window) {
        this.pace = pace;
        ids = new Ids(pace::now, random);
        catalog = Catalog.bundled().narrowed(window);
        SessionId session = ids.session();
        thread = session.primaryThread();
        view = new WireEvents(thread, "helper", content -> content);
        ObjectNode agent = Json.object().put("name", "helper").put("system", "Be brief.");
        agent.putObject("model").put("id", "claude-sonnet-4-5");
        agent.putArray("tools").addObject().put("type", "agent_toolset_20260401");
        log.append(thread, new Entry(1, 0, ids.next(), pace.now(), List.of(new Fact.SessionBegan(agent))));
        heads.create(Head.fresh(WorkspaceId.DEFAULT, session, pace.now()));
        harness = new Harness(ports(pace, ids, random, heads, log, this::reply, catalog));
        count();
    }

    static Ports ports(
            ThreadPace pace, Ids ids, Random random, Heads heads, SessionLog log, Model model, Catalog catalog) {
        return new Ports(
                heads,
                log,
                model,
                new Hands(new NoHands(), pace),
                Feed.NONE,
                new NoWakes(),
                new Spill(new MemoryBlobs()),
                catalog,
                Retries.DEFAULT,
                pace,
                ids,
                random);
    }

    private Model.Reply reply(
            io.dormouse.prompt.Prompt prompt, Model.Watcher watcher, io.dormouse.pace.Cancellation c) {
        String text = Compaction.asks(prompt) ? "<summary>" + words(TEXT_BYTES) + "</summary>" : words(TEXT_BYTES);
        ObjectNode block = Json.object().put("type", "text").put("text", text);
        return new Model.Reply.Complete(
                List.of(block), "end_turn", null, new Usage(Tokens.of(prompt.body()), Tokens.of(text), 0, 0, 0, 0, 0));
    }

    /** Text that a packer makes as little of as of English. */
    private String words(int bytes) {
        StringBuilder words = new StringBuilder();
        while (words.length() < bytes) {
            for (int i = 2 + random.nextInt(7); i > 0; i--) words.append((char) ('a' + random.nextInt(26)));
            words.append(' ');
        }
        return words.toString();
    }

    private void turn() {
        post(heads, thread, new Input.UserMessage(ids.event(), ToolResult.text(words(TEXT_BYTES))), pace.now());
        harness.wake(thread, "builder", Instant.MAX);
        count();
    }

    /** As the API posts. */
    static void post(Heads heads, ThreadId thread, Input input, Instant now) {
        Head head = heads.read(thread).orElseThrow();
        Posting.Accepted accepted = (Posting.Accepted) head.post(List.of(input), now);
        if (!(heads.swap(head, accepted.next()) instanceof Heads.Swapped.Done))
            throw new IllegalStateException("somebody else is here");
    }

    private void count() {
        for (Entry entry : log.read(thread, conversation.position(), 1_000)) {
            conversation = conversation.after(entry);
            events += view.of(entry).size();
        }
    }

    /** Plays on until there are so many events; with a compaction in the last turn, if there is one at all. */
    LongSession untilEvents(long wanted) {
        // A turn tells nine; the tenth event of the shortest session is a new title.
        while (events + 1 < wanted) turn();
        if (events < wanted) {
            post(heads, thread, new Input.Updated(ids.event(), Json.object().put("title", "t")), pace.now());
            harness.wake(thread, "builder", Instant.MAX);
            count();
        }
        long base = conversation.context().base();
        if (base > 0) while (conversation.context().base() == base) turn();
        return this;
    }

    /** Plays on until the next turn would be summarised before it. */
    LongSession untilFull() {
        long limit = catalog.contextLimit("claude-sonnet-4-5");
        long turnTokens = Tokens.of(words(2 * TEXT_BYTES)) + 100;
        long base = -1;
        // Through one compaction, so that the worst case has a summary, too.
        while (base <= 0 || conversation.context().tokens() + turnTokens < limit) {
            turn();
            base = conversation.context().base();
        }
        return this;
    }

    long events() {
        return events;
    }

    long base() {
        return conversation.context().base();
    }

    long position() {
        return conversation.position();
    }

    /** The same session once more, in other stores, under a name of its own. */
    ThreadId copy(Heads toHeads, SessionLog toLog) {
        SessionId session = ids.session();
        ThreadId copy = session.primaryThread();
        List<Callable<Object>> appends = new ArrayList<>();
        for (Entry entry : log.read(thread, 0, Integer.MAX_VALUE)) appends.add(() -> toLog.append(copy, entry));
        // Side by side, so that one commit takes many.
        for (int from = 0; from < appends.size(); from += 256)
            pace.all(appends.subList(from, Math.min(from + 256, appends.size())));
        Head head = heads.read(thread).orElseThrow();
        toHeads.create(new Head(
                head.workspace(),
                session,
                copy,
                head.version(),
                head.nextSeq(),
                head.mail(),
                head.lease(),
                head.snapshot(),
                head.archivedAt(),
                head.deleted(),
                head.createdAt(),
                head.updatedAt()));
        return copy;
    }

    private static final class NoHands implements HandProvider {
        @Override
        public Provided provide(HandId id, Tenure tenure, Cancellation cancellation) {
            throw new UnsupportedOperationException("nothing is called here");
        }

        @Override
        public Optional<Hand> find(HandId id) {
            return Optional.empty();
        }

        @Override
        public void discard(HandId id) {}
    }

    private static final class NoWakes implements Wakes {
        @Override
        public void send(Head stored) {}

        @Override
        public void sendAt(ThreadId thread, Instant when) {}
    }
}
