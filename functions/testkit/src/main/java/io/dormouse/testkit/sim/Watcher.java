package io.dormouse.testkit.sim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
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
    private final List<String> seen = new ArrayList<>();
    private long position;

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
                if (sim.faults.strike(Fault.WATCHER_RECONNECTS)) {
                    if (sim.bug == Bug.WATCHER_SKIPS) position++;
                    return;
                }
                events(entry, seen);
                position = entry.position();
            }
        } catch (Calls.Failure e) {
            sim.history.tell("watches nothing");
        }
    }

    private void events(Entry entry, List<String> into) {
        for (ObjectNode event : view.of(entry)) into.add(Json.text(event));
    }

    /** What it was sent is what the log tells, as far as it came. */
    void check() {
        List<String> log = new ArrayList<>();
        for (Entry entry : sim.log.read(thread, 0, (int) position)) events(entry, log);
        if (log.isEmpty()) return;
        Check.I15_STREAM_IS_LOG.holds(
                seen.equals(log), "a watcher saw " + seen.size() + " events of " + log.size() + " up to " + position);
        Set<String> ids = new HashSet<>();
        for (String event : log) {
            String id = Json.parse(event).path("id").asText();
            Check.I15_STREAM_IS_LOG.holds(ids.add(id), "two events have the id " + id);
        }
    }
}
