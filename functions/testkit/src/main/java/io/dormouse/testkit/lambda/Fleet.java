package io.dormouse.testkit.lambda;

import io.dormouse.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** The processes of one function. */
final class Fleet implements AutoCloseable {
    private final Deployed function;
    private final ScheduledExecutorService clock;
    private final Path log;
    private final Semaphore room;
    private final Set<Instance> busy = ConcurrentHashMap.newKeySet();
    private final Deque<Instance> idle = new ConcurrentLinkedDeque<>();
    private final AtomicInteger started = new AtomicInteger();
    private volatile boolean closed;

    Fleet(Deployed function, ScheduledExecutorService clock, Path log) {
        this.function = function;
        this.clock = clock;
        this.log = log;
        this.room = new Semaphore(function.concurrency(), true);
    }

    String name() {
        return function.name();
    }

    /** Returns at once. */
    Invocation invoke(Invocation invocation) {
        Thread.ofVirtual().name("invocation-" + invocation.id()).start(() -> {
            room.acquireUninterruptibly();
            try {
                serve(invocation);
            } catch (IOException e) {
                invocation.fail(Json.bytes(Json.object()
                        .put("errorType", "Runtime.InvalidEntrypoint")
                        .put("errorMessage", e.getMessage())));
            } finally {
                room.release();
            }
        });
        return invocation;
    }

    private void serve(Invocation invocation) throws IOException {
        Instance instance = take();
        busy.add(instance);
        try {
            instance.serve(invocation);
        } finally {
            busy.remove(instance);
            if (function.life() == Deployed.Life.KEPT && instance.alive() && !closed) idle.push(instance);
            else instance.close();
            if (closed) end(idle);
        }
    }

    private Instance take() throws IOException {
        for (Instance instance = idle.poll(); instance != null; instance = idle.poll()) {
            if (instance.alive()) return instance;
            instance.close();
        }
        return start();
    }

    private Instance start() throws IOException {
        started.incrementAndGet();
        return new Instance(function, function.life() == Deployed.Life.RESTORED, clock, log);
    }

    /** One more process that the next invocations find. */
    ProcessHandle park() throws IOException {
        Instance instance = start();
        idle.add(instance);
        return instance.parked().handle();
    }

    List<ProcessHandle> busy() {
        return busy.stream().map(Instance::handle).toList();
    }

    int started() {
        return started.get();
    }

    private static void end(Deque<Instance> instances) {
        for (Instance instance = instances.poll(); instance != null; instance = instances.poll()) instance.close();
    }

    @Override
    public void close() {
        closed = true;
        end(idle);
        new ArrayList<>(busy).forEach(Instance::close);
    }
}
