package io.dormouse.hands;

import java.util.Optional;
import java.util.function.Supplier;

/** The way to the programs that hands consist of, wherever they run. Nothing here throws. */
public interface Supervisors {
    /**
     * Whether the program at this address is alive and admits us. A few seconds at most.
     *
     * @param name what it was told to be called, so that no other is taken for it
     */
    boolean answers(Address address, String name);

    /**
     * @param again asked when the hand cannot be reached: where it is now, with the journal that it had, or nothing when it
     *     is gone for good
     */
    Hand hand(Address address, Supplier<Optional<Address>> again);

    /** @param secret what it admits callers by; it knows the SHA-256 only */
    record Address(String host, int port, String secret) {
        /** Without the secret. */
        @Override
        public String toString() {
            return "Address[" + host + ":" + port + "]";
        }
    }
}
