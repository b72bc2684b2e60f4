package io.dormouse.proxy.http;

import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.IpAddress;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import javax.net.ssl.SSLSocketFactory;

/**
 * Makes connections. None is used twice: whatever one request leaves behind on it, no other one meets.
 */
public final class Client implements AutoCloseable {
    private final Dialer dialer;
    private final Limits limits;
    private final ScheduledThreadPoolExecutor timer;

    public Client(Sockets sockets, SSLSocketFactory tls, Limits limits) {
        this.dialer = new Dialer(sockets, tls);
        this.limits = limits;
        this.timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("proxy-timer").factory());
        timer.setRemoveOnCancelPolicy(true);
    }

    /**
     * @param addresses to try in this order; they were decided on, and nothing else is dialled
     * @param late runs when the connection was ended because it took too long: perhaps nobody is there who would notice
     */
    public Connection connect(HttpUrl url, List<IpAddress> addresses, Runnable late) throws Failure {
        return Connection.open(dialer, url, dialer.dial(addresses, url.port(), limits.connect()), limits, timer, late);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
