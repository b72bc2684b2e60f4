package io.dormouse.edge;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Server-sent events, lines, or bytes, to one client, written from the virtual thread that runs the feed. A slow client makes
 * {@link #send} wait; one that reads nothing for a minute is dropped. When the client is gone, {@code send} returns false and
 * the feed's thread is interrupted, so that a feed that waits for news ends too.
 */
final class StreamedResponse implements EventStream, LineStream {
    static final String EVENTS = "text/event-stream";
    static final String LINES = "application/x-ndjson";
    private static final int MAX_UNSENT_BYTES = 256 * 1024;
    private static final long STALLED_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final Buffer PING = Buffer.buffer("event: ping\ndata: {}\n\n");

    private final HttpServerResponse response;
    private final Context context;
    private final Thread feeder;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition drained = lock.newCondition();
    /** What the event loop has been asked to write next; null when it has not been asked. */
    private Buffer pending;

    private long unsentBytes;
    private boolean gone;
    private boolean finished;

    /** Called on the feeder's thread; sends the headers at once. */
    StreamedResponse(HttpServerResponse response, Context context, String contentType) {
        // A proxy that compresses would hold events back.
        this(
                response,
                context,
                Map.of(
                        "content-type",
                        contentType,
                        "cache-control",
                        "no-cache, no-transform",
                        "x-accel-buffering",
                        "no"));
    }

    /** @param headers without a {@code content-length} the answer ends where it ends */
    StreamedResponse(HttpServerResponse response, Context context, Map<String, String> headers) {
        this.response = response;
        this.context = context;
        this.feeder = Thread.currentThread();
        context.runOnContext(ignored -> {
            response.closeHandler(closed -> leave());
            response.exceptionHandler(failed -> leave());
            if (response.closed()) {
                leave();
                return;
            }
            headers.forEach(response::putHeader);
            if (!headers.containsKey("content-length")) response.setChunked(true);
            // An empty chunk is no chunk: this sends the headers alone.
            response.write(Buffer.buffer());
        });
    }

    @Override
    public boolean send(String name, String id, JsonNode data) {
        return send(Frame.of(name, id, data));
    }

    @Override
    public boolean send(Frame frame) {
        return write(Buffer.buffer(frame.bytes()));
    }

    @Override
    public boolean line(byte[] bytes) {
        return write(Buffer.buffer(bytes.length + 1).appendBytes(bytes).appendByte((byte) '\n'));
    }

    /** Sends the first {@code count} of these bytes. False when the client is gone. */
    boolean bytes(byte[] bytes, int count) {
        return write(Buffer.buffer(count).appendBytes(bytes, 0, count));
    }

    @Override
    public boolean ping() {
        return write(PING.copy());
    }

    @Override
    public boolean open() {
        lock.lock();
        try {
            return !gone;
        } finally {
            lock.unlock();
        }
    }

    /** What comes while the event loop is busy goes out in one write: most entries tell several events. */
    private boolean write(Buffer chunk) {
        lock.lock();
        try {
            long patience = STALLED_NANOS;
            while (!gone && unsentBytes > MAX_UNSENT_BYTES) {
                patience = drained.awaitNanos(patience);
                if (patience <= 0) {
                    gone = true;
                    context.runOnContext(ignored -> response.reset());
                }
            }
            if (gone) return false;
            unsentBytes += chunk.length();
            if (pending != null) {
                pending.appendBuffer(chunk);
                return true;
            }
            pending = chunk;
        } catch (InterruptedException e) {
            feeder.interrupt();
            return false;
        } finally {
            lock.unlock();
        }
        context.runOnContext(ignored -> flush());
        return true;
    }

    private void flush() {
        Buffer chunk;
        lock.lock();
        try {
            chunk = pending;
            pending = null;
        } finally {
            lock.unlock();
        }
        int bytes = chunk.length();
        if (response.closed()) leave();
        else response.write(chunk).onComplete(written -> sent(bytes, written.succeeded()));
    }

    private void sent(int bytes, boolean succeeded) {
        lock.lock();
        try {
            unsentBytes -= bytes;
            if (unsentBytes <= MAX_UNSENT_BYTES) drained.signalAll();
        } finally {
            lock.unlock();
        }
        if (!succeeded) leave();
    }

    private void leave() {
        lock.lock();
        try {
            if (gone) return;
            gone = true;
            drained.signalAll();
            if (!finished) feeder.interrupt();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the response in a way that no client takes for its end. */
    void abort() {
        lock.lock();
        try {
            finished = true;
            gone = true;
        } finally {
            lock.unlock();
        }
        context.runOnContext(ignored -> response.reset());
    }

    /** After the feed has returned: ends the response, if there is still somebody to end it for. */
    void finish() {
        lock.lock();
        try {
            finished = true;
            if (gone) return;
        } finally {
            lock.unlock();
        }
        context.runOnContext(ignored -> {
            if (!response.closed() && !response.ended()) response.end();
        });
    }
}
