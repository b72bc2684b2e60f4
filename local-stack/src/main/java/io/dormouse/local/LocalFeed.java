package io.dormouse.local;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.ThreadId;
import io.dormouse.wire.Feed;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The feed within one JVM. Every watch has a queue of its own, so a slow reader delays nobody, and loses deltas rather than
 * memory. A delta goes to all watches as the same node: nobody may change it.
 */
public final class LocalFeed implements Feed {
    /** Deltas that wait for one reader. */
    static final int MAX_DELTAS = 1024;

    /** Only threads that somebody watches are in it. */
    private final ConcurrentHashMap<ThreadId, List<Queue>> watches = new ConcurrentHashMap<>();

    private final AtomicLong appends = new AtomicLong();

    @Override
    public void appended(ThreadId thread) {
        List<Queue> queues = watches.get(thread);
        if (queues == null) return;
        long number = appends.incrementAndGet();
        for (Queue queue : queues) queue.appended(number);
    }

    @Override
    public boolean watched(ThreadId thread) {
        return watches.getOrDefault(thread, List.of()).stream().anyMatch(queue -> queue.deltas);
    }

    @Override
    public void delta(ThreadId thread, ObjectNode event) {
        for (Queue queue : watches.getOrDefault(thread, List.of())) if (queue.deltas) queue.delta(event);
    }

    @Override
    public Watch watch(ThreadId thread, boolean deltas) {
        Queue queue = new Queue(thread, deltas);
        watches.merge(thread, List.of(queue), LocalFeed::both);
        return queue;
    }

    private static List<Queue> both(List<Queue> some, List<Queue> more) {
        List<Queue> all = new ArrayList<>(some);
        all.addAll(more);
        return List.copyOf(all);
    }

    private void forget(Queue queue) {
        watches.computeIfPresent(queue.thread, (thread, queues) -> {
            List<Queue> left = queues.stream().filter(other -> other != queue).toList();
            return left.isEmpty() ? null : left;
        });
    }

    /**
     * News of one watch, in order, with every unread {@code Appended} folded into one. Deltas between two of them are
     * dropped: who reads the log at the first has read past them.
     */
    private final class Queue implements Watch {
        private final ThreadId thread;
        private final boolean deltas;
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        /** Deltas since the last {@code Appended} that was read. */
        private ArrayDeque<ObjectNode> before = new ArrayDeque<>();
        /** Deltas since the last {@code Appended}, while that is unread. */
        private ArrayDeque<ObjectNode> after = new ArrayDeque<>();

        /** Of the last {@code Appended}; 0 when it is read. */
        private long appended;

        /** A delta was lost. The rest until the log has grown would be a text with a hole, so it is lost as well. */
        private boolean torn;

        private boolean closed;

        Queue(ThreadId thread, boolean deltas) {
            this.thread = thread;
            this.deltas = deltas;
        }

        void appended(long number) {
            lock.lock();
            try {
                if (closed) return;
                appended = Math.max(appended, number);
                torn = false;
                after.clear();
                changed.signal();
            } finally {
                lock.unlock();
            }
        }

        void delta(ObjectNode event) {
            lock.lock();
            try {
                if (closed) return;
                torn |= before.size() + after.size() >= MAX_DELTAS;
                if (torn) return;
                (appended > 0 ? after : before).add(event);
                changed.signal();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public News next(Duration timeout) throws InterruptedException {
            lock.lockInterruptibly();
            try {
                long left = timeout.toNanos();
                while (!closed && before.isEmpty() && appended == 0 && left > 0) left = changed.awaitNanos(left);
                ObjectNode delta = before.poll();
                if (delta != null) return new News.Delta(delta);
                if (appended == 0) return new News.Nothing();
                long number = appended;
                appended = 0;
                ArrayDeque<ObjectNode> empty = before;
                before = after;
                after = empty;
                return new News.Appended(number);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {
            forget(this);
            lock.lock();
            try {
                closed = true;
                appended = 0;
                before.clear();
                after.clear();
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }
}
