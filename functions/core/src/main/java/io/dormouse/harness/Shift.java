package io.dormouse.harness;

import io.dormouse.agents.AgentSpec;
import io.dormouse.hands.Reach;
import io.dormouse.head.Head;
import io.dormouse.head.Heads.Swapped;
import io.dormouse.head.Snapshot;
import io.dormouse.id.EventId;
import io.dormouse.id.ThreadId;
import io.dormouse.outbound.CredentialUse;
import io.dormouse.outbound.Outbound;
import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import io.dormouse.prompt.Fold;
import io.dormouse.prompt.Transcript;
import io.dormouse.session.Conversation;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Lane;
import io.dormouse.session.Posted;
import io.dormouse.session.SessionLog.Appended;
import io.dormouse.session.Stamp;
import io.dormouse.session.Step;
import io.dormouse.session.Tariff;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One owner's time with one thread: its lease, its place in the log, its view of the mailbox. The loop's thread reads and
 * appends; the heartbeat's thread only swaps the head.
 */
final class Shift {
    private static final System.Logger LOG = System.getLogger("io.dormouse.harness");
    static final Duration BEAT = Duration.ofSeconds(2);
    /** So many uses of credentials go into one entry, and the others into the next. */
    private static final int MAX_USES = 100;

    private final Ports ports;
    private final ThreadId thread;
    private final long epoch;
    private final Instant end;
    private final Reach reach;

    private volatile Head head;
    private volatile Conversation conversation = Conversation.EMPTY;
    private volatile boolean lost;
    private volatile boolean cut;
    private volatile Cancellation work = new Cancellation();
    private Fold fold;
    private News news;
    private AgentSpec agent;
    private String nonce;
    private Pace.Beat beat;
    private Worked hands = Worked.NO;

    /** Whether the hand has worked since its outputs were looked at. */
    private enum Worked {
        NO,
        MAYBE,
        YES
    }

    /** @param end when what still runs is left to the next owner */
    Shift(Ports ports, Head claimed, Instant end) {
        this.ports = ports;
        this.end = end;
        this.head = claimed;
        this.thread = claimed.thread();
        this.epoch = claimed.lease().epoch();
        this.reach = ports.hands().reach(claimed.workspace(), claimed.session(), thread, epoch);
        this.nonce = ports.ids().next();
        this.fold = new Fold(ports.spill()::fill);
    }

    // ---- the log

    /** Reads what the fold (may be null) does not know yet. */
    void recall(Fold known, News first) {
        if (known != null) fold = known;
        news = first;
        fold.readOn(this::read, head.snapshot().base());
        // News are older than the claim, and may lack what the head knows of: mail that is in neither would be lost.
        if (behind()) fold.readOn(this::read, head.snapshot().base());
        conversation = fold.conversation();
        // Somebody before us may have used them, and died.
        if (!(conversation.phase() instanceof Conversation.Phase.Resting)) hands = Worked.MAYBE;
        // No log is shorter than its head says: this one was deleted since it was claimed.
        if (behind()) lost = true;
    }

    private boolean behind() {
        return fold.conversation().position() < head.snapshot().position();
    }

    private List<Entry> read(long after, int limit) {
        boolean known = news != null && news.after() == after && limit == Fold.PAGE;
        List<Entry> entries = known ? news.page().get() : ports.log().read(thread, after, limit);
        news = null;
        entries.forEach(this::look);
        return entries;
    }

    private void look(Entry entry) {
        // A higher epoch anywhere: somebody came after us.
        if (entry.epoch() > epoch) lost = true;
    }

    private void fold(Entry entry) {
        look(entry);
        Conversation before = conversation;
        fold.add(entry, this::read);
        conversation = fold.conversation();
        if (conversation.agent() != before.agent() || conversation.mcp() != before.mcp()) agent = null;
    }

