package io.dormouse.local.fargate;

import io.dormouse.hands.HandId;
import io.dormouse.hands.fargate.HandRecord;
import io.dormouse.hands.fargate.HandRecords;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Records in memory. A test can step in before a swap. */
final class MemoryHandRecords implements HandRecords {
    private final Map<HandId, HandRecord> records = new HashMap<>();
    private volatile Consumer<HandRecord> beforeSwap = after -> {};

    /** Called before each swap, with what is to be stored. What it throws, the swap throws. */
    void beforeSwap(Consumer<HandRecord> action) {
        beforeSwap = action;
    }

    @Override
    public synchronized Optional<HandRecord> read(HandId hand) {
        return Optional.ofNullable(records.get(hand));
    }

    @Override
    public synchronized Swapped create(HandRecord first) {
        HandRecord there = records.putIfAbsent(first.hand(), first);
        return there == null ? new Swapped.Done() : new Swapped.Changed(Optional.of(there));
    }

    @Override
    public Swapped swap(HandRecord before, HandRecord after) {
        beforeSwap.accept(after);
        synchronized (this) {
            HandRecord there = records.get(before.hand());
            if (there == null || there.version() != before.version())
                return new Swapped.Changed(Optional.ofNullable(there));
            records.put(after.hand(), after);
            return new Swapped.Done();
        }
    }

    @Override
    public synchronized void delete(HandId hand) {
        records.remove(hand);
    }
}
