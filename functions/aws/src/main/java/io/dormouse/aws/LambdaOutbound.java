package io.dormouse.aws;

import com.fasterxml.jackson.core.type.TypeReference;
import io.dormouse.aws.StreamedInvocations.Invoked;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.outbound.CredentialUse;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Refusal;
import io.dormouse.outbound.Turnstile;
import io.dormouse.outbound.Uses;
import io.dormouse.outbound.relay.Errand;
import io.dormouse.outbound.relay.Frame;
import io.dormouse.outbound.relay.Head;
import io.dormouse.outbound.relay.Piece;
import io.dormouse.outbound.relay.Pieces;
import io.dormouse.resource.Contents;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * The way out through the credential proxy's function {@code send}: each request is an invocation. Bodies go along as far as
 * Lambda carries them, and in pieces through the bucket beyond.
 */
public final class LambdaOutbound implements Outbound {
    /** Of one session, as in the proxy itself; here, because there each request is alone in its process. */
    private static final int AT_ONCE = 64;

    private final StreamedInvocations lambda;
    private final String function;
    private final Contents exchange;
    private final Uses uses;
    private final Supplier<String> names;
    private final Turnstile turnstile = new Turnstile(AT_ONCE);

    /**
     * @param exchange where large bodies are handed over
     * @param names makes names that cannot be guessed
     */
    public LambdaOutbound(
            StreamedInvocations lambda, String function, Contents exchange, Uses uses, Supplier<String> names) {
        this.lambda = lambda;
        this.function = function;
        this.exchange = exchange;
        this.uses = uses;
        this.names = names;
    }

    @Override
    public Response send(Caller caller, Request request) {
        if (!turnstile.enter(caller.session())) return turnstile.refusal();
        Response response = null;
        try {
            response = sent(caller, request);
        } catch (RuntimeException e) {
            // A store that is away. Its message may hold what was asked for.
            response = Refusal.PROXY_UNAVAILABLE.because("the request could not be handed to the proxy");
        } finally {
            if (!(response instanceof Response.Answered)) turnstile.leave(caller.session());
        }
        return response;
    }

    private Response sent(Caller caller, Request request) {
        List<Piece> pieces = new ArrayList<>();
        Response response = null;
        try {
            byte[] body = carried(request, pieces);
            Errand.Send errand = new Errand.Send(
                    caller,
                    request.method(),
                    request.url(),
                    request.headers(),
                    body,
                    pieces,
                    request.length(),
                    uses.full(caller.thread()));
            response = switch (lambda.invoke(function, errand.bytes())) {
                case Invoked.Begun begun -> new Answer(caller, begun.stream(), pieces).response();
                case Invoked.Throttled t -> Refusal.BUSY.because("the proxy is called too often; try again");
                case Invoked.Failed failed -> unavailable();
            };
        } catch (IOException e) {
            response = Refusal.REQUEST_INVALID.because("the body breaks off");
        } finally {
            if (!(response instanceof Response.Answered)) erase(pieces);
        }
        return response;
    }

    /** What goes along, when that is all; else everything is in pieces, for it has to be there before the function runs. */
    private byte[] carried(Request request, List<Piece> pieces) throws IOException {
        byte[] begin = request.body().readNBytes(Piece.INLINE_BYTES + 1);
        if (begin.length <= Piece.INLINE_BYTES) return begin;
        InputStream whole = new SequenceInputStream(new ByteArrayInputStream(begin), request.body());
        for (Piece piece = Piece.next(whole, exchange, names);
                piece != null;
                piece = Piece.next(whole, exchange, names)) pieces.add(piece);
        return new byte[0];
    }

    /** Whoever has read them has erased them already. */
    private void erase(List<Piece> pieces) {
        try {
            new Pieces(exchange, pieces).close();
        } catch (IOException | RuntimeException e) {
            // They end by themselves.
        }
    }

    private static Response.Refused unavailable() {
        return Refusal.PROXY_UNAVAILABLE.because("the credential proxy did not answer");
    }

