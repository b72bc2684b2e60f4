package io.dormouse.proxy.http;

import io.dormouse.outbound.Host;
import io.dormouse.outbound.IpAddress;
import io.dormouse.outbound.Refusal;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The machine's own resolver, bounded in time. It runs on threads of its own, for it is native code that would hold those
 * of everybody else.
 */
public final class SystemNames implements Names, AutoCloseable {
    private static final int MOST = 64;

    private final Duration patience;
    private final ExecutorService threads = new ThreadPoolExecutor(
            0,
            MOST,
            30,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Thread.ofPlatform().daemon().name("names-", 0).factory());

    public SystemNames(Duration patience) {
        this.patience = patience;
    }

    @Override
    public List<IpAddress> of(Host name) throws Failure {
        Future<List<IpAddress>> answer = null;
        try {
            answer = threads.submit(() -> lookUp(name.text()));
            return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | RejectedExecutionException e) {
            throw new Failure(Refusal.TIMEOUT, "the name " + name + " was not found in time");
        } catch (ExecutionException e) {
            throw new Failure(Refusal.NAME_NOT_FOUND, "the name " + name + " cannot be looked up");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Refusal.TIMEOUT, "interrupted");
        } finally {
            if (answer != null) answer.cancel(true);
        }
    }

    private static List<IpAddress> lookUp(String name) {
        List<IpAddress> addresses = new ArrayList<>();
        try {
            // With the final dot, so that no search list of this machine's makes another name of it.
            for (InetAddress address : InetAddress.getAllByName(name + "."))
                addresses.add(IpAddress.of(address.getAddress()));
        } catch (UnknownHostException e) {
            return List.of();
        }
        return addresses;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
