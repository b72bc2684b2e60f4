package io.dormouse.proxy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** A secret's value. Is never printed or stored; only what puts it into a request reads it. */
public final class Secret {
    private final byte[] value;

    private Secret(byte[] value) {
        this.value = value;
    }

    public static Secret of(String value) {
        return new Secret(value.getBytes(StandardCharsets.UTF_8));
    }

    /** Takes the same time wherever the two differ. */
    public boolean is(String other) {
        return MessageDigest.isEqual(value, other.getBytes(StandardCharsets.UTF_8));
    }

    byte[] bytes() {
        return value;
    }

    @Override
    public String toString() {
        return "Secret";
    }
}
