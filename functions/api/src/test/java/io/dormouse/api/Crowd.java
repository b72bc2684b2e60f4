package io.dormouse.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.EventStream;
import io.dormouse.edge.Query;
import io.dormouse.edge.RouteTable;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.ThreadId;
import io.dormouse.session.Entry;
import io.dormouse.session.SessionLog;
import io.dormouse.wire.Feed;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Many clients at the event streams of one session at a time, and what they cost the stores. */
final class Crowd implements Feed {
    final AtomicInteger logReads = new AtomicInteger();
    final AtomicInteger headReads = new AtomicInteger();
    /** Streams that wait for news at this moment. */
    final AtomicInteger waiting = new AtomicInteger();

    private final Caller caller;
    private final RouteTable routes;
    private final List<Watcher> watchers = new CopyOnWriteArrayList<>();
    private final AtomicLong appends = new AtomicLong();
    /** The client of this thread goes away when its stream waits for news next. */
    private final ThreadLocal<Boolean> leaving = ThreadLocal.withInitial(() -> false);

    Crowd(Caller caller) {
        this.caller = caller;
        caller.feed = this;
        routes = caller.routes(new CountedHeads(), new CountedLog(), caller.resources);
    }

    /** Runs a stream on this thread until its client is gone. @param lastId null for what comes next */
    void stream(String session, String lastId, EventStream client) throws Exception {
        String path = "/v1/sessions/" + session + "/events/stream";
        RouteTable.Match.Found found = (RouteTable.Match.Found) routes.find("GET", path);
        Call call = new Call(
                "req_1",
                caller.workspace,
                found.parameters(),
                Query.parse(null),
                name -> name.equals("last-event-id") ? lastId : null,
                io.dormouse.json.Json.object(),
                caller.ids,
                null);
        ((Answer.Stream) found.route().begin().apply(found.parameters()).answer(call))
                .feed()
                .feed(client);
    }

    void leaveWhenWaiting(boolean leave) {
        leaving.set(leave);
    }

    /** A heartbeat is due for everybody. */
    void silence() {
        for (Watcher watcher : watchers) watcher.news.add(new News.Nothing());
    }

    @Override
    public void appended(ThreadId thread) {
        News news = new News.Appended(appends.incrementAndGet());
        for (Watcher watcher : watchers) watcher.news.add(news);
    }

    @Override
    public boolean watched(ThreadId thread) {
        return !watchers.isEmpty();
    }

    @Override
    public void delta(ThreadId thread, ObjectNode event) {
        throw new AssertionError("nobody streams");
    }

    @Override
    public Watch watch(ThreadId thread, boolean deltas) {
        Watcher watcher = new Watcher();
        watchers.add(watcher);
        return watcher;
    }

    /** Without time: a heartbeat comes when the test says so. */
    private final class Watcher implements Watch {
        final BlockingQueue<News> news = new LinkedBlockingQueue<>();

        @Override
        public News next(Duration timeout) throws InterruptedException {
            if (leaving.get()) throw new InterruptedException("the client is gone");
            News there = news.poll();
            if (there != null) return there;
            waiting.incrementAndGet();
            try {
                return news.take();
            } finally {
                waiting.decrementAndGet();
            }
        }

        @Override
        public void close() {
            watchers.remove(this);
        }
    }

    private final class CountedLog implements SessionLog {
        @Override
        public Appended append(ThreadId thread, Entry entry) {
            return caller.log.append(thread, entry);
        }

        @Override
        public List<Entry> read(ThreadId thread, long after, int limit) {
            logReads.incrementAndGet();
            return caller.log.read(thread, after, limit);
        }

        @Override
        public void drop(ThreadId thread) {
            caller.log.drop(thread);
        }
    }

    private final class CountedHeads implements Heads {
        @Override
        public Optional<Head> read(ThreadId thread) {
            headReads.incrementAndGet();
            return caller.heads.read(thread);
        }

        @Override
        public boolean create(Head head) {
            return caller.heads.create(head);
        }

        @Override
        public Swapped swap(Head before, Head after) {
            return caller.heads.swap(before, after);
        }

        @Override
        public List<ThreadId> owing(Instant by, int limit) {
            return caller.heads.owing(by, limit);
        }
    }
}
