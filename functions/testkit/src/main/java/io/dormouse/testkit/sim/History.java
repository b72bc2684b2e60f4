package io.dormouse.testkit.sim;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Everything that happened, as a hash, and the last of it as text. */
final class History {
    private static final int KEPT = 400;

    private final Schedule schedule;
    private final Deque<String> last = new ArrayDeque<>();
    private long hash = 0xcbf29ce484222325L;
    private long events;

    History(Schedule schedule) {
        this.schedule = schedule;
    }

    void tell(String what) {
        Schedule.Actor me = schedule.me();
        String line = schedule.now() + " " + (me == null ? "-" : me.name()) + " " + what;
        for (int i = 0; i < line.length(); i++) hash = (hash ^ line.charAt(i)) * 0x100000001b3L;
        events++;
        last.add(line);
        if (last.size() > KEPT) last.remove();
    }

    long hash() {
        return hash;
    }

    long events() {
        return events;
    }

    List<String> last() {
        return List.copyOf(last);
    }
}
