package io.dormouse.wake;

import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Refusal;

/** For a deployment without a credential proxy. */
final class NoWayOut implements Outbound {
    @Override
    public Response send(Caller caller, Request request) {
        return Refusal.KEYS_UNAVAILABLE.because("This deployment has no credential proxy");
    }
}
