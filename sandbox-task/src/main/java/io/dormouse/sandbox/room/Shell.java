package io.dormouse.sandbox.room;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.sandbox.room.ShellSession.Cause;
import io.dormouse.sandbox.room.ShellSession.Ended;
import io.dormouse.sandbox.tool.Cancellation;
import io.dormouse.sandbox.tool.Fields;
import io.dormouse.sandbox.tool.ToolResult;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The {@code bash} tool: {@code {command?, restart?, timeout_ms?}} on one persistent shell. Calls run one after the other
 * in the order in which they came. The shell starts with the first of them, and anew after it was lost.
 */
public final class Shell implements AutoCloseable {
    static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(120);
    static final Duration LONGEST_TIMEOUT = Duration.ofSeconds(600);
    private static final int LONGEST_COMMAND_CHARS = 1_000_000;

    private final Room room;
    private final ExecutorService inOrder = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("shell").factory());
    private volatile ShellSession session;
    private volatile boolean closed;

    public Shell(Room room) {
        this.room = room;
    }

    /** Puts one call in the queue. {@code callTimeout} counts when the input has no {@code timeout_ms}. */
    public CompletableFuture<ToolResult> begin(JsonNode input, OptionalLong callTimeout, Cancellation cancellation) {
        CompletableFuture<ToolResult> result = new CompletableFuture<>();
        AtomicBoolean begun = new AtomicBoolean();
        cancellation.signal().thenRun(() -> {
            if (begun.compareAndSet(false, true)) {
                result.complete(ToolResult.interrupted(""));
            }
        });
        inOrder.execute(() -> {
            if (begun.compareAndSet(false, true)) {
                try {
                    result.complete(run(input, callTimeout, cancellation));
                } catch (RuntimeException broken) {
                    result.completeExceptionally(broken);
                }
            }
        });
        return result;
    }

    /** The session that runs now, if any: for those who watch its limits. */
    public Optional<Watched> watched() {
        ShellSession current = session;
        return current != null && current.alive() ? Optional.of(new Watched(current)) : Optional.empty();
    }

    /** What a watcher may do with a session. */
    public static final class Watched {
        private final ShellSession session;

        private Watched(ShellSession session) {
            this.session = session;
        }

        /** Memory in use by everything in the room, exact once it passes {@code enoughBytes}. */
        public long memoryBytes(long enoughBytes) {
            return Processes.memoryBytes(session.members().values(), enoughBytes);
        }

        /** Ends everything in the room; a running call says {@code what}. */
        public void overLimit(String what) {
            session.overLimit(what);
        }
    }

    /** Ends the shell and all its jobs, and takes no more calls. */
    @Override
    public void close() {
        closed = true;
        inOrder.shutdown();
        end();
    }

    private ToolResult run(JsonNode input, OptionalLong callTimeout, Cancellation cancellation) {
        Fields fields = new Fields(input);
        boolean restart = fields.flag("restart");
        Optional<String> command = fields.optionalText("command");
        OptionalLong timeoutMillis = fields.optionalPositive("timeout_ms");
        if (fields.problem().isPresent()) {
            return ToolResult.error("bash: " + fields.problem().get());
        }
        if (restart) {
            end();
            return ToolResult.ok("The shell was restarted.");
        }
        if (command.isEmpty() || command.get().isBlank()) {
            return ToolResult.error("bash: `command` is required, unless `restart` is true");
        }
        if (command.get().indexOf('\0') >= 0) {
            return ToolResult.error("bash: `command` must not contain a NUL character");
        }
        if (command.get().length() > LONGEST_COMMAND_CHARS) {
            return ToolResult.error("bash: `command` is longer than " + LONGEST_COMMAND_CHARS
                    + " characters; write it to a file first");
        }
        long millis = timeoutMillis.orElse(callTimeout.orElse(DEFAULT_TIMEOUT.toMillis()));
        Duration timeout = Duration.ofMillis(Math.min(millis, LONGEST_TIMEOUT.toMillis()));
        try {
            return say(current().run(command.get(), timeout, cancellation));
        } catch (IOException broken) {
            end();
            return ToolResult.error("bash: the shell could not be started: " + broken.getMessage());
        }
    }

    private ShellSession current() throws IOException {
        if (session == null || !session.alive()) {
            end();
            ShellSession started = ShellSession.start(room);
            session = started;
            if (closed) {
                end();
                throw new IOException("the sandbox is stopping");
            }
        }
        return session;
    }

    private void end() {
        ShellSession current = session;
        session = null;
        if (current != null) {
            current.close();
        }
    }

    private static ToolResult say(Ended ended) {
        return switch (ended) {
            case Ended.Exited(Tail.Output raw, int status) -> {
                String output = Transcript.of(raw);
                yield status == 0
                        ? ToolResult.ok(output)
                        : ToolResult.error(output.isEmpty() ? "exit " + status : output);
            }
            case Ended.ShellEnded(Tail.Output raw, int status) ->
                new ToolResult(
                        withNote(
                                Transcript.withoutFarewell(raw),
                                "exit " + status + ": this ended the shell. The next command starts a new one; "
                                        + "directory, variables and background jobs are gone"),
                        status != 0);
            case Ended.Stopped(Tail.Output raw, Cause cause, boolean lost) -> stopped(Transcript.of(raw), cause, lost);
        };
    }

    private static ToolResult stopped(String output, Cause cause, boolean shellLost) {
        String lost = shellLost
                ? "; the shell had to be killed with it, so directory, variables and background jobs are gone"
                : "";
        return switch (cause) {
            case Cause.TimedOut(Duration after) ->
                ToolResult.error(
                        withNote(output, "timed out after " + after.toMillis() + " ms and was stopped" + lost));
            case Cause.Cancelled() ->
                ToolResult.interrupted(shellLost ? withNote(output, "the shell was restarted") : output);
            case Cause.OverLimit(String what) -> ToolResult.error(withNote(output, what + lost));
        };
    }

    /** As one word of bash. */
    static String quoted(String text) {
        return "$'"
                + text.replace("\\", "\\\\")
                        .replace("'", "\\'")
                        .replace("\n", "\\n")
                        .replace("\r", "\\r")
                + "'";
    }

    private static String withNote(String output, String note) {
        return output + (output.isEmpty() || output.endsWith("\n") ? "" : "\n") + "[" + note + "]";
    }
}
