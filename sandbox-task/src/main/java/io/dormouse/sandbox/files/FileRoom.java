package io.dormouse.sandbox.files;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.sandbox.room.Isolation;
import io.dormouse.sandbox.room.Room;
import io.dormouse.sandbox.tool.Cancellation;
import io.dormouse.sandbox.tool.ToolResult;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The supervisor's side of the file tools: one worker in its room, started on first use and anew after it died. */
public final class FileRoom implements AutoCloseable {
    private static final Duration LONGEST = Duration.ofSeconds(60);

    /** What the worker gets to notice its own deadline before it is taken for stuck. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final Room room;
    private WorkerLine line;
    private boolean closed;

    public FileRoom(Room room) {
        this.room = room;
    }

    /** Runs one call of {@code read}, {@code write}, {@code edit}, {@code glob} or {@code grep}; waits for its result. */
    public ToolResult run(String tool, JsonNode input, Duration wanted, Cancellation cancellation) {
        Duration timeout = wanted.compareTo(LONGEST) > 0 ? LONGEST : wanted;
        WorkerLine worker;
        try {
            worker = current();
        } catch (IOException broken) {
            return ToolResult.error(tool + ": the file worker could not be started: " + broken.getMessage());
        }
        WorkerLine.Asked asked = worker.ask(tool, input, timeout);
        try {
            CompletableFuture.anyOf(asked.result(), cancellation.signal())
                    .get(timeout.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
            if (asked.result().isDone()) {
                return asked.result().join();
            }
            worker.cancel(asked.number());
            return asked.result().get(500, TimeUnit.MILLISECONDS);
        } catch (TimeoutException stuck) {
            worker.close();
            return cancellation.requested()
                    ? ToolResult.interrupted("")
                    : ToolResult.error(tool + ": did not end within " + timeout.toMillis() + " ms and was stopped");
        } catch (ExecutionException broken) {
            return ToolResult.error(tool + ": " + broken.getCause().getMessage());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return ToolResult.interrupted("");
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (line != null) {
            line.close();
        }
    }

    private synchronized WorkerLine current() throws IOException {
        if (closed) {
            throw new IOException("the sandbox is stopping");
        }
        if (line == null || !line.alive()) {
            line = new WorkerLine(room, command(room.isolation()));
        }
        return line;
    }

    private static List<String> command(Isolation walls) {
        List<String> command = new ArrayList<>(walls.workerCommand());
        root(command, walls, Isolation.WORKSPACE, "rw");
        root(command, walls, Isolation.OUTPUTS, "rw");
        root(command, walls, Isolation.UPLOADS, "ro");
        root(command, walls, "/tmp", "rw");
        return command;
    }

    private static void root(List<String> command, Isolation walls, String name, String access) {
        command.addAll(List.of(name, walls.seenAs(name).toString(), access));
    }
}