    /**
     * Appends the outcome of the last step together with all that follows from it and from the mail, as one entry; returns
     * the next step that does something outside of the log. What credentials were used for in the meantime is told with it.
     *
     * @param goesOn false for who is about to hand over
     */
    Step tell(List<Fact> outcome, boolean goesOn) {
        List<Fact> facts = new ArrayList<>(outcome);
        List<CredentialUse> uses = ports.uses().untold(thread, MAX_USES);
        // A summary is the first fact of its entry, where a fold begins.
        int place = !facts.isEmpty() && facts.getFirst() instanceof Fact.Compacted ? 1 : 0;
        facts.addAll(place, uses.stream().map(Fact.CredentialUsed::new).toList());
        // What is set aside for a request is told in the last entry before it.
        boolean begins = goesOn && uses.size() < MAX_USES;
        while (!lost) {
            Instant now = now();
            Conversation ahead = conversation;
            for (Fact fact : facts) ahead = ahead.with(fact, now);
            Step step = Step.next(ahead, head.mail(), stamp(ahead, now, begins));
            while (step instanceof Step.Tell tell) {
                for (Fact fact : tell.facts()) {
                    facts.add(fact);
                    ahead = ahead.with(fact, now);
                }
                step = Step.next(ahead, head.mail(), stamp(ahead, now, begins));
            }
            if (facts.stream().anyMatch(Shift::rests)) collect();
            if (facts.isEmpty()) return step;
            if (append(new Entry(conversation.position() + 1, epoch, nonce, now, facts))) {
                ports.uses().told(thread, uses.size());
                return uses.size() < MAX_USES ? step : tell(List.of(), goesOn);
            }
            // An older owner's entry was there: it is adopted, and the rest decided anew; unless a newer
            // owner has the lease, and has not written yet, which only the head tells.
            facts.clear();
            uses = List.of();
            if (!lost) refresh();
        }
        return new Step.Rest();
    }

    /** After these facts clients are told that the session is idle. */
    private static boolean rests(Fact fact) {
        return fact instanceof Fact.TurnEnded
                || fact instanceof Fact.ClientAwaited
                || fact instanceof Fact.BudgetReached;
    }

    void handsUsed() {
        hands = Worked.YES;
    }

