package io.dormouse.edge;

import io.dormouse.wire.ApiError;
import io.dormouse.wire.Refused;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpServerFileUpload;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A multipart request with one file, parsed by the server's own decoder on the event loop and read by a virtual thread. What
 * waits between the two is bounded: then the request is paused, and with it its client.
 */
final class Multipart implements Upload {
    /** What the file part may be called. */
    private static final String FILE = "file";

    private static final int MAX_WAITING_BYTES = 1024 * 1024;
    /** Boundaries, names and other fields around the file. */
    private static final int OVERHEAD_BYTES = 64 * 1024;

    private final HttpServerRequest request;
    private final Context context;
    private final long maxBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
    private final Queue<Buffer> waiting = new ArrayDeque<>();
    private final Map<String, String> fields = new HashMap<>();
    private long waitingBytes;
    private HttpServerFileUpload file;
    private String other;
    private boolean fileEnded;
    private boolean ended;
    private boolean dropped;
    private Refused malformed;
    private boolean gone;

    private Multipart(HttpServerRequest request, Context context, long maxBytes) {
        this.request = request;
        this.context = context;
        this.maxBytes = maxBytes;
    }

    /** Begins to read the request, which is paused, and waits until its file begins. */
    static Multipart begin(HttpServerRequest request, Context context, long maxBytes) throws IOException {
        String type = request.getHeader("content-type");
        if (type == null || !type.toLowerCase(Locale.ROOT).startsWith("multipart/form-data"))
            throw Refused.invalid("content-type must be multipart/form-data");
        if (Gateway.announced(request) > maxBytes + OVERHEAD_BYTES) throw tooLarge(maxBytes);
        Multipart multipart = new Multipart(request, context, maxBytes);
        context.runOnContext(ignored -> multipart.listen());
        multipart.await(() -> multipart.file != null || multipart.ended);
        if (multipart.file == null)
            throw Refused.invalid(FILE + ": is required, as a part of the form that has a filename");
        return multipart;
    }

    private static Refused tooLarge(long maxBytes) {
        return new Refused(new ApiError.TooLarge("The file has more than " + maxBytes + " bytes"));
    }

    // ---- on the event loop

    private void listen() {
        try {
            if ("100-continue".equalsIgnoreCase(request.getHeader("expect")))
                request.response().writeContinue();
            request.setExpectMultipart(true);
            request.uploadHandler(this::part);
            request.endHandler(end -> end());
            request.exceptionHandler(this::fail);
            request.resume();
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    private void part(HttpServerFileUpload part) {
        locked(() -> {
            if (file != null || !FILE.equals(part.name())) {
                other = part.name();
                part.handler(chunk -> {});
                return;
            }
            file = part;
            part.handler(this::take);
            part.endHandler(end -> locked(() -> fileEnded = true));
            part.exceptionHandler(this::fail);
        });
    }

    private void take(Buffer chunk) {
        locked(() -> {
            if (dropped) return;
            waiting.add(chunk);
            waitingBytes += chunk.length();
            if (waitingBytes > MAX_WAITING_BYTES) file.pause();
        });
    }

    private void end() {
        locked(() -> {
            request.formAttributes().forEach(field -> fields.putIfAbsent(field.getKey(), field.getValue()));
            ended = true;
            // A paused file may still have something to tell, also its end. If it has not, the form had none.
            if (file != null && !fileEnded) {
                file.resume();
                context.runOnContext(afterThat -> locked(() -> {
                    if (!fileEnded) malformed = malformed();
                }));
            }
        });
    }

    private static Refused malformed() {
        return Refused.invalid("The multipart body is malformed, or has a field that is too large");
    }

    private void fail(Throwable failure) {
        locked(() -> {
            if (failure instanceof HttpClosedException || failure instanceof IOException) gone = true;
            else malformed = malformed();
        });
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // ---- on the thread that reads

    private interface Reached {
        boolean reached();
    }

    private void await(Reached point) throws IOException {
        lock.lock();
        try {
            while (!point.reached()) {
                if (malformed != null) throw malformed;
                if (gone) throw new ClientGone();
                news.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClientGone();
        } finally {
            lock.unlock();
        }
    }

    /** Null at the end of the file. */
    private Buffer next() throws IOException {
        await(() -> !waiting.isEmpty() || fileEnded);
        lock.lock();
        try {
            Buffer chunk = waiting.poll();
            if (chunk == null) return null;
            boolean full = waitingBytes > MAX_WAITING_BYTES;
            waitingBytes -= chunk.length();
            if (full && waitingBytes <= MAX_WAITING_BYTES) context.runOnContext(ignored -> file.resume());
            return chunk;
        } finally {
            lock.unlock();
        }
    }

    /** Whether all of the request was read; if not, what comes is dropped from now on. */
    boolean drop() {
        lock.lock();
        try {
            if (ended) return true;
            dropped = true;
            waiting.clear();
            if (file != null) context.runOnContext(ignored -> file.resume());
            return false;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String filename() {
        return file.filename() == null ? "" : file.filename();
    }

    @Override
    public String mimeType() {
        String type = file.contentType();
        return type == null || type.isBlank() ? null : type;
    }

    @Override
    public InputStream stream() {
        return new Body();
    }

    @Override
    public Map<String, String> fields() throws IOException {
        await(() -> ended);
        if (other != null) throw Refused.invalid("The form may have one file, and it must be called " + FILE);
        return Map.copyOf(fields);
    }

    private final class Body extends InputStream {
        private Buffer chunk = Buffer.buffer();
        private int at;
        private long read;

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) return 0;
            while (chunk != null && at == chunk.length()) {
                chunk = next();
                at = 0;
            }
            if (chunk == null) return -1;
            int count = Math.min(length, chunk.length() - at);
            read += count;
            if (read > maxBytes) throw tooLarge(maxBytes);
            chunk.getBytes(at, at + count, bytes, offset);
            at += count;
            return count;
        }
    }
}
