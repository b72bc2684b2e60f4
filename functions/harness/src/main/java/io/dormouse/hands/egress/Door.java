package io.dormouse.hands.egress;

import java.net.InetSocketAddress;
import java.util.Objects;

/** Where a supervisor lets lanes in. @param secret the hand's */
public record Door(InetSocketAddress address, String secret) {
    public Door {
        Objects.requireNonNull(address);
        Objects.requireNonNull(secret);
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "Door[" + address + "]";
    }
}
