package io.dormouse.testkit.sim;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.agents.AgentSpec;
import io.dormouse.hands.HandCall;
import io.dormouse.head.Head;
import io.dormouse.head.Lease;
import io.dormouse.head.Snapshot;
import io.dormouse.id.EventId;
import io.dormouse.id.ThreadId;
import io.dormouse.prompt.Compaction;
import io.dormouse.prompt.Fold;
import io.dormouse.prompt.Legality;
import io.dormouse.prompt.Prompt;
import io.dormouse.session.Conversation;
import io.dormouse.session.Entry;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Looks at everything that happens, and fails by a named check when a promise is broken. */
final class Checks {
    /** The longest that a session may owe work without a living owner, while faults go on and clocks are right. */
    private static final long PATIENCE_MILLIS = 600_000;
    /** Claims in a row after which nothing was written, nothing was posted and nothing went wrong. */
    private static final int MOST_IDLE_CLAIMS = 10;

    private static final int MOST_FAILURES = 8;
    private static final Pattern SAYS = Pattern.compile("say ([0-9]+)");

    private final Simulation sim;
    private final Map<ThreadId, State> states = new LinkedHashMap<>();
    private final Set<String> effects = new HashSet<>();

    private static final class State {
        final Story story;
        final Map<Integer, Posted> said = new HashMap<>();
        /** What the product makes of the log, up to each of its entries. */
        final List<Conversation> folds = new ArrayList<>();
        /** Since when work is owed and nobody shows life; or never. */
        long waitingSince = Long.MAX_VALUE;

        long killedAt = Long.MAX_VALUE;
        /** The step in which each epoch was claimed, from the first. */
        final List<Long> claims = new ArrayList<>();

        /** The step in which the last entry landed. */
        long landedAt;

        boolean dropped;
        boolean owes;
        int asked;

        int idleClaims;
        int faultsBefore;

        State(ThreadId thread) {
            story = new Story(thread);
            folds.add(Conversation.EMPTY);
        }

        /** The step in which somebody else got the lease from the owner of this epoch, or never. */
        long takenAt(long epoch) {
            return epoch < claims.size() ? claims.get((int) epoch) : Long.MAX_VALUE;
        }
    }

    Checks(Simulation sim) {
        this.sim = sim;
    }

    private State of(ThreadId thread) {
        return states.computeIfAbsent(thread, State::new);
    }

    Story story(ThreadId thread) {
        return of(thread).story;
    }

    // ---- the log

    void appended(ThreadId thread, Entry entry) {
        State state = of(thread);
        if (state.dropped) {
            // By somebody who could not know; it must not stay.
            if (entry.position() == 1) Check.I16_A_KILL_KILLS.failed("a forgotten session begins again");
            return;
        }
        Entry stored = sim.log.at(thread, entry.position());
        if (!state.story.landed(entry, stored, MOST_FAILURES)) return;
        state.folds.add(state.folds.getLast().after(stored));
        state.idleClaims = 0;
        state.landedAt = sim.schedule.steps();
        sim.history.tell("landed " + entry.position() + " " + entry.nonce());
    }

    /** Somebody was given these entries, as what is behind a position. */
    void read(ThreadId thread, long after, List<Entry> entries) {
        State state = of(thread);
        // In a log that was forgotten an entry of somebody who could not know may stand alone, until it is forgotten
        // again.
        if (state.dropped) return;
        long position = after;
        for (Entry entry : entries) {
            if (entry.position() != ++position)
                Check.I1_TOTAL_ORDER.failed("entry " + entry.position() + " is read in the place of " + position);
            if (entry != state.story.at(position))
                Check.I2_PREFIX_STABILITY.failed("entry " + position + " is read, and is not the one that landed");
        }
    }

    /** Whether the log was dropped, as that of a deleted session. */
    boolean forgotten(ThreadId thread) {
        return of(thread).dropped;
    }

    void dropped(ThreadId thread) {
        State state = of(thread);
        if (state.killedAt == Long.MAX_VALUE) Check.I16_A_KILL_KILLS.failed("the log of a living session was dropped");
        state.dropped = true;
        state.story.dropped();
    }

