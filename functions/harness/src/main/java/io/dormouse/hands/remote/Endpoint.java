package io.dormouse.hands.remote;

import java.net.URI;
import java.util.Objects;

/**
 * Where a hand's supervisor listens and what it admits callers by.
 *
 * @param base scheme, host and port, without a slash at the end
 * @param secret the bearer secret, of which the supervisor knows only the SHA-256
 */
public record Endpoint(URI base, String secret) {
    public Endpoint {
        Objects.requireNonNull(base);
        Objects.requireNonNull(secret);
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "Endpoint[" + base + "]";
    }
}
