package io.dormouse.proxy.function;

import io.dormouse.id.ThreadId;
import io.dormouse.outbound.CredentialUse;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Outbound.Response;
import io.dormouse.outbound.Uses;
import io.dormouse.outbound.relay.Errand;
import io.dormouse.outbound.relay.Frame;
import io.dormouse.outbound.relay.Frame.Kind;
import io.dormouse.outbound.relay.Head;
import io.dormouse.outbound.relay.Piece;
import io.dormouse.proxy.CredentialProxy;
import io.dormouse.proxy.http.Failure;
import io.dormouse.resource.Contents;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Requests, and their answers as frames. A body is passed on as it comes, as far as it is small or lives on being read at once;
 * the rest of a large one goes in pieces through the bucket, for Lambda streams 200 MB at most, and slowly after the first six.
 */
final class Sending {
    private static final System.Logger LOG = System.getLogger("io.dormouse.proxy.function");
    private static final int BUFFER = 65_536;
    private static final long MOST_STREAMED_BYTES = 180L << 20;
    private static final Duration LOOK = Duration.ofSeconds(10);

    private final CredentialProxy proxy;
    private final Contents exchange;
    private final Supplier<String> names;
    private final Predicate<Outbound.Caller> wanted;

    /** @param wanted whether anything may still be done for a caller */
    Sending(CredentialProxy proxy, Contents exchange, Supplier<String> names, Predicate<Outbound.Caller> wanted) {
        this.proxy = proxy;
        this.exchange = exchange;
        this.names = names;
        this.wanted = wanted;
    }

    void perform(Errand.Send send, OutputStream out) throws IOException {
        Outbound.Request request = send.request(exchange);
        try {
            switch (proxy.send(send.caller(), request, new Told(send.full(), out))) {
                case Response.Refused refused ->
                    Frame.json(Kind.REFUSED, refused).write(out);
                case Response.Answered answered -> passOn(send.caller(), answered, out);
            }
        } finally {
            // Also of what the host did not want to read.
            request.body().close();
        }
    }

    private void passOn(Outbound.Caller caller, Response.Answered answered, OutputStream out) throws IOException {
        try (InputStream body = answered.body();
                Watch _ = new Watch(caller, body)) {
            Frame.json(Kind.ANSWERED, new Head(answered.status(), answered.headers(), answered.credential()))
                    .write(out);
            passOn(body, isLive(answered), out);
        }
    }

    private static boolean isLive(Response.Answered answered) {
        return answered.headers().stream()
                .anyMatch(header -> header.name().equalsIgnoreCase("content-type")
                        && header.value().regionMatches(true, 0, "text/event-stream", 0, 17));
    }

    private void passOn(InputStream body, boolean live, OutputStream out) throws IOException {
        long most = live ? MOST_STREAMED_BYTES : Piece.INLINE_BYTES;
        byte[] buffer = new byte[BUFFER];
        long sent = 0;
        Frame frame;
        do {
            frame = sent < most ? bytes(body, buffer) : live ? tooLong() : piece(body);
            sent += frame.bytes().length;
            frame.write(out);
        } while (frame.kind() == Kind.BYTES || frame.kind() == Kind.PIECE);
    }

    private static Frame bytes(InputStream body, byte[] buffer) {
        try {
            int count = body.read(buffer);
            return count < 0 ? Frame.of(Kind.END) : new Frame(Kind.BYTES, Arrays.copyOf(buffer, count));
        } catch (IOException e) {
            return broke(e);
        }
    }

    private Frame piece(InputStream body) {
        try {
            Piece piece = Piece.next(body, exchange, names);
            return piece == null ? Frame.of(Kind.END) : Frame.json(Kind.PIECE, piece);
        } catch (IOException e) {
            return broke(e);
        } catch (RuntimeException e) {
            return Frame.text(Kind.BROKE, "the body could not be handed over");
        }
    }

    private static Frame tooLong() {
        return Frame.text(Kind.BROKE, "the stream is longer than one request can have; begin it anew");
    }

    private static Frame broke(IOException e) {
        return Frame.text(Kind.BROKE, e instanceof Failure failure ? failure.getMessage() : "the body breaks off");
    }

    /**
     * Lambda does not tell that a caller has gone, and takes what nobody reads: a stream without an end would be billed until
     * the function is killed. So the table is asked now and then.
     */
    private final class Watch implements AutoCloseable {
        private final CountDownLatch over = new CountDownLatch(1);

        Watch(Outbound.Caller caller, InputStream body) {
            Thread.ofVirtual().name("watch").start(() -> watch(caller, body));
        }

        private void watch(Outbound.Caller caller, InputStream body) {
            try {
                while (!over.await(LOOK.toNanos(), TimeUnit.NANOSECONDS))
                    if (!isWanted(caller)) {
                        LOG.log(System.Logger.Level.INFO, "ends an answer that is nobody's any more");
                        body.close();
                        return;
                    }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException e) {
                // It ends all the same.
            }
        }

        private boolean isWanted(Outbound.Caller caller) {
            try {
                return wanted.test(caller);
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.WARNING, "whether a caller is still there is not known: " + e.getClass());
                return true;
            }
        }

        @Override
        public void close() {
            over.countDown();
        }
    }

    /** Tells the caller what credentials are used for, beside the answer: he keeps the ledger. */
    private record Told(boolean full, OutputStream out) implements Uses {
        @Override
        public boolean full(ThreadId thread) {
            return full;
        }

        /** Throws when nobody hears it: then nothing shall leave. */
        @Override
        public void leaving(ThreadId thread, List<CredentialUse> uses) {
            try {
                Frame.json(Kind.LEAVING, uses).write(out);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void note(ThreadId thread, CredentialUse use) {
            try {
                Frame.json(Kind.USED, use).write(out);
            } catch (IOException e) {
                // Whoever does not hear it takes for used what was about to leave.
            }
        }
    }
}
