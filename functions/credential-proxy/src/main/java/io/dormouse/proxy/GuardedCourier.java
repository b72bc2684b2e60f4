package io.dormouse.proxy;

import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.Outbound.Header;
import io.dormouse.proxy.http.Answer;
import io.dormouse.proxy.http.Client;
import io.dormouse.proxy.http.Connection;
import io.dormouse.proxy.http.Failure;
import io.dormouse.proxy.http.Limits;
import io.dormouse.proxy.http.Names;
import io.dormouse.proxy.http.Sockets;
import io.dormouse.proxy.http.SystemNames;
import io.dormouse.proxy.http.Trust;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.List;

/** Dials as the proxy does: names are looked up once, all addresses checked, and one of those is dialled. */
public final class GuardedCourier implements Courier, AutoCloseable {
    /** A token endpoint that takes longer is no use to a session that waits for it. */
    private static final Limits LIMITS = new Limits(
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ofSeconds(5),
            Duration.ofSeconds(20),
            32 << 10,
            100,
            64 << 10,
            256 << 10,
            0,
            1);

    private final Destinations destinations;
    private final Client client;
    private final Runnable closing;

    GuardedCourier(ProxySettings settings, Names names, Sockets sockets, Runnable closing) {
        this.destinations = new Destinations(names, settings.opened());
        this.client = new Client(sockets, Trust.with(settings.extraAuthorities()), LIMITS);
        this.closing = closing;
    }

    /** With the machine's own resolver and network. */
    public static GuardedCourier of(ProxySettings settings) {
        SystemNames names = new SystemNames(LIMITS.lookup());
        return new GuardedCourier(settings, names, Sockets.SYSTEM, names::close);
    }

    @Override
    public Reply post(HttpUrl to, List<Header> headers, byte[] body) {
        // A secret goes over TLS, or to a host that an operator has opened by name and address.
        if (!to.secure() && destinations.opened().of(to) == null)
            return new Reply.Unreachable(to.authority() + " would get a secret without TLS");
        Connection connection = null;
        try {
            connection = client.connect(to, destinations.of(to), () -> {});
            Answer answer = connection.exchange("POST", headers, new ByteArrayInputStream(body), body.length);
            return new Reply.Answered(answer.status(), answer.headers(), answer.body());
        } catch (Failure e) {
            if (connection != null) connection.close();
            return new Reply.Unreachable(e.getMessage());
        }
    }

    @Override
    public void close() {
        client.close();
        closing.run();
    }
}