    // ---- the head

    void swapped(Head before, Head after) {
        State state = of(after.thread());
        if ((after.deleted() || after.archivedAt() != null) && state.killedAt == Long.MAX_VALUE)
            state.killedAt = sim.schedule.steps();
        if (after.nextSeq() > before.nextSeq()) {
            state.idleClaims = 0;
            for (Posted posted : after.mail())
                if (posted.seq() >= before.nextSeq()) {
                    state.story.accepted.put(posted.input().id(), posted);
                    remember(state, posted);
                }
        }
        fenced(before.lease(), after.lease());
        if (after.lease().epoch() > before.lease().epoch()) {
            state.claims.add(sim.schedule.steps());
            if (after.lease().held()) claimed(state);
        }
        right(state, after);
        state.owes = after.owes();
        watch(state, before, after);
    }

    private static void fenced(Lease before, Lease after) {
        if (after.epoch() < before.epoch())
            Check.I3_FENCED_WRITERS.failed("epoch " + after.epoch() + " came back after " + before.epoch());
        boolean same = after.epoch() == before.epoch();
        if (same && after.held() && !after.owner().equals(before.owner()))
            Check.I3_FENCED_WRITERS.failed(after.owner() + " claims without a new epoch, after " + before.owner());
    }

    /** What the head says of the log is a fold of it. */
    private void right(State state, Head head) {
        Snapshot snapshot = head.snapshot();
        if (head.deleted() || state.dropped || snapshot.position() >= state.folds.size()) return;
        Snapshot fold = Snapshot.of(state.folds.get((int) snapshot.position()));
        if (!snapshot.equals(fold))
            Check.SETTLED_HEADS_ARE_RIGHT.failed("a head says " + snapshot + ", and the log " + fold);
    }

    private void remember(State state, Posted posted) {
        if (!(posted.input() instanceof Input.UserMessage message)) return;
        Matcher says = SAYS.matcher(message.content().toString());
        if (says.find()) state.said.put(Integer.parseInt(says.group(1)), posted);
    }

    private void claimed(State state) {
        if (sim.faults.total() != state.faultsBefore) state.idleClaims = 0;
        state.faultsBefore = sim.faults.total();
        state.idleClaims++;
        if (state.idleClaims > MOST_IDLE_CLAIMS)
            Check.I17_BOUNDED_RETRIES.failed(state.idleClaims + " claims in a row came to nothing");
    }

    private void watch(State state, Head before, Head after) {
        long now = sim.schedule.now();
        if (!after.owes()) state.waitingSince = Long.MAX_VALUE;
        else if (after.lease().held() && !after.lease().equals(before.lease())) state.waitingSince = now;
        else if (!after.lease().held() && after.snapshot().dueAt() != null && !after.actionable())
            state.waitingSince = Math.max(
                    now,
                    Duration.between(SimPace.BEGINNING, after.snapshot().dueAt())
                            .toMillis());
        else if (state.waitingSince == Long.MAX_VALUE) state.waitingSince = now;
    }

    /** Somebody came for it, to a machine that is frozen: all of them may be, for longer than anybody's patience. */
    void knockedInVain(ThreadId thread) {
        State state = of(thread);
        if (state.waitingSince < sim.schedule.now()) state.waitingSince = sim.schedule.now();
    }

    /** Looked at in every step. */
    void patience() {
        for (State state : states.values()) {
            if (state.waitingSince == Long.MAX_VALUE) continue;
            long waits = sim.schedule.now() - state.waitingSince;
            // A lease that a clock dated into the future is stale only then.
            if (waits >= PATIENCE_MILLIS + sim.fleet.clocksOff())
                Check.I9_NO_LOST_WAKE_UP.failed(
                        state.story.thread() + " owes work for " + waits + " ms, and nobody comes");
        }
    }

    // ---- what starts

