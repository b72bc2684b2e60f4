package io.dormouse.testkit.sim;

import io.dormouse.id.EventId;
import java.util.HashSet;
import java.util.Set;

/** The actors of one wake: its loop, its heartbeat, its tool calls. They share a lease, and a monitor around the head. */
final class Crew {
    private Schedule.Actor atHead;
    private long epoch;
    private long lastContact;
    private long lastHead;
    private long lastHeadMillis;
    private long lastBeat;
    private long lastLog;
    private long lastRefused;
    private final Set<EventId> asked = new HashSet<>();

    /** Whether the actor may come back from its call to its own code. */
    boolean letsReturn(Schedule.Actor actor) {
        return atHead == null || atHead == actor;
    }

    void atHead(Schedule.Actor actor) {
        atHead = actor;
    }

    /** Of the lease that it got; 0 if it has none. */
    long epoch() {
        return epoch;
    }

    void claimed(long newEpoch) {
        epoch = newEpoch;
    }

    /** The step in which it last heard from a store: what was decided before that it could know. */
    long lastContact() {
        return lastContact;
    }

    /** The same for the head alone. */
    long lastHead() {
        return lastHead;
    }

    /** The same for the log: whoever wrote before that it knows. */
    long lastLog() {
        return lastLog;
    }

    long lastHeadMillis() {
        return lastHeadMillis;
    }

    /** The step in which it heard that somebody else's entry is in the place of its own: a reason to look at the head. */
    long lastRefused() {
        return lastRefused;
    }

    /** When the lease that it knows of was written, by its clock of then: whether that is stale it can only tell by its clock. */
    long lastBeat() {
        return lastBeat;
    }

    void beaten(long millis) {
        lastBeat = millis;
    }

    /** @param millis when the store heard of the call, in {@code step} */
    void contact(Schedule.Actor actor, long step, long millis) {
        lastContact = Math.max(lastContact, step);
        if (atHead != actor) {
            lastLog = Math.max(lastLog, step);
            return;
        }
        lastHead = Math.max(lastHead, step);
        lastHeadMillis = Math.max(lastHeadMillis, millis);
    }

    void refused(long step) {
        lastRefused = step;
        // What was asked for may be asked for again: another entry came in between.
        asked.clear();
    }

    /** False if it made this request already. */
    boolean asks(EventId request) {
        return asked.add(request);
    }
}