    /** Whatever goes wrong, the turn ends: what was not kept is kept after the next one. */
    private void collect() {
        if (hands == Worked.NO) return;
        try {
            reach.collect(hands == Worked.YES);
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "the outputs of " + thread + " were not kept", e);
        }
        hands = Worked.NO;
    }

    private Stamp stamp(Conversation ahead, Instant now, boolean begins) {
        String model = ahead.agent() == null ? "" : AgentSpec.modelId(ahead.agent());
        long limit = ports.catalog().contextLimit(model);
        boolean asks = ahead.phase() instanceof Conversation.Phase.Asking;
        Tariff tariff = asks && ahead.allowance().limited()
                ? ports.catalog().tariff(new AgentSpec(ahead.agent(), ahead.mcp()))
                : Tariff.FREE;
        return new Stamp(now, nonce, limit, tariff, begins);
    }

    private boolean append(Entry entry) {
        Appended appended = ports.log().append(thread, entry);
        return switch (appended) {
            case Appended.At at -> {
                fold(entry);
                ports.feed().appended(thread);
                if (entry.notesOfHand()) reach.noted();
                nonce = ports.ids().next();
                yield true;
            }
            case Appended.Taken taken -> {
                fold(taken.byWhom());
                yield false;
            }
        };
    }

    // ---- the head

    void startBeating() {
        beat = ports.pace().every(BEAT, this::beat);
        if (interrupted()) work.request();
    }

    void stopBeating() {
        if (beat != null) beat.close();
    }

    void poke() {
        Pace.Beat beating = beat;
        if (beating != null) beating.now();
    }

    private void beat() {
        swap(current -> Optional.of(current.beat(Snapshot.of(conversation), now())));
        // Whoever took over waits for the same command in the same hand: it is theirs to stop.
        if (lost) work.abandon();
        else if (interrupted()) work.request();
        else if (now().isAfter(end)) cut();
    }

    /** Swaps the head by a pure transition, over and over until it holds. False when the transition is refused. */
    private synchronized boolean swap(Function<Head, Optional<Head>> transition) {
        while (!lost) {
            Optional<Head> next = transition.apply(head);
            if (next.isEmpty()) return false;
            switch (ports.heads().swap(head, next.get())) {
                case Swapped.Done d -> {
                    head = next.get();
                    return true;
                }
                case Swapped.Changed changed -> {
                    if (changed.current().heldUnder(epoch)) head = changed.current();
                    else lost = true;
                }
            }
        }
        return true;
    }

    /** Looks for mail that came since the last swap. */
    synchronized void refresh() {
        Optional<Head> current = ports.heads().read(thread);
        if (current.isPresent() && current.get().heldUnder(epoch)) head = current.get();
        else lost = true;
    }

    private boolean interrupted() {
        for (Posted posted : head.mail())
            if (posted.input().lane() == Lane.URGENT && !conversation.taken().covers(posted)) return true;
        return false;
    }

    /** Ends what is open outside, while that can still be told. Whether it used anything that the log lacks. */
    boolean withdraw() {
        reach.detach();
        ports.servers().leave(caller(null));
        return !ports.uses().untold(thread, 1).isEmpty();
    }

    /** Lets go if there is nothing left to do. False when mail has come. */
    boolean settle() {
        return swap(current -> current.settle(Snapshot.of(conversation), now()));
    }

    /** Gives up the lease in the midst of the work. False when somebody else has it. */
    private boolean release() {
        if (withdraw()) tell(List.of(), false);
        swap(current -> Optional.of(current.release(Snapshot.of(conversation), now())));
        return !lost;
    }

    Harness.Woken handOver() {
        if (!release()) return Harness.Woken.LOST;
        ports.wakes().send(head);
        return Harness.Woken.HANDED_OVER;
    }

    Harness.Woken park(Instant until) {
        if (!release()) return Harness.Woken.LOST;
        // An interrupt that came in the meantime must not wait as long as the retry. A message must: woken at once, the
        // next owner would find nothing to do before then, and wake the one after it.
        if (head.actionable()) ports.wakes().send(head);
        else ports.wakes().sendAt(thread, until);
        return Harness.Woken.HANDED_OVER;
    }

    // ---- for the work

    /**
     * A fresh way to cut off the next piece of work; cut off at once if there is reason already. A lease that was not
     * renewed for so long that others may have it is renewed first: a frozen process wakes without knowing that it slept.
     */
    Cancellation beginWork() {
        renew();
        Cancellation fresh = new Cancellation();
        work = fresh;
        if (lost || cut) fresh.abandon();
        else if (interrupted()) fresh.request();
        return fresh;
    }

    /** For pieces of the work that begin on threads of their own, which may be late. Safe for several threads. */
    void renew() {
        while (!lost && head.lease().staleAt(now())) beat();
    }

    /** Before there is a call that needs it. @param reply in which one has opened */
    void sendForHand(Cancellation reply) {
        reach.sendFor(
                () -> {
                    renew();
                    return !lost && !cut;
                },
                reply);
    }

    /** Leaves this piece of work, and every later one, to whoever comes next. */
    void cut() {
        cut = true;
        work.abandon();
    }

    /** Stays so, though a clock that was wrong be set right: nothing else can be begun any more. */
    boolean wasCut() {
        return cut;
    }

    boolean lost() {
        return lost;
    }

    ThreadId thread() {
        return thread;
    }

    /** The thread's hand, for as long as this lasts. */
    Reach reach() {
        return reach;
    }

    Conversation conversation() {
        return conversation;
    }

    Transcript transcript() {
        return fold.transcript();
    }

    AgentSpec agent() {
        if (agent == null) agent = new AgentSpec(conversation.agent(), conversation.mcp());
        return agent;
    }

    /** This owner, to whoever lets requests out. @param call on whose behalf; null for none */
    Outbound.Caller caller(EventId call) {
        return caller(call, Outbound.Purpose.MCP);
    }

    Outbound.Caller caller(EventId call, Outbound.Purpose purpose) {
        Head mine = head;
        return new Outbound.Caller(mine.workspace(), mine.session(), thread, epoch, call, purpose);
    }

    /** The nonce of the entry that comes next: events of a reply get their ids before it is complete. */
    String nonce() {
        return nonce;
    }

    Instant now() {
        return ports.pace().now();
    }

    Fold fold() {
        return fold;
    }

    /** Messages that wait, for a turn that gives up. */
    List<Posted> waitingMessages() {
        return head.mail().stream()
                .filter(posted -> posted.input().lane() == Lane.MESSAGE)
                .filter(posted -> !conversation.taken().covers(posted))
                .toList();
    }
}
