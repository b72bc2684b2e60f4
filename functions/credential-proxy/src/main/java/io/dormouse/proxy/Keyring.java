package io.dormouse.proxy;

import io.dormouse.outbound.Outbound;

/** What a session may use at this moment; asked anew for every request. */
public interface Keyring {
    Ring of(Outbound.Caller caller);

    /** A server has refused this token. True when {@link #of} has another one by now; it may have been fetched for that. */
    default boolean renew(Outbound.Caller caller, Key.Bearer refused) {
        return false;
    }
}
