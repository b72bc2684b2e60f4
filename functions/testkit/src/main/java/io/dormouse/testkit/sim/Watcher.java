package io.dormouse.testkit.sim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.ThreadId;
import io.dormouse.session.Entry;
import io.dormouse.wire.WireEvents;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Somebody who follows the events of a session, and comes back with the last place when the connection breaks. */
final class Watcher {
    private final Simulation sim;
    private final ThreadId thread;
    private final WireEvents view;
    private final List<ObjectNode> seen = new ArrayList<>();
    private final Set<String> ids = new HashSet<>();
    private long position;
    /** The same view of the log up to there, told by nobody but the log. */
    private long checked;

    private int matching;

    Watcher(Simulation sim, ThreadId thread) {
        this.sim = sim;
        this.thread = thread;
        this.view = new WireEvents(thread, "helper", content -> content);
    }

    void run() {
        while (!sim.checks.killed(thread)) {
            sim.schedule.sleep(100 + sim.random.nextInt(sim.resting() ? 60_000 : 3000));
            follow();
        }
    }

    private void follow() {
        try {
            for (Entry entry : sim.sessionLog.read(thread, position, 1 + sim.random.nextInt(20))) {
                // What a latecomer leaves behind in a log that was forgotten is no part of it.
                if (sim.checks.forgotten(thread) && entry != landed(entry.position())) return;
                if (sim.faults.strike(Fault.WATCHER_RECONNECTS)) {
                    if (sim.bug == Bug.WATCHER_SKIPS) position++;
                    return;
                }
                seen.addAll(view.of(entry));
                position = entry.position();
                check();
            }
        } catch (Calls.Failure e) {
            sim.history.tell("watches nothing");
        }
    }

    /** As the log had it, until it was forgotten. */
    private Entry landed(long at) {
        return sim.checks.story(thread).at(at);
    }

    /** What it was sent is what the log tells, once and in order, as far as it came. */
    void check() {
        while (checked < position) {
            Entry entry = landed(checked + 1);
            if (entry == null)
                Check.I15_STREAM_IS_LOG.failed("a watcher is at " + position + ", and the log ends at " + checked);
            for (ObjectNode event : view.of(entry)) {
                if (matching >= seen.size() || !seen.get(matching).equals(event))
                    Check.I15_STREAM_IS_LOG.failed("event " + matching + " of a watcher is not " + event);
                if (!ids.add(event.path("id").asText()))
                    Check.I15_STREAM_IS_LOG.failed("two events have the id " + event.path("id"));
                matching++;
            }
            checked++;
        }
        if (matching < seen.size())
            Check.I15_STREAM_IS_LOG.failed("a watcher saw " + seen.size() + " events of " + matching);
    }
}
