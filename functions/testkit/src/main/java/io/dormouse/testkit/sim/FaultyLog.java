package io.dormouse.testkit.sim;

import io.dormouse.id.ThreadId;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.SessionLog;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The logs as one process sees them. */
final class FaultyLog implements SessionLog {
    private final Simulation sim;

    FaultyLog(Simulation sim) {
        this.sim = sim;
    }

    @Override
    public Appended append(ThreadId thread, Entry entry) {
        Entry written = Planted.entry(sim.bug, entry);
        if (sim.bug == Bug.APPEND_TOLD_BEFORE_DURABLE || sim.bug == Bug.CALL_BEFORE_INTENT && calls(entry)) {
            sim.schedule.spawn("buffer", sim.schedule.me().machine(), null, 2000, () -> appendNow(thread, written));
            sim.calls.travel("appends to a buffer " + entry.position(), 1);
            return new Appended.At(entry.position());
        }
        return sim.calls.write(
                "appends " + entry.position() + " of epoch " + entry.epoch() + " " + names(entry),
                () -> seen(applied(thread, written)),
                // What somebody older wrote there says nothing of who came after.
                Appended.At.class::isInstance);
    }

    /** A client of a store repeats a request by itself, also one that was done: the caller hears of the second. */
    private Appended applied(ThreadId thread, Entry entry) {
        Appended first = appendNow(thread, entry);
        return sim.faults.strike(Fault.APPEND_IS_SENT_TWICE) ? appendNow(thread, entry) : first;
    }

    private Appended appendNow(ThreadId thread, Entry entry) {
        if (sim.bug == Bug.APPEND_WITHOUT_CONDITION) {
            List<Entry> all = new ArrayList<>(sim.log.read(thread, 0, Integer.MAX_VALUE));
            if (entry.position() <= all.size()) {
                all.set((int) entry.position() - 1, entry);
                sim.log.drop(thread);
                all.forEach(each -> sim.log.append(thread, each));
                sim.checks.appended(thread, entry);
                return new Appended.At(entry.position());
            }
        }
        Appended appended = sim.log.append(thread, entry);
        if (appended instanceof Appended.At) sim.checks.appended(thread, entry);
        return appended;
    }

    private Appended seen(Appended appended) {
        return switch (appended) {
            case Appended.At at -> at;
            case Appended.Taken taken -> new Appended.Taken(seen(taken.byWhom()));
        };
    }

    private Entry seen(Entry entry) {
        return sim.bug == Bug.ADOPT_A_HIGHER_EPOCH
                ? new Entry(entry.position(), 0, entry.nonce(), entry.time(), entry.facts())
                : entry;
    }

    @Override
    public List<Entry> read(ThreadId thread, long after, int limit) {
        Supplier<List<Entry>> read = () -> {
            List<Entry> entries = sim.log.read(thread, after, limit);
            sim.checks.read(thread, after, entries);
            if (sim.bug == Bug.OLD_LOG_IS_READ && sim.schedule.me().crew() != null && entries.size() > 1)
                return entries.subList(0, entries.size() - 1);
            return sim.bug == Bug.ADOPT_A_HIGHER_EPOCH
                    ? entries.stream().map(this::seen).toList()
                    : entries;
        };
        // A page that is full may not be the last one.
        return sim.calls.read("reads the log after " + after, read, entries -> entries.size() < limit);
    }

    @Override
    public void drop(ThreadId thread) {
        sim.calls.write("drops the log of " + thread, () -> {
            sim.log.drop(thread);
            sim.checks.dropped(thread);
            return null;
        });
    }

    private static boolean calls(Entry entry) {
        return entry.facts().stream()
                .anyMatch(fact -> fact instanceof Fact.ModelReplied replied
                        && !replied.calls().isEmpty());
    }

    private static String names(Entry entry) {
        StringBuilder names = new StringBuilder();
        for (Fact fact : entry.facts())
            names.append(fact.getClass().getSimpleName()).append(' ');
        return names.toString();
    }
}
