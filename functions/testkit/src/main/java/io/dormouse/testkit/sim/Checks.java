package io.dormouse.testkit.sim;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.hands.HandCall;
import io.dormouse.head.Head;
import io.dormouse.head.Snapshot;
import io.dormouse.id.EventId;
import io.dormouse.id.ThreadId;
import io.dormouse.prompt.Legality;
import io.dormouse.prompt.Prompt;
import io.dormouse.session.Entry;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import java.time.Duration;
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
    /** The longest that a session may owe work without a living owner, while faults go on. */
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
        /** Since when work is owed and nobody shows life; or never. */
        long waitingSince = Long.MAX_VALUE;

        long killedAt = Long.MAX_VALUE;
        boolean dropped;
        boolean owes;
        int asked;
        int idleClaims;
        int faultsBefore;

        State(ThreadId thread) {
            story = new Story(thread);
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
            Check.I16_A_KILL_KILLS.holds(entry.position() > 1, "a forgotten session begins again");
            return;
        }
        if (!state.story.landed(entry, MOST_FAILURES)) return;
        state.idleClaims = 0;
        sim.history.tell("landed " + entry.position() + " " + entry.nonce());
    }

    void dropped(ThreadId thread) {
        State state = of(thread);
        Check.I16_A_KILL_KILLS.holds(state.killedAt < Long.MAX_VALUE, "the log of a living session was dropped");
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
        if (after.lease().epoch() > before.lease().epoch() && after.lease().held()) claimed(state);
        state.owes = after.owes();
        watch(state, before, after);
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
        Check.I17_BOUNDED_RETRIES.holds(
                state.idleClaims <= MOST_IDLE_CLAIMS, state.idleClaims + " claims in a row came to nothing");
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
            long waits = sim.schedule.now() - state.waitingSince;
            Check.I9_NO_LOST_WAKE_UP.holds(
                    state.waitingSince == Long.MAX_VALUE || waits < PATIENCE_MILLIS,
                    state.story.thread() + " owes work for " + waits + " ms, and nobody comes");
        }
    }

    // ---- what starts

    private void starts(State state, Crew crew, String what) {
        // A log that is forgotten looks like one that nobody has written to: only the head tells.
        long heard = state.dropped ? crew.lastHead() : crew.lastContact();
        Check.I16_A_KILL_KILLS.holds(state.killedAt >= heard, what + " starts in a session that is over");
    }

    /** Returns how often the model was asked for this session. */
    int asksModel(ThreadId thread, Crew crew, Prompt prompt) {
        State state = of(thread);
        starts(state, crew, "a model request");
        JsonNode messages = prompt.body().path("messages");
        List<String> faults = Legality.faults(messages);
        Check.I11_LEGAL_TRANSCRIPT.holds(faults.isEmpty(), faults + " in " + messages);
        long last = 0;
        for (JsonNode message : messages) {
            if (!message.path("role").asText().equals("user")) continue;
            Matcher says = SAYS.matcher(message.path("content").toString());
            while (says.find()) {
                Posted posted = state.said.get(Integer.parseInt(says.group(1)));
                Check.I4_ACKNOWLEDGED_IS_DURABLE.holds(posted != null, "the model hears what nobody said: " + says);
                Check.I10_ORDER_OF_INPUT.holds(
                        posted.seq() > last, "the model hears " + posted.seq() + " after " + last);
                last = posted.seq();
            }
        }
        return ++state.asked;
    }

    void startsCall(ThreadId thread, Crew crew) {
        starts(of(thread), crew, "a tool call");
    }

    void effect(ThreadId thread, int room, HandCall call) {
        int number = call.input().path("n").asInt();
        sim.history.tell("effect of " + number);
        Check.I7_EFFECTS_AT_MOST_ONCE.holds(effects.add(room + " " + number), "call " + number + " ran twice");
        State state = of(thread);
        Check.I8_INTENT_BEFORE_EFFECT.holds(
                state.dropped || state.story.intends(number), "call " + number + " runs, and the log has not told it");
    }

    // ---- the end

    void atRest(ThreadId thread, Head head) {
        State state = of(thread);
        if (head.deleted()) {
            List<Entry> left = sim.log.read(thread, 0, 10);
            Check.I16_A_KILL_KILLS.holds(left.isEmpty(), "a deleted session left " + left);
            Check.I16_A_KILL_KILLS.holds(!sim.hands.lives(thread), "a deleted session left a hand");
            return;
        }
        for (Map.Entry<EventId, Posted> each : state.story.accepted.entrySet()) {
            Posted told = state.story.told(each.getKey());
            boolean waits = head.mail().stream().anyMatch(each.getValue()::equals) && !head.actionable();
            Check.I4_ACKNOWLEDGED_IS_DURABLE.holds(
                    waits || each.getValue().equals(told), "accepted " + each.getValue() + ", and told " + told);
        }
        if (head.snapshot().phase() == Snapshot.Phase.RESTING)
            Check.I6_ONE_RESULT_FOR_EACH_CALL.holds(
                    state.story.openCalls().isEmpty(), "at rest with open calls " + state.story.openCalls());
    }

    /** A client was told that these were accepted. */
    void acknowledged(ThreadId thread, List<Posted> inputs) {
        for (Posted posted : inputs)
            of(thread).story.accepted.putIfAbsent(posted.input().id(), posted);
    }

    boolean owes(ThreadId thread) {
        return of(thread).owes;
    }

    boolean killed(ThreadId thread) {
        return of(thread).killedAt < Long.MAX_VALUE;
    }
}
