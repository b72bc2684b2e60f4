package io.dormouse.hands.fargate;

import io.dormouse.hands.HandId;
import java.util.Optional;

/** Keeps records of hands. Reads see every write that returned before. Throws when it does not know what became of a write. */
public interface HandRecords {
    Optional<HandRecord> read(HandId hand);

    /** Stores the first version, if there is none. */
    Swapped create(HandRecord first);

    /** Stores {@code after} if the stored version is that of {@code before}. */
    Swapped swap(HandRecord before, HandRecord after);

    /** Whatever is stored. Nothing happens if there is none. */
    void delete(HandId hand);

    sealed interface Swapped {
        record Done() implements Swapped {}

        /** Somebody was faster. @param current what is stored now; empty when it was deleted */
        record Changed(Optional<HandRecord> current) implements Swapped {}
    }
}
