package io.dormouse.testkit.lambda;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/** One event on its way to a function and back. */
final class Invocation {
    private final String id;
    private final byte[] event;
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    private final CompletableFuture<Void> over = new CompletableFuture<>();
    private volatile Instant deadline;

    /** @param id the same for every attempt at one event */
    Invocation(String id, byte[] event) {
        this.id = id;
        this.event = event;
    }

    sealed interface Outcome {
        /** @param body arrives while the function writes it, if it streams */
        record Answered(InputStream body, boolean streams) implements Outcome {}

        /** @param error JSON, as the runtime sent it, or as Lambda says it of a process that ended */
        record Failed(byte[] error) implements Outcome {}
    }

    String id() {
        return id;
    }

    byte[] event() {
        return event;
    }

    Instant deadline() {
        return deadline;
    }

    void deliveredUntil(Instant newDeadline) {
        deadline = newDeadline;
    }

    void answer(byte[] body) {
        outcome.complete(new Outcome.Answered(new ByteArrayInputStream(body), false));
        end();
    }

    /** It is over only when the function has written all of it. */
    void answerAsItComes(InputStream body) {
        outcome.complete(new Outcome.Answered(body, true));
    }

    void fail(byte[] error) {
        outcome.complete(new Outcome.Failed(error));
        end();
    }

    void end() {
        over.complete(null);
    }

    /** Waits for the answer, or its beginning. */
    Outcome outcome() {
        return outcome.join();
    }

    CompletableFuture<Void> over() {
        return over;
    }
}