    /** What stands in a session's sandboxes for its credentials: the name of each variable, and its placeholder. */
    public Map<String, String> placeholders(WorkspaceId workspace, SessionId session) {
        return ResultOf.errand(lambda, function, new Errand.Placeholders(workspace, session))
                .as(new TypeReference<>() {});
    }

    /** One answer on its way. */
    private final class Answer {
        private final Caller caller;
        private final InputStream frames;
        private final List<Piece> sent;
        /** Credentials of which nobody has said yet whether they left. */
        private List<CredentialUse> leaving = List.of();

        private int status;
        private long bytes;
        private final AtomicBoolean over = new AtomicBoolean();

        Answer(Caller caller, InputStream frames, List<Piece> sent) {
            this.caller = caller;
            this.frames = frames;
            this.sent = sent;
        }

        /** Up to the head. */
        Response response() {
            try {
                while (true) {
                    Frame frame = next();
                    switch (frame.kind()) {
                        case ANSWERED -> {
                            Head head = frame.as(Head.class);
                            status = head.status();
                            return new Response.Answered(
                                    head.status(), head.headers(), new Body(this), head.credential());
                        }
                        case REFUSED -> {
                            end(true);
                            return frame.as(Response.Refused.class);
                        }
                        case FAILED -> throw new IOException(frame.text());
                        default -> throw new IOException("an answer cannot begin with " + frame.kind());
                    }
                }
            } catch (IOException | UncheckedIOException e) {
                end(false);
                return unavailable();
            }
        }

        /** The next frame that is about the answer itself. */
        private Frame next() throws IOException {
            while (true) {
                Frame frame = Frame.read(frames).orElseThrow(() -> new IOException("the answer breaks off"));
                switch (frame.kind()) {
                    case LEAVING -> leaving = frame.as(new TypeReference<List<CredentialUse>>() {});
                    case USED -> used(frame.as(CredentialUse.class));
                    default -> {
                        return frame;
                    }
                }
            }
        }

        private void used(CredentialUse use) {
            uses.note(caller.thread(), use);
            leaving = leaving.stream()
                    .filter(one -> !one.credential().equals(use.credential()))
                    .toList();
        }

        /**
         * @param told whether the proxy came to its end; else what was about to leave has left, for all that we know
         * @return whether it had not ended before
         */
        private boolean end(boolean told) {
            if (!over.compareAndSet(false, true)) return false;
            ThreadId thread = caller.thread();
            if (!told)
                for (CredentialUse use : leaving)
                    uses.note(
                            thread,
                            new CredentialUse(
                                    use.credential(), use.host(), use.method(), use.path(), status, bytes, use.call()));
            try {
                frames.close();
            } catch (IOException e) {
                // Nobody reads it any more.
            }
            erase(sent);
            return true;
        }
    }

    /** The body, from frames and pieces. For one thread, but for {@link #close}. */
    private final class Body extends InputStream {
        private final Answer answer;
        private InputStream part = InputStream.nullInputStream();
        private boolean ended;
        private volatile boolean closed;

        Body(Answer answer) {
            this.answer = answer;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (closed) throw new IOException("closed");
            if (ended) return -1;
            try {
                while (true) {
                    int count = part.read(buffer, offset, length);
                    if (count >= 0) {
                        answer.bytes += count;
                        return count;
                    }
                    part.close();
                    Frame frame = answer.next();
                    switch (frame.kind()) {
                        case BYTES -> part = new ByteArrayInputStream(frame.bytes());
                        case PIECE -> part = new Pieces(exchange, List.of(frame.as(Piece.class)));
                        case END -> {
                            ended = true;
                            over(true);
                            return -1;
                        }
                        case BROKE -> throw new IOException(frame.text());
                        default -> throw new IOException("a body cannot have " + frame.kind());
                    }
                }
            } catch (IOException | RuntimeException e) {
                ended = true;
                over(false);
                throw e instanceof IOException io ? io : new IOException("the body breaks off", e);
            }
        }

        private void over(boolean told) {
            if (answer.end(told)) turnstile.leave(answer.caller.session());
        }

        @Override
        public void close() throws IOException {
            closed = true;
            over(false);
            part.close();
        }
    }
}