    /** An owner decides here and now to start something; it has not gone out yet. */
    void decides(ThreadId thread, Schedule.Actor who, String what) {
        State state = of(thread);
        Crew crew = who.crew();
        long takenAt = state.takenAt(crew.epoch());
        if (takenAt == Long.MAX_VALUE) return;
        if (takenAt < Math.max(crew.lastHead(), crew.lastRefused()))
            Check.LEASE_BEFORE_WORK.failed(
                    who.name() + " starts " + what + " though it had reason to look since another took over");
        long silent = sim.schedule.now() - crew.lastHeadMillis();
        if (silent >= Lease.STALE_AFTER.toMillis() && who.machine().clockSetAt() < crew.lastBeat())
            Check.LEASE_BEFORE_WORK.failed(
                    who.name() + " starts " + what + " " + silent + " ms after it last saw its lease, which was taken");
    }

    private void starts(State state, Crew crew, String what) {
        // A log that is forgotten looks like one that nobody has written to: only the head tells.
        long heard = state.dropped ? crew.lastHead() : crew.lastContact();
        if (state.killedAt < heard) Check.I16_A_KILL_KILLS.failed(what + " starts in a session that is over");
    }

    /** Returns how often the model was asked for this session. */
    int asksModel(ThreadId thread, Crew crew, Prompt prompt) {
        State state = of(thread);
        starts(state, crew, "a model request");
        // An older owner's entry may have landed since it read the log; it will find out.
        boolean knows = state.landedAt <= crew.lastLog();
        boolean owns = knows && state.takenAt(crew.epoch()) == Long.MAX_VALUE;
        if (owns) asks(state, crew);
        JsonNode messages = prompt.body().path("messages");
        if (owns && !Compaction.asks(prompt)) cold(state, thread, prompt);
        List<String> faults = Legality.faults(messages);
        if (!faults.isEmpty()) Check.I11_LEGAL_TRANSCRIPT.failed(faults + " in " + messages);
        heard(state, messages);
        return ++state.asked;
    }

    /** By the owner whose lease it is, and who knows the whole log. */
    private void asks(State state, Crew crew) {
        if (!state.story.openCalls().isEmpty())
            Check.I6_ONE_RESULT_FOR_EACH_CALL.failed("the model is asked with open calls " + state.story.openCalls());
        if (state.story.asked() == null)
            Check.ONE_REQUEST_AT_A_TIME.failed("the model is asked, and the log does not tell it");
        if (!crew.asks(state.story.asked()))
            Check.ONE_REQUEST_AT_A_TIME.failed("one owner makes the request " + state.story.asked() + " twice");
    }

    /** The same from the last summary on, and from the first entry on. */
    private void cold(State state, ThreadId thread, Prompt prompt) {
        long base = state.folds.getLast().context().base();
        for (long from : base == 0 ? new long[] {0} : new long[] {0, base}) {
            Fold fold = new Fold(content -> content);
            fold.readOn((after, limit) -> sim.log.read(thread, after, limit), from);
            Prompt cold = Prompt.of(new AgentSpec(fold.conversation().agent()), fold.transcript(), sim.catalog)
                    .within(fold.conversation().reserved());
            if (!cold.body().equals(prompt.body()))
                Check.COLD_IS_WARM.failed("asked " + prompt.body().path("messages") + "\nread from " + from + " "
                        + cold.body().path("messages"));
        }
        JsonNode says = state.story.turnSays();
        if (says != null
                && !prompt.body()
                        .path("messages")
                        .toString()
                        .contains(says.path(0).path("text").toString()))
            Check.THE_TURN_IS_HEARD.failed("not told: " + says);
    }

    private void heard(State state, JsonNode messages) {
        long last = 0;
        for (JsonNode message : messages) {
            if (!message.path("role").asText().equals("user")) continue;
            for (JsonNode block : message.path("content")) {
                Matcher says = SAYS.matcher(block.path("text").asText());
                while (says.find()) {
                    Posted posted = state.said.get(Integer.parseInt(says.group(1)));
                    if (posted == null)
                        Check.I4_ACKNOWLEDGED_IS_DURABLE.failed("the model hears what nobody said: " + says);
                    if (posted.seq() <= last)
                        Check.I10_ORDER_OF_INPUT.failed("the model hears " + posted.seq() + " after " + last);
                    last = posted.seq();
                }
            }
        }
    }

