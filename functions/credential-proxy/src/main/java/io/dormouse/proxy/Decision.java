package io.dormouse.proxy;

import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.Outbound.Header;
import io.dormouse.outbound.Refusal;
import java.util.List;

/** What becomes of a request. */
public sealed interface Decision {
    /**
     * It may leave, for this URL and with these headers and no others.
     *
     * @param headers with the secrets in their places; without those that frame a message, which are the connection's
     * @param used credentials whose secrets are in it
     * @param hidden secrets that no answer may show: those of {@code used}, and of whatever the host is sent at other times
     * @param guarded whether the host is one for which the session has a credential
     * @param body with the secrets in their places; null for the caller's, as it is
     * @param strays placeholders that must not be found in a body that was too large to be decided on
     */
    record Allow(
            HttpUrl url,
            List<Header> headers,
            List<Key> used,
            List<Secret> hidden,
            boolean guarded,
            byte[] body,
            Placeholders strays)
            implements Decision {
        /** Without the headers, which may hold secrets. */
        @Override
        public String toString() {
            return "Allow[" + url.authority() + ", used="
                    + used.stream().map(Key::id).toList() + "]";
        }
    }

    record Deny(Refusal refusal, String message) implements Decision {}
}
