package io.dormouse.api;

import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.head.Snapshot;
import io.dormouse.id.ThreadId;
import io.dormouse.session.Entry;
import io.dormouse.session.SessionLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The ends of the logs that somebody follows in this process. What is new is read once, by whoever hears of it first, for
 * all who follow: a thousand followers of a log cost as many reads as one. Who is far behind reads for himself.
 */
final class Tails {
    private static final int READ = 100;
    /** Entries that wait for followers who are slower than others. */
    private static final int KEPT = 16;
    /** A log that grew by more between two looks is not kept. */
    private static final int MOST = 10 * READ;

    private final Heads heads;
    private final SessionLog log;
    private final ConcurrentHashMap<ThreadId, Tail> tails = new ConcurrentHashMap<>();

    Tails(Heads heads, SessionLog log) {
        this.heads = heads;
        this.log = log;
    }

    /** What may come after a log's last entry. */
    enum End {
        OPEN,
        /** Nothing, until a client says something: the session is idle, and no question of it is open. */
        RESTING,
        /** Nothing: the log is complete. */
        COMPLETE,
        /** Nothing: the session was deleted. */
        GONE
    }

    /**
     * What is behind a position.
     *
     * @param more there is more behind these entries, for {@link Follower#first} to read
     * @param end known only where there are no entries
     */
    record Seen(List<Entry> entries, boolean more, End end) {}

    /** To be closed when it follows no more. */
    Follower follow(ThreadId thread) {
        Tail tail = tails.compute(thread, (t, known) -> {
            Tail its = known == null ? new Tail(thread) : known;
            its.followers++;
            return its;
        });
        return new Follower(tail);
    }

    /** For one thread. */
    final class Follower implements AutoCloseable {
        private final Tail tail;
        /** The last look at the log that this one has the outcome of. */
        private long seen;

        private Follower(Tail tail) {
            this.tail = tail;
        }

        /** Reads for itself: at the beginning, and as long as there is more. */
        Seen first(long position) {
            long from = Math.max(0, position);
            List<Entry> page = log.read(tail.thread, from, READ);
            boolean more = page.size() == READ;
            long end = page.isEmpty() ? from : page.getLast().position();
            if (!more) seen = tail.joined(end);
            return new Seen(page, more, page.isEmpty() ? judged(tail.thread, end) : End.OPEN);
        }

        /** What is behind the position, by a look that began after this was announced. */
        Seen since(long announced, long position) {
            return tail.seen(this, announced, position, true);
        }

        /** The same, but whether more can come is not looked at: that costs as much, and this is done often. */
        Seen glance(long number, long position) {
            return tail.seen(this, number, position, false);
        }

        /** What is behind the position, by a look after this one's last. */
        Seen later(long position) {
            return tail.seen(this, 0, position, true);
        }

        @Override
        public void close() {
            tails.computeIfPresent(tail.thread, (thread, its) -> --its.followers == 0 ? null : its);
        }
    }

    private End judged(ThreadId thread, long position) {
        Optional<Head> head = heads.read(thread);
        if (head.isEmpty() || head.get().deleted()) return End.GONE;
        Snapshot known = head.get().snapshot();
        if (position < known.position()) return End.OPEN;
        return switch (known.phase()) {
            case ENDED -> End.COMPLETE;
            case RESTING, PAUSED -> head.get().owes() ? End.OPEN : End.RESTING;
            case RUNNING, RETRYING, AWAITING -> End.OPEN;
        };
    }

    private final class Tail {
        private final ThreadId thread;
        /** Held while somebody looks: the others wait for what that comes to. */
        private final ReentrantLock looking = new ReentrantLock();
        /** The last entries up to {@link #position}, without gaps. */
        private List<Entry> recent = List.of();
        /** How far the log was read; -1 before the first follower has come to its end. */
        private long position = -1;

        private long looks;
        /** The highest number that was announced before the last look began. */
        private long announced;

        private End end = End.OPEN;
        private volatile int followers;

        Tail(ThreadId thread) {
            this.thread = thread;
        }

        /** A follower has read up to here by itself. Returns the last look. */
        long joined(long read) {
            looking.lock();
            try {
                if (position < 0) position = read;
                return looks;
            } finally {
                looking.unlock();
            }
        }

        /** @param number 0 when nothing was announced, and any look will do that the follower does not know */
        Seen seen(Follower follower, long number, long after, boolean judges) {
            looking.lock();
            try {
                boolean known = number > 0 ? number <= announced : looks > follower.seen;
                if (!known) look(number, judges);
                follower.seen = looks;
                if (after >= (recent.isEmpty() ? position : recent.getFirst().position() - 1)) {
                    List<Entry> news = recent.stream()
                            .filter(entry -> entry.position() > after)
                            .toList();
                    // Nobody else will ask for them.
                    if (followers == 1) recent = List.of();
                    return new Seen(news, false, end);
                }
            } finally {
                looking.unlock();
            }
            return follower.first(after);
        }

        private void look(long number, boolean judges) {
            List<Entry> known = new ArrayList<>(recent.subList(Math.max(0, recent.size() - KEPT), recent.size()));
            long read = position;
            boolean news = false;
            List<Entry> page;
            do {
                page = log.read(thread, read, READ);
                if (page.isEmpty()) break;
                news = true;
                read = page.getLast().position();
                if (known.size() > MOST) known.clear();
                known.addAll(page);
            } while (page.size() == READ);
            if (news) end = End.OPEN;
            else if (judges) end = judged(thread, read);
            recent = List.copyOf(known);
            position = read;
            announced = Math.max(announced, number);
            looks++;
        }
    }
}
