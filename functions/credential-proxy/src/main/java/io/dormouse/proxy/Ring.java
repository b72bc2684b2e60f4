package io.dormouse.proxy;

import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.Networking;
import java.util.List;

/** What a session may use, or that it may use nothing. */
public sealed interface Ring {
    record Open(Networking networking, List<HttpUrl> mcpServers, List<Key> keys) implements Ring {}

    /** @param reason {@code session_not_found}, {@code session_ended}, {@code interrupted} or {@code superseded} */
    record Closed(String reason, String message) implements Ring {}
}
