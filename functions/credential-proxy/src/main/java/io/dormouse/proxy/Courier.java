package io.dormouse.proxy;

import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.Outbound.Header;
import java.io.InputStream;
import java.util.List;

/** Carries a request of the proxy's own to a place that a credential names. Never throws for what a network can do. */
public interface Courier {
    /** Sends a POST, and follows no redirect. Returns when the head of the answer is there. */
    Reply post(HttpUrl to, List<Header> headers, byte[] body);

    sealed interface Reply {
        /** @param body streams, within the courier's limits of time; to be closed */
        record Answered(int status, List<Header> headers, InputStream body) implements Reply {
            /** Null when there is none. */
            public String header(String name) {
                for (Header header : headers) if (header.name().equalsIgnoreCase(name)) return header.value();
                return null;
            }
        }

        /** @param message for a person; tells nothing secret */
        record Unreachable(String message) implements Reply {}
    }
}
