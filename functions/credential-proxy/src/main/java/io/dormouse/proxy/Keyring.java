package io.dormouse.proxy;

import io.dormouse.outbound.Outbound;

/** What a session may use at this moment; asked anew for every request. */
public interface Keyring {
    Ring of(Outbound.Caller caller);
}
