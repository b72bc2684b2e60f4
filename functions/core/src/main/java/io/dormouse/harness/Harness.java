package io.dormouse.harness;

import io.dormouse.head.Head;
import io.dormouse.head.Heads.Swapped;
import io.dormouse.id.ThreadId;
import io.dormouse.prompt.Fold;
import io.dormouse.session.Fact;
import io.dormouse.session.Step;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The brain without a memory of its own: it claims a thread, does what its log says is next, and lets go. Thread-safe. */
public final class Harness {
    /** A step is not begun when less than this is left before the deadline. */
    static final Duration MARGIN = Duration.ofSeconds(60);
    /** A step that still runs when so little is left is cut off: enough to hand over, whatever the store does. */
    static final Duration LAST = Duration.ofSeconds(25);

    private final Ports ports;
    private final Memory memory = new Memory();
    private final Map<ThreadId, Shift> running = new ConcurrentHashMap<>();
    private volatile boolean stopping;

    public Harness(Ports ports) {
        this.ports = ports;
    }

    public enum Woken {
        /** There is no such thread, or it owes nothing. */
        NOTHING_OWED,
        /** A living owner works on it. */
        BUSY,
        /** The thread has come to rest, or waits for its client. */
        SETTLED,
        /** It goes on later: another wake is on its way. */
        HANDED_OVER,
        /** It waits for its time, which is too far off to wait here: this wake changes nothing. */
        PARKED,
        /** Another owner has taken over. */
        LOST
    }

    /**
     * Works on the thread until it rests.
     *
     * @param owner who claims it; the same owner takes over from itself at once, so it must be the same for a retry of one
     *     invocation and different for anything else
     * @param deadline when this invocation must be over
     */
    public Woken wake(ThreadId thread, String owner, Instant deadline) {
        Optional<Head> head = ports.heads().read(thread);
        return head.isEmpty() ? Woken.NOTHING_OWED : from(head.get(), owner, deadline);
    }

    /**
     * The same, from a head that was stored lately: it is not read again if there is something to claim in it. When it is out
     * of date, the claim says so and tells what is stored, and the log was read in vain: a wake that mostly comes second, for
     * certainty, had better bring none.
     */
    public Woken wake(Head seen, String owner, Instant deadline) {
        boolean claimable = seen.claim(owner, ports.pace().now()) instanceof Head.Claim.Granted;
        return claimable && !parked(seen) ? from(seen, owner, deadline) : wake(seen.thread(), owner, deadline);
    }

    /**
     * Whether an owner of this head could only let go of it again, until a time that is too far off. For that time a wake is
     * on its way, and should it get lost or come early by this clock, the sweep has it from then on.
     */
    private boolean parked(Head head) {
        Instant until = head.parkedUntil().orElse(Instant.MIN);
        return ports.retries().tooLong(ports.pace().now(), until);
    }

    private Woken from(Head found, String owner, Instant deadline) {
        Head head = found;
        Fold fold = memory.take(head.thread());
        News news = null;
        try {
            while (!head.deleted()) {
                if (parked(head)) return Woken.PARKED;
                switch (head.claim(owner, ports.pace().now())) {
                    case Head.Claim.NothingOwed n -> {
                        return Woken.NOTHING_OWED;
                    }
                    case Head.Claim.Busy b -> {
                        return Woken.BUSY;
                    }
                    case Head.Claim.Granted granted -> {
                        // The log is read while the claim is on its way. What lands in it later, the next append meets.
                        if (news == null) news = News.begin(ports, head, fold);
                        switch (ports.heads().swap(head, granted.next())) {
                            case Swapped.Done d -> {
                                Fold known = fold;
                                fold = null;
                                return work(granted.next(), known, news, deadline);
                            }
                            case Swapped.Changed changed -> head = changed.current();
                        }
                    }
                }
            }
            fold = null;
            return forget(head);
        } finally {
            if (fold != null) memory.put(head.thread(), fold);
        }
    }

    /** What is left of a deleted session goes: its hand with its files, then its log. Safe to repeat, and to interrupt. */
    private Woken forget(Head head) {
        if (!head.toForget(ports.pace().now())) return Woken.NOTHING_OWED;
        ports.hands().discard(head.thread());
        ports.log().drop(head.thread());
        ports.heads().swap(head, head.forgotten(ports.pace().now()));
        return Woken.SETTLED;
    }

    private Woken work(Head claimed, Fold fold, News news, Instant deadline) {
        Shift shift = new Shift(ports, claimed, deadline.minus(LAST));
        running.put(claimed.thread(), shift);
        try {
            shift.recall(fold, news);
            shift.startBeating();
            Woken woken = loop(shift, new Work(ports, shift), deadline);
            // Not after an exception: one in the midst of a fold leaves it half done, and wrong from then on.
            if (!shift.lost()) memory.put(claimed.thread(), shift.fold());
            return woken;
        } finally {
            shift.stopBeating();
            shift.reach().close();
            running.remove(claimed.thread(), shift);
            ports.servers().leave(shift.caller(null));
        }
    }

    /** Read, decide, perform, append: the whole of it. */
    private Woken loop(Shift shift, Work work, Instant deadline) {
        List<Fact> outcome = List.of();
        while (true) {
            boolean goesOn = !mustStop(shift, deadline);
            Step step = shift.tell(outcome, goesOn);
            if (shift.lost()) return Woken.LOST;
            if (!(step instanceof Step.Rest) && (!goesOn || mustStop(shift, deadline))) return shift.handOver();
            switch (step) {
                case Step.AskModel ask -> outcome = work.ask(ask.request());
                case Step.Compact compact -> outcome = work.compact(compact.request());
                case Step.ListTools list -> outcome = work.list(list.servers());
                case Step.UseHands use -> outcome = work.use(use.calls());
                case Step.Pause pause -> {
                    if (ports.retries().tooLong(ports.pace().now(), pause.until())) return shift.park(pause.until());
                    work.pause(pause.until());
                    outcome = List.of();
                }
                case Step.Tell tell -> throw new IllegalStateException("told already: " + tell);
                case Step.Rest rest -> {
                    if (!shift.withdraw() && shift.settle()) return shift.lost() ? Woken.LOST : Woken.SETTLED;
                    outcome = List.of();
                }
            }
            if (shift.lost()) return Woken.LOST;
        }
    }

    private boolean mustStop(Shift shift, Instant deadline) {
        return stopping || shift.wasCut() || ports.pace().now().isAfter(deadline.minus(MARGIN));
    }

    /** There may be news in the mailbox of a thread that this process works on. Returns whether it does. */
    public boolean poke(ThreadId thread) {
        Shift shift = running.get(thread);
        if (shift == null) return false;
        shift.poke();
        return true;
    }

    /** Ends all work soon, at points from which another harness goes on. Nothing is lost. */
    public void stop() {
        stopping = true;
        running.values().forEach(Shift::cut);
    }

    /** Threads that this process works on now. */
    public int inFlight() {
        return running.size();
    }
}
