package io.dormouse.proxy;

import java.nio.charset.StandardCharsets;

/** A secret's value. Is never printed, compared or stored; only what puts it into a request reads it. */
public final class Secret {
    private final byte[] value;

    private Secret(byte[] value) {
        this.value = value;
    }

    public static Secret of(String value) {
        return new Secret(value.getBytes(StandardCharsets.UTF_8));
    }

    byte[] bytes() {
        return value;
    }

    @Override
    public String toString() {
        return "Secret";
    }
}
