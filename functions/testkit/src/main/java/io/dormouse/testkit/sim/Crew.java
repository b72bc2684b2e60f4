package io.dormouse.testkit.sim;

/** The actors of one wake: its loop, its heartbeat, its tool calls. They share a lease, and a monitor around the head. */
final class Crew {
    private Schedule.Actor atHead;
    private long lastContact;
    private long lastHead;

    /** Whether the actor may come back from its call to its own code. */
    boolean letsReturn(Schedule.Actor actor) {
        return atHead == null || atHead == actor;
    }

    void atHead(Schedule.Actor actor) {
        atHead = actor;
    }

    /** The step in which it last heard from a store: what was decided before that it could know. */
    long lastContact() {
        return lastContact;
    }

    /** The same for the head alone. */
    long lastHead() {
        return lastHead;
    }

    void contact(Schedule.Actor actor, long step) {
        lastContact = Math.max(lastContact, step);
        if (atHead == actor) lastHead = Math.max(lastHead, step);
    }
}
