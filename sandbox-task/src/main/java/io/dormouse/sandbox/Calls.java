package io.dormouse.sandbox;

import io.dormouse.sandbox.tool.Cancellation;
import io.dormouse.sandbox.tool.ToolResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Every call of this hand by its id: runs each at most once and answers it the same for ever. Results live in the
 * journal, so memory holds only where they are.
 */
final class Calls implements AutoCloseable {
    static final ToolResult LOST =
            ToolResult.error("The sandbox died while this ran; it may or may not have taken effect.");
    private static final Duration CANCEL_WAIT = Duration.ofSeconds(5);
    private static final int MOST_AT_ONCE = 64;

    /** What an asker is told. */
    sealed interface Answer {
        record Done(ToolResult result) implements Answer {}

        record Running() implements Answer {}

        /** The id belongs to a call with another name or input. */
        record Conflict() implements Answer {}

        /** Too many calls are running; none of this one has. */
        record Busy() implements Answer {}
    }

    /** Starts a call. Called in the order of arrival; must not block. */
    interface Tools {
        CompletableFuture<ToolResult> begin(Call call, Cancellation cancellation);
    }

    private sealed interface Known {
        record Finished(String digest, Journal.Place place) implements Known {}

        record Underway(String digest, Cancellation cancellation, CompletableFuture<ToolResult> result)
                implements Known {}
    }

    /** The digest of a call that was cancelled before it came: it matches any. */
    private static final String ANY = "";

    private final Map<String, Known> known = new HashMap<>();
    private final Journal journal;
    private final Tools tools;
    private int underway;
    private boolean closed;

    /** Reads the journal at {@code path}. Calls that were under way when its writer died are done, and lost. */
    Calls(Path path, InstantSource clock, Tools tools) throws IOException {
        Map<String, String> open = new HashMap<>();
        this.tools = tools;
        this.journal = Journal.open(path, clock, new Journal.Replay() {
            @Override
            public void started(String id, String digest) {
                open.put(id, digest);
            }

            @Override
            public void done(String id, Journal.Place place) {
                String digest = open.remove(id);
                known.put(id, new Known.Finished(digest == null ? ANY : digest, place));
            }
        });
        for (Map.Entry<String, String> each : open.entrySet()) {
            known.put(each.getKey(), new Known.Finished(each.getValue(), journal.done(each.getKey(), LOST)));
        }
    }

    /** Runs the call unless its id is known, and waits up to {@code wait} for its result. */
    Answer execute(Call call, Duration wait) throws IOException {
        String digest = call.digest();
        CompletableFuture<ToolResult> result;
        synchronized (this) {
            switch (known.get(call.id())) {
                case Known.Finished(String before, Journal.Place place) -> {
                    boolean same = before.equals(digest) || before.equals(ANY);
                    return same ? new Answer.Done(journal.read(place)) : new Answer.Conflict();
                }
                case Known.Underway(String before, Cancellation wish, CompletableFuture<ToolResult> running) -> {
                    if (!before.equals(digest)) {
                        return new Answer.Conflict();
                    }
                    result = running;
                }
                case null -> {
                    if (underway >= MOST_AT_ONCE) {
                        return new Answer.Busy();
                    }
                    result = begin(call, digest);
                }
            }
        }
        return await(result, wait);
    }

    /** Stops a call and answers what it came to. An id that is not known yet is taken as cancelled for good. */
    Answer cancel(String id) throws IOException {
        CompletableFuture<ToolResult> result;
        synchronized (this) {
            switch (known.get(id)) {
                case Known.Finished(String digest, Journal.Place place) -> {
                    return new Answer.Done(journal.read(place));
                }
                case Known.Underway(String digest, Cancellation wish, CompletableFuture<ToolResult> running) -> {
                    wish.request();
                    result = running;
                }
                case null -> {
                    ToolResult never = ToolResult.error("[interrupted by the caller before it began]");
                    known.put(id, new Known.Finished(ANY, journal.done(id, never)));
                    return new Answer.Done(never);
                }
            }
        }
        return await(result, CANCEL_WAIT);
    }

    /** From now on nothing is written: what is under way counts as lost when the journal is read again. */
    @Override
    public synchronized void close() throws IOException {
        closed = true;
        journal.close();
    }

    private CompletableFuture<ToolResult> begin(Call call, String digest) throws IOException {
        journal.started(call.id(), digest);
        Cancellation cancellation = new Cancellation();
        CompletableFuture<ToolResult> result = new CompletableFuture<>();
        known.put(call.id(), new Known.Underway(digest, cancellation, result));
        underway++;
        tools.begin(call, cancellation)
                .exceptionally(broken -> {
                    broken.printStackTrace();
                    return ToolResult.error(call.name() + ": failed inside the sandbox's supervisor");
                })
                .thenAccept(came -> finish(call.id(), digest, came, result));
        return result;
    }

    private synchronized void finish(String id, String digest, ToolResult came, CompletableFuture<ToolResult> result) {
        if (closed) {
            return;
        }
        underway--;
        try {
            Journal.Place place = journal.done(id, came);
            known.put(id, new Known.Finished(digest, place));
        } catch (IOException unwritten) {
            // It stays under way with its result at hand: the same answer as long as this process lives.
            System.err.println("journal: cannot write: " + unwritten.getMessage());
        }
        result.complete(came);
    }

    private static Answer await(CompletableFuture<ToolResult> result, Duration wait) {
        try {
            return new Answer.Done(result.get(wait.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException notYet) {
            return new Answer.Running();
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return new Answer.Running();
        }
    }
}
