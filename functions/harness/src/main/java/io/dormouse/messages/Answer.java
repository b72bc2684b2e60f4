package io.dormouse.messages;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One HTTP answer as a queue of signals. The thread that wants it waits for the queue only, never for the network: so it
 * can be woken at any moment, whatever the HTTP client is doing.
 */
final class Answer implements HttpResponse.BodyHandler<Void>, HttpResponse.BodySubscriber<Void> {
    private final LinkedBlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
    private final long deadlineNanos;
    private CompletableFuture<HttpResponse<Void>> response;
    private Flow.Subscription subscription;
    private boolean abandoned;
    private volatile boolean ended;

    Answer(Duration whole) {
        this.deadlineNanos = System.nanoTime() + whole.toNanos();
    }

    void send(HttpClient http, HttpRequest request) {
        response = http.sendAsync(request, this);
        response.whenComplete((done, failure) -> {
            if (failure != null) signals.add(new Signal.Broke(failure));
        });
    }

    /** From any thread. */
    void stop() {
        signals.add(new Signal.Stopped());
    }

    Signal next(Duration patience) {
        long nanos = Math.min(patience.toNanos(), deadlineNanos - System.nanoTime());
        try {
            Signal signal = signals.poll(nanos, TimeUnit.NANOSECONDS);
            return signal == null ? new Signal.TimedOut() : signal;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Signal.Stopped();
        }
    }

    /** Asks for the next piece: only one is on its way at a time, so a fast server cannot fill the memory. */
    synchronized void more() {
        subscription.request(1);
    }

    /**
     * Closes the connection, unless the answer has ended: then it may already carry the next request, which a late cancel
     * would cut off.
     */
    void abandon() {
        if (ended) return;
        Flow.Subscription open;
        synchronized (this) {
            abandoned = true;
            open = subscription;
        }
        response.cancel(true);
        if (open != null) open.cancel();
    }

    @Override
    public HttpResponse.BodySubscriber<Void> apply(HttpResponse.ResponseInfo head) {
        signals.add(new Signal.Head(head));
        return this;
    }

    @Override
    public CompletionStage<Void> getBody() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void onSubscribe(Flow.Subscription opened) {
        boolean unwanted;
        synchronized (this) {
            subscription = opened;
            unwanted = abandoned;
        }
        if (unwanted) opened.cancel();
        else opened.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        signals.add(new Signal.Bytes(buffers));
    }

    @Override
    public void onError(Throwable why) {
        signals.add(new Signal.Broke(why));
    }

    @Override
    public void onComplete() {
        ended = true;
        signals.add(new Signal.Ended());
    }
}