    void startsCall(ThreadId thread, Crew crew) {
        starts(of(thread), crew, "a tool call");
    }

    /** A hand is told of a call. */
    void sends(ThreadId thread, HandCall call) {
        State state = of(thread);
        if (state.dropped) return;
        int number = call.input().path("n").asInt();
        EventId key = state.story.keyOf(number);
        if (key == null)
            Check.I8_INTENT_BEFORE_EFFECT.failed("call " + number + " is sent, and the log has not told it");
        if (!key.text().equals(call.id()))
            Check.I7_EFFECTS_AT_MOST_ONCE.failed("call " + number + " is sent as " + call.id() + ", and is " + key);
    }

    void effect(ThreadId thread, int room, HandCall call) {
        int number = call.input().path("n").asInt();
        sim.history.tell("effect of " + number);
        if (!effects.add(room + " " + number))
            Check.I7_EFFECTS_AT_MOST_ONCE.failed("call " + number + " ran twice in room " + room);
        State state = of(thread);
        if (!state.dropped && state.story.keyOf(number) == null)
            Check.I8_INTENT_BEFORE_EFFECT.failed("call " + number + " runs, and the log has not told it");
    }

    // ---- the end

    void atRest(ThreadId thread, Head head) {
        State state = of(thread);
        if (head.deleted()) {
            List<Entry> left = sim.log.read(thread, 0, 10);
            if (!left.isEmpty()) Check.I16_A_KILL_KILLS.failed("a deleted session left " + left);
            if (sim.hands.lives(thread)) Check.I16_A_KILL_KILLS.failed("a deleted session left a hand");
            return;
        }
        Story story = state.story;
        for (Map.Entry<EventId, Posted> each : story.accepted.entrySet()) {
            Posted told = story.told(each.getKey());
            if (each.getValue().equals(told)) continue;
            boolean waits = head.mail().stream().anyMatch(each.getValue()::equals) && !head.actionable();
            if (!waits) Check.I4_ACKNOWLEDGED_IS_DURABLE.failed("accepted " + each.getValue() + ", and told " + told);
        }
        if (head.snapshot().phase() == Snapshot.Phase.RESTING
                && !story.openCalls().isEmpty())
            Check.I6_ONE_RESULT_FOR_EACH_CALL.failed("at rest with open calls " + story.openCalls());
        if (sim.log.changed(thread) > 0)
            Check.I2_PREFIX_STABILITY.failed("somebody changed entry " + sim.log.changed(thread) + " in place");
        read(thread, 0, sim.log.read(thread, 0, Integer.MAX_VALUE));
        if (head.snapshot().position() != story.size())
            Check.SETTLED_HEADS_ARE_RIGHT.failed(
                    "at rest a head knows of " + head.snapshot().position() + " entries out of " + story.size());
        // What was asked in an archived session is asked no more.
        boolean ended = head.snapshot().phase() == Snapshot.Phase.ENDED;
        if (!ended && !head.snapshot().questions().keySet().equals(story.questions()))
            Check.SETTLED_HEADS_ARE_RIGHT.failed(
                    "a head asks " + head.snapshot().questions() + ", and the log " + story.questions());
        if (!head.snapshot().usage().equals(story.total()))
            Check.USAGE_COUNTS_ONCE.failed(
                    "a head has " + head.snapshot().usage() + " in all, and the log " + story.total());
    }

    /** A client was told that these were accepted. */
    void acknowledged(ThreadId thread, List<Posted> inputs) {
        Story story = of(thread).story;
        for (Posted posted : inputs) {
            Posted first = story.accepted.putIfAbsent(posted.input().id(), posted);
            if (first != null && !first.equals(posted))
                Check.I5_A_REPEAT_IS_THE_SAME.failed("told " + first + " first, then " + posted);
        }
    }

    /** How often the model was asked for this session. */
    int asked(ThreadId thread) {
        return of(thread).asked;
    }

    /** How many calls began to run. */
    int effects() {
        return effects.size();
    }

    boolean owes(ThreadId thread) {
        return of(thread).owes;
    }

    boolean killed(ThreadId thread) {
        return of(thread).killedAt < Long.MAX_VALUE;
    }
}
