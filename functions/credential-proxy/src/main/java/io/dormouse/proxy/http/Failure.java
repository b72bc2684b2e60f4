package io.dormouse.proxy.http;

import io.dormouse.outbound.Refusal;
import java.io.IOException;

/** Why an exchange came to nothing, for whoever made the request: its message tells nothing that a stranger may not know. */
public final class Failure extends IOException {
    private static final long serialVersionUID = 1;

    private final Refusal refusal;

    public Failure(Refusal refusal, String message) {
        super(message);
        this.refusal = refusal;
    }

    public Refusal refusal() {
        return refusal;
    }
}
