package io.dormouse.testkit.sim;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/** Everything that happened, as a hash, and the last of it as text. */
final class History {
    private static final int KEPT = 80;

    private final Schedule schedule;
    private final Deque<String> last = new ArrayDeque<>();
    private long hash = 0xcbf29ce484222325L;

    private final Consumer<String> listener;

    /** @param listener is told everything at once; for a person who reads along */
    History(Schedule schedule, Consumer<String> listener) {
        this.schedule = schedule;
        this.listener = listener;
    }

    void tell(String what) {
        Schedule.Actor me = schedule.me();
        String line = schedule.now() + " " + (me == null ? "-" : me.name()) + " " + what;
        hash = (hash ^ line.hashCode()) * 0x100000001b3L;
        hash ^= hash >>> 29;
        listener.accept(line);
        last.add(line);
        if (last.size() > KEPT) last.remove();
    }

    long hash() {
        return hash;
    }

    List<String> last() {
        return List.copyOf(last);
    }
}
